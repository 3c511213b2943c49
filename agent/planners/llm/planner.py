"""The planner that asks a model. Whatever goes wrong is a ModelFailed; the plan node then lets the rules plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any

from agent.planners.interface import Draft
from agent.planners.llm import messages
from agent.planners.llm.bindings import described, native, step_format
from agent.planners.llm.endpoint import Endpoint, asker
from agent.planners.llm.guard import numbers_in
from agent.planners.llm.loop import Loop
from domain.requests import Request
from tools.toolbox import Toolbox

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

EDITION = "1"
"""Raised whenever rules, tools as described, or the loop change so that a model may plan differently."""

ROLES = ("commercial", "finance", "lead", "operations", "warehouse_manager")
"""Whom a plan may escalate to, unless the installation says otherwise."""


class LlmPlanner:
    """Plans with a model behind any OpenAI-compatible endpoint.

    `timeout`: seconds for one answer. `turns`: answers in one run. `retries`: of the client library, on time-outs and
    on statuses 408, 409, 429 and 5xx. `mode`: 'tools' (native tool calls), or 'schema' for small servers that do not
    enforce them: every answer is one JSON object under a grammar. `answer_tokens`: the limit of one answer, if any.

    Every answer of the model and every call that was refused is recorded through the toolbox, as a ToolCall named
    'model' or 'refused'; `replaying` plans again from the former.
    """

    name = "llm"

    def __init__(
        self,
        *,
        base_url: str | None,
        api_key: str | None,
        model: str,
        timeout: float = 60.0,
        turns: int = 12,
        retries: int = 1,
        mode: messages.Mode = "tools",
        answer_tokens: int | None = None,
        roles: Callable[[], Collection[str]] = lambda: ROLES,
    ) -> None:
        self._endpoint = Endpoint(base_url, api_key, model, timeout, retries, answer_tokens)
        self._turns = turns
        self._mode: messages.Mode = mode
        self._roles = roles
        self._outputs: tuple[str, ...] | None = None

    @property
    def version(self) -> str:
        """Edition of this planner and the model's name, fit for an id."""
        model = re.sub(r"[^A-Za-z0-9._:/@-]+", "-", self._endpoint.model)[:60]
        return f"{EDITION}:{model}"

    def replaying(self, outputs: Sequence[str]) -> LlmPlanner:
        """The same planner with a recorded model: `outputs` are the results of the run's 'model' calls, in order."""
        again = copy(self)
        again._outputs = tuple(outputs)
        return again

    def plan(self, request: Request, toolbox: Toolbox) -> Draft:
        """The model's draft. Raises ModelFailed; IntegrityBroken when a replayed record ends too early."""
        from langchain_core.messages import HumanMessage, SystemMessage

        roles = tuple(self._roles())
        tools = described(toolbox.specs, quantities=bool(numbers_in(request.question)))
        told = messages.rules(request, self._mode)
        with self._model() as model:
            bound: Any
            if self._mode == "schema":
                told += messages.catalogue([{"name": tool.name, "description": tool.description} for tool in tools])
                bound = model.bind(response_format=step_format(tools))
            else:
                bound = model.bind_tools(native(tools))
            start = [SystemMessage(told), HumanMessage(messages.task(request, roles))]
            loop = Loop(request, toolbox, asker(bound), mode=self._mode, roles=roles)
            return loop.run(list(start), self._turns)

    @contextmanager
    def _model(self) -> Iterator[BaseChatModel]:
        if self._outputs is None:
            with self._endpoint.open() as model:
                yield model
        else:
            from agent.planners.llm.recorded import RecordedModel

            yield RecordedModel(outputs=self._outputs)
