"""What a run did, step by step, in words: run events as a person reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from domain.noun import Id, Noun, Text
from domain.wording import counted, listed
from storage.records import RunEvent

LONGEST = 6000
"""Characters of a tool's arguments or result that a screen shows; the whole is in the JSON API."""

TOOL_WORDS: Mapping[str, str] = {
    "inventory": "Looked up stock",
    "atp": "Worked out what can be promised",
    "orders": "Read order lines",
    "customers": "Read customers and contracts",
    "waves": "Read waves and picks",
    "score": "Worked out what a unit is worth to each line",
    "allocate": "Worked out who gets what",
    "explain": "Looked for the reason",
    "holdings": "Looked up who holds the stock",
    "what_would_it_take": "Worked out what it would take",
    "lookup": "Searched the documents",
    "model": "Asked the model",
    "reallocate": "Drafted reallocations",
    "reserve": "Drafted a reservation",
    "transfer": "Drafted a transfer",
    "substitute": "Looked for substitutes",
    "promise": "Drafted a new promise date",
    "hold_wave": "Drafted a wave hold",
    "release_wave": "Drafted a wave release",
    "resequence": "Drafted another pick order",
    "replenish": "Drafted a replenishment",
    "expedite": "Weighed expediting",
    "credit": "Drafted a credit request",
    "carrier": "Looked for another carrier",
    "task": "Drafted a customer notice",
    "escalate": "Drafted an escalation",
}
"""A tool call as a sentence; a tool that is not here is named."""


class Step(Noun):
    """One line of a run: what happened, how it looks (`good`, `bad`, `wait` or ""), and what stands behind it.

    `evidence` is the id of a tool call; `arguments` and `result` are JSON laid out for reading.
    """

    seq: int
    title: Text
    mood: Text = ""
    evidence: Id | None = None
    arguments: str = ""
    result: str = ""


def step(event: RunEvent) -> Step | None:
    """The step of an event; None for one that a screen shows otherwise (the report is the answer itself)."""
    said: dict[str, Any] = json.loads(event.body)
    tell = _TELL.get(event.kind)
    if tell is None:
        return Step(seq=event.seq, title=event.kind.replace("_", " ").capitalize())
    return tell(event.seq, said)


def _context(seq: int, said: dict[str, Any]) -> Step:
    if said.get("degraded"):
        return Step(seq=seq, title=f"Went on from the last good snapshot: {said['degraded']}"[:4000], mood="wait")
    return Step(seq=seq, title=f"Read the connected systems ({said.get('facts', '')})")


def _tool(seq: int, said: dict[str, Any]) -> Step:
    tool = str(said.get("tool", "?"))
    arguments = _json(said.get("arguments"))
    about = _about(arguments)
    title = TOOL_WORDS.get(tool, f"Called {tool}") + (f": {about}" if about else "")
    return Step(
        seq=seq,
        title=title[:400],
        evidence=said.get("id"),
        arguments=_laid_out(arguments),
        result=_laid_out(_json(said.get("result"))),
    )


def _plan(seq: int, said: dict[str, Any]) -> Step:
    moves = int(said.get("moves", 0))
    made = counted(moves, "move") if moves else "no moves"
    return Step(seq=seq, title=f"Planned, revision {said.get('revision', 1)}: {made}")


def _act(seq: int, said: dict[str, Any]) -> Step:
    state = str(said.get("state", ""))
    mood = "good" if state in ("executed", "ready", "approved") else "bad" if state in ENDED_BADLY else "wait"
    why = f": {said['reason']}" if said.get("reason") else ""
    return Step(seq=seq, title=f"{said.get('move', 'A move')} is {state.replace('_', ' ')}{why}"[:4000], mood=mood)


ENDED_BADLY = frozenset({"denied", "rejected", "expired", "cancelled", "compensated", "failed", "superseded"})


def _failed(seq: int, said: dict[str, Any]) -> Step:
    return Step(seq=seq, title=f"Could not go on: {said.get('reason', '')}"[:4000], mood="bad")


def _fallback(seq: int, said: dict[str, Any]) -> Step:
    return Step(seq=seq, title=f"The rules planner took over: {said.get('reason', '')}"[:4000], mood="wait")


def _revise(seq: int, said: dict[str, Any]) -> Step:
    return Step(seq=seq, title=f"Planned again, because {said.get('why', '')}"[:4000], mood="wait")


def _difference(seq: int, said: dict[str, Any]) -> Step:
    parts = [
        f"{len(said.get(name, []))} {word}"
        for name, word in (("kept", "kept"), ("dropped", "dropped"), ("added", "added"))
        if said.get(name)
    ]
    return Step(seq=seq, title=f"Compared with the plan before: {', '.join(parts) or 'the same'}")


def _follow(seq: int, said: dict[str, Any]) -> Step:
    if said.get("run"):
        return Step(seq=seq, title=f"Started {said['run']} to do what you accepted", mood="good")
    return Step(seq=seq, title=f"Nothing was started: {said.get('why', '')}"[:4000], mood="bad")


def _guard(seq: int, said: dict[str, Any]) -> Step:
    states = [f"{count} {state.replace('_', ' ')}" for state, count in dict(said.get("states") or {}).items()]
    return Step(seq=seq, title=f"Policy judged the moves: {', '.join(states) or 'none'}")


def _report(seq: int, said: dict[str, Any]) -> Step | None:
    because = said.get("because")
    return Step(seq=seq, title=f"Corrected the report after {because}", mood="good") if because else None


_TELL: Mapping[str, Callable[[int, dict[str, Any]], Step | None]] = {
    "context": _context,
    "tool": _tool,
    "plan": _plan,
    "guard": _guard,
    "follow": _follow,
    "act": _act,
    "move": _act,
    "failed": _failed,
    "fallback": _fallback,
    "revise": _revise,
    "difference": _difference,
    "report": _report,
}
"""Kind of event -> how it is told."""


def _json(text: object) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _about(arguments: Any) -> str:
    """What a call was about: the ids it names, shortly."""
    if not isinstance(arguments, dict):
        return ""
    named = [value for value in arguments.values() if isinstance(value, str) and value]
    named += [str(one) for value in arguments.values() if isinstance(value, list) for one in value]
    return listed(named, 3)


def _laid_out(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… {len(text) - LONGEST:,} more characters"
