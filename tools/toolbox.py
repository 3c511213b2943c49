"""Calls tools for a planner: checks arguments, suggests ids, remembers allocations, records every call as evidence."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from domain.allocation.types import AllocationPlan
from domain.canonical import canonical_json, digest
from domain.errors import BadInput, UnknownReference
from domain.facts import Facts
from domain.noun import Noun
from domain.requests import Request, ToolCall
from domain.told import as_told
from tools.context import ToolContext
from tools.table import TOOLS, ToolSpec

R = TypeVar("R", bound=Noun)
ALIKE = 0.6
"""Share of matching letters from which an id counts as perhaps meant."""


@dataclass(frozen=True)
class Found(Generic[R]):
    """A tool's result and the evidence id of the call."""

    result: R
    evidence: str


class Toolbox:
    """The tools of one run on one snapshot, with the run's events applied to it.

    No tool executes anything: read tools answer facts, write tools answer proposals. `record` is called once for every
    call that answered.
    """

    def __init__(self, context: ToolContext, record: Callable[[ToolCall], None]) -> None:
        self._as_read = context.facts
        facts = as_told(context.facts, context.request.events)
        self._context = replace(context, facts=facts, allocations=dict(context.allocations))
        self._record = record
        self._evidence = ""

    @property
    def facts(self) -> Facts:
        """The snapshot the tools work on: what the systems said, and what the events of the request told."""
        return self._context.facts

    @property
    def as_read(self) -> Facts:
        """The snapshot as the systems gave it, before the events of the request."""
        return self._as_read

    @property
    def request(self) -> Request:
        """What the run was asked."""
        return self._context.request

    @property
    def has_library(self) -> bool:
        """Whether there are documents to look into."""
        return self._context.library is not None

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """Every tool a planner may call, by name."""
        return tuple(TOOLS[name] for name in sorted(TOOLS))

    def call(self, name: str, arguments: Mapping[str, object] | BaseModel) -> Noun:
        """The result of a tool.

        Raises BadInput for an unknown tool or unusable arguments (it names field and fix) and UnknownReference for an
        id that is not in the snapshot (it suggests the closest ones).
        """
        spec = _spec(name)
        checked = _checked(spec, arguments)
        try:
            result = spec.function(self._context, checked)
        except UnknownReference as error:
            raise self._with_suggestion(error) from error
        if isinstance(result, AllocationPlan) and not getattr(checked, "units", None):
            kept = {**self._context.allocations, result.id: result}
            self._context = replace(self._context, allocations=kept)
        asked, answered = canonical_json(checked), canonical_json(result)
        self._evidence = "T-" + digest("tool/1", {"tool": name, "arguments": asked, "result": answered})[:12]
        self._record(ToolCall(id=self._evidence, tool=name, arguments=asked, result=answered))
        return result

    def find(self, kind: type[R], name: str, **arguments: object) -> Found[R]:
        """Like `call`, for callers that know which result they expect; with the evidence id of the call."""
        result = self.call(name, arguments)
        if not isinstance(result, kind):
            raise BadInput(f"tool '{name}' answers {type(result).__name__}, not {kind.__name__}", field="tool")
        return Found(result, self._evidence)

    def remember(self, call: ToolCall) -> None:
        """Record what a planner did besides calling tools, such as an answer of its model."""
        self._record(call)

    def _with_suggestion(self, error: UnknownReference) -> UnknownReference:
        wrong = error.message.split("'")[1] if error.message.count("'") >= 2 else ""
        close = closest(wrong, ids_of(self._context.facts, error.field or ""))
        fix = f"did you mean {' or '.join(close)}?" if close else error.fix
        return UnknownReference(error.message, field=error.field, fix=fix)


def closest(word: str, known: tuple[str, ...], limit: int = 3) -> tuple[str, ...]:
    """The ids most like `word`, best first; ties by id."""
    by_fold: dict[str, str] = {}
    for item in sorted(known):
        by_fold.setdefault(item.casefold(), item)
    wanted = word.casefold()
    ratio = {fold: difflib.SequenceMatcher(None, fold, wanted).ratio() for fold in by_fold}
    near = sorted((fold for fold in by_fold if ratio[fold] >= ALIKE), key=lambda fold: (-ratio[fold], by_fold[fold]))
    return tuple(by_fold[fold] for fold in near[:limit])


def ids_of(facts: Facts, kind: str) -> tuple[str, ...]:
    """Ids of the entities of one kind in the snapshot; of every kind when `kind` is none of ours."""
    lines = tuple(line.id for order in facts.orders for line in order.lines)
    named: dict[str, tuple[str, ...]] = {
        "sku": tuple(item.id for item in facts.skus),
        "order": tuple(order.id for order in facts.orders),
        "line": lines,
        "customer": tuple(customer.id for customer in facts.customers),
        "site": tuple(site.id for site in facts.sites),
        "wave": tuple(wave.id for wave in facts.waves),
        "inbound": tuple(inbound.id for inbound in facts.inbound),
        "transfer": tuple(transfer.id for transfer in facts.transfers),
    }
    return named.get(kind) or tuple(key for keys in named.values() for key in keys)


def _spec(name: str) -> ToolSpec:
    try:
        return TOOLS[name]
    except KeyError:
        close = closest(name, tuple(TOOLS))
        hint = f"did you mean {' or '.join(close)}?" if close else f"use one of {', '.join(sorted(TOOLS))}"
        raise BadInput(f"there is no tool '{name}'", field="tool", fix=hint) from None


def _checked(spec: ToolSpec, arguments: Mapping[str, object] | BaseModel) -> Noun:
    if isinstance(arguments, spec.arguments):
        return arguments
    raw = arguments.model_dump() if isinstance(arguments, BaseModel) else dict(arguments)
    try:
        return spec.arguments.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or spec.name
        fields = ", ".join(spec.arguments.model_fields)
        raise BadInput(
            f"{first['msg'][0].lower()}{first['msg'][1:]}",
            field=f"{spec.name}.{where}",
            fix=f"{spec.name} takes {fields}",
        ) from None
