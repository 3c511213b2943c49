"""A model that says again what was recorded of another one. Import it lazily: it is a langchain class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, InvalidToolCall
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import PrivateAttr

from agent.planners.llm.output import FILTERED, Output
from domain.errors import IntegrityBroken


class RecordedModel(BaseChatModel):
    """Answers with `outputs` (JSON of Output), one after the other. IntegrityBroken when the record ends too early."""

    outputs: tuple[str, ...]
    _next: int = PrivateAttr(default=0)

    @property
    def _llm_type(self) -> str:
        return "recorded"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Itself: what was recorded calls what it called."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self._next >= len(self.outputs):
            raise IntegrityBroken(f"the model's record ends after {len(self.outputs)} answers, but the run goes on")
        output = Output.from_json(self.outputs[self._next])
        self._next += 1
        message = output.as_message()
        unreadable = {call.id for call in output.calls if call.arguments is None}
        message.tool_calls = [call for call in message.tool_calls if call["id"] not in unreadable]
        message.invalid_tool_calls = [
            InvalidToolCall(type="invalid_tool_call", id=call.id, name=call.name, args=None, error=None)
            for call in output.calls
            if call.id in unreadable
        ]
        message.response_metadata = {"finish_reason": output.finish}
        if output.finish == FILTERED:
            message.additional_kwargs = {"refusal": FILTERED}
        return ChatResult(generations=[ChatGeneration(message=message)])
