"""What was refused, by which rule or on which other ground."""

from __future__ import annotations

from guardrails.chain import EntryKind
from insights.numbers import ONE, Item, Number, Part, Telling, parts_of, total
from insights.past import Line, Past

DENIALS = Telling(
    "denials",
    "Denials",
    "entries",
    "refusals recorded in the period: by policy, at the gate, at the door, by a kill switch; taken over all judgements "
    "(decisions, admissions, refusals); parts: each rule that denied, or the other ground (a refusal may name more)",
)
GATE = {"stale": "facts have changed", "stopped": "kill switch", "denied": "budget"}
JUDGED = (EntryKind.DECISION, EntryKind.ADMISSION, EntryKind.DENIAL)


def numbers(past: Past) -> tuple[Number, ...]:
    """Denials by rule."""
    denied = past.of(EntryKind.DENIAL)
    judged = sum(len(past.of(kind)) for kind in JUDGED)
    whole = DENIALS.of([Item("", ONE, (line.seq,)) for line in denied], total, judged)
    return (whole.model_copy(update={"parts": _by_ground(denied)}),)


def _by_ground(denied: tuple[Line, ...]) -> tuple[Part, ...]:
    return parts_of([Item(ground, ONE, (line.seq,)) for line in denied for ground in grounds(line)], total)


def grounds(line: Line) -> tuple[str, ...]:
    """The rules that denied, by id; without one the other ground of a refusal."""
    said = line.said
    if "attempt" in said:
        return (f"at the door: {said['code']}",)
    refused = said.get("refused")
    if refused in ("stale", "stopped"):
        return (GATE[refused],)
    reasons = said["verdict"]["reasons"] if refused else said.get("reasons", ())
    rules = {str(reason["rule"]) for reason in reasons if isinstance(reason, dict) and reason["outcome"] == "deny"}
    return tuple(sorted(rules)) or (GATE["denied"] if refused else "units or needs",)
