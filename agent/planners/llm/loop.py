"""The bounded loop: the model reads, proposes and finishes; every mistake goes back to it, and too many end the run."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from agent.planners.interface import Draft
from agent.planners.llm import messages
from agent.planners.llm.bindings import FINISH, Finish, finished
from agent.planners.llm.drafting import answered, counted, draft, overdrawn
from agent.planners.llm.failure import Failure, ModelFailed
from agent.planners.llm.guard import Guard, Refusal
from agent.planners.llm.leaves import leaves
from agent.planners.llm.output import FILTERED, LENGTH, Call, Output
from agent.planners.llm.words import Record, plain_words
from domain.allocation.types import AllocationPlan
from domain.canonical import digest
from domain.errors import BadInput
from domain.noun import Noun
from domain.plans import Move
from domain.requests import Request, ToolCall
from tools.context import Proposal
from tools.table import ToolSpec
from tools.toolbox import Toolbox

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from agent.planners.llm.endpoint import Ask

MISTAKES = 4
"""Calls that are refused and explained to the model in one run; one more ends it."""

MODEL, REFUSED = "model", "refused"
"""Names under which answers of the model and refused calls stand among the recorded tool calls of a run."""


class Loop:
    """One run of the model on one request."""

    def __init__(
        self,
        request: Request,
        toolbox: Toolbox,
        ask: Ask,
        *,
        mode: messages.Mode,
        roles: Collection[str],
    ) -> None:
        self._request = request
        self._toolbox = toolbox
        self._ask = ask
        self._mode = mode
        self._specs: Mapping[str, ToolSpec] = {spec.name: spec for spec in toolbox.specs}
        self._guard = Guard(request, roles)
        self._record = Record(request)
        self._moves: dict[str, Move] = {}
        self._allocations: list[AllocationPlan] = []
        self._evidence: list[str] = []
        self._mistakes = 0

    def run(self, start: list[BaseMessage], turns: int) -> Draft:
        """The draft the model arrives at. ModelFailed with the reason when it does not."""
        said: list[BaseMessage] = list(start)
        for turn in range(1, turns + 1):
            output = self._next(said, turn)
            said.append(output.as_message())
            for call in self._calls(output, turn):
                reply = self._finish(call) if call.name == FINISH else self._tool(call)
                if isinstance(reply, Draft):
                    return reply
                said.append(self._reply(call, reply))
        raise ModelFailed(Failure.ENDLESS_LOOP)

    def _next(self, said: list[BaseMessage], turn: int) -> Output:
        output = Output.of(self._ask(said), turn)
        self._note(MODEL, {"turn": turn}, output.as_json())
        if output.finish == FILTERED:
            raise ModelFailed(Failure.WITHHELD)
        if output.finish == LENGTH:
            raise ModelFailed(Failure.TOO_LONG)
        if not output.calls and not output.content.strip():
            raise ModelFailed(Failure.EMPTY)
        return output

    def _calls(self, output: Output, turn: int) -> tuple[Call, ...]:
        """What the model wants done; plain words are taken for its summary."""
        if output.calls:
            return output.calls
        if self._mode == "tools":
            return (Call("", FINISH, {"summary": output.content}),)
        try:
            step = json.loads(output.content)["step"]
            arguments = step["arguments"]
            return (Call("", str(step["tool"]), arguments if isinstance(arguments, dict) else None),)
        except (ValueError, KeyError, TypeError):
            return (Call("", "step", None),)

    def _reply(self, call: Call, text: str) -> BaseMessage:
        from langchain_core.messages import HumanMessage, ToolMessage

        return ToolMessage(content=text, tool_call_id=call.id) if call.id else HumanMessage(content=text)

    def _tool(self, call: Call) -> str:
        """Carry out a read, or take over a proposal; answers what the model is told."""
        if call.arguments is None:
            return self._mistake(call, Refusal(Failure.INVALID_ARGUMENTS, "the arguments must be one JSON object"))
        spec = self._specs.get(call.name)
        try:
            if spec is None:
                self._toolbox.call(call.name, call.arguments)
                raise BadInput(f"there is no tool '{call.name}'", field="tool")
            checked = self._checked(spec, call.arguments)
            refusal = self._guard.refusal(checked) or self._loose_words(checked) if spec.effect == "write" else None
            if refusal is not None:
                return self._mistake(call, refusal)
            found = self._toolbox.find(Noun, spec.name, **checked.model_dump(exclude_unset=True))
        except BadInput as error:
            reason = Failure.UNKNOWN_TOOL if spec is None else Failure.INVALID_ARGUMENTS
            return self._mistake(call, Refusal(reason, str(error)))
        self._take(checked, found.result, found.evidence)
        return messages.result(spec.name, found.evidence, found.result)

    def _checked(self, spec: ToolSpec, arguments: dict[str, Any]) -> Noun:
        try:
            return spec.arguments.model_validate(arguments)
        except ValidationError:
            self._toolbox.call(spec.name, arguments)  # says what is wrong, with the field and the fix
            raise

    def _loose_words(self, arguments: Noun) -> Refusal | None:
        """What must not stand in the words of a proposal, because people will read them."""
        for leaf in leaves(arguments):
            if leaf.kind != "words":
                continue
            if plain_words(leaf.value) != leaf.value.strip():
                return Refusal(Failure.INVALID_ARGUMENTS, f"{leaf.field}: write plain text without control characters")
            if wild := self._record.strange(leaf.value):
                return Refusal(
                    Failure.INVENTED_NUMBER, f"{leaf.field}: {', '.join(wild)} is in no tool result; say it without."
                )
        return None

    def _take(self, arguments: Noun, result: Noun, evidence: str) -> None:
        self._evidence.append(evidence)
        self._record.add(result)
        self._guard.read(arguments, result)
        if isinstance(result, AllocationPlan):
            self._allocations.append(result)
        if isinstance(result, Proposal):
            for move in result.moves:
                self._moves[move.id] = move.model_copy(update={"evidence": (*move.evidence, evidence)})

    def _finish(self, call: Call) -> Draft | str:
        """The draft, or what is still wrong with it."""
        try:
            end = finished(call.arguments or {})
        except BadInput as error:
            return self._mistake(call, Refusal(Failure.INVALID_ARGUMENTS, str(error)))
        keys = tuple(self._moves) if end.include is None else tuple(dict.fromkeys(end.include))
        refusal = self._unfit(end, keys)
        if refusal is not None:
            return self._mistake(call, refusal)
        return self._drafted(end, [self._moves[key] for key in keys])

    def _unfit(self, end: Finish, keys: tuple[str, ...]) -> Refusal | None:
        if unknown := [key for key in keys if key not in self._moves]:
            known = ", ".join(self._moves) or "nothing is proposed yet"
            return Refusal(Failure.INVENTED_ID, f"finish.include: '{unknown[0]}' was not proposed (proposed: {known})")
        if not keys and self._request.kind == "event":
            return Refusal(Failure.NO_PROPOSAL, "nothing is proposed for this event; propose first, then finish")
        over = overdrawn(self._toolbox.facts, self._request, [self._moves[key] for key in keys])
        if over:
            return Refusal(Failure.CONFLICT, f"these moves together take more than there is of {over}; include fewer")
        if self._request.kind == "question" and (wild := self._record.strange(f"{end.summary} {end.ask}")):
            return Refusal(Failure.INVENTED_NUMBER, f"{', '.join(wild)} is in no tool result; say it without.")
        return None

    def _drafted(self, end: Finish, moves: list[Move]) -> Draft:
        summary = plain_words(end.summary)
        if not summary or self._record.strange(summary):
            summary = counted(moves)
        untouched, ask = (
            "" if self._record.strange(words) else plain_words(words) for words in (end.untouched, end.ask)
        )
        made = draft(self._toolbox.facts, moves, self._allocations, summary=summary, untouched=untouched)
        if self._request.kind == "question" or ask:
            words = summary if self._request.kind == "question" else ""
            made = made.model_copy(update={"answer": answered(words, ask, self._evidence)})
        return made

    def _mistake(self, call: Call, refusal: Refusal) -> str:
        """Count it, record it, and tell the model; one too many ends the run with this reason."""
        self._mistakes += 1
        self._note(REFUSED, {"tool": call.name, "reason": refusal.reason.value}, refusal.text)
        if self._mistakes > MISTAKES:
            raise ModelFailed(refusal.reason)
        return messages.complaint(refusal.text)

    def _note(self, name: str, arguments: dict[str, Any], result: str) -> None:
        asked = json.dumps(arguments, sort_keys=True, separators=(",", ":"))
        key = "T-" + digest("tool/1", {"tool": name, "arguments": asked, "result": result})[:12]
        self._toolbox.remember(ToolCall(id=key, tool=name, arguments=asked, result=result))
