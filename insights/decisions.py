"""What people were asked, what they said and how long that took, and how often they went another way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from guardrails.chain import EntryKind
from insights.numbers import ONE, Item, Number, Telling, durations, minutes, percent, total
from insights.past import Line, Past
from storage.records import Approval, ApprovalState

LATENCY = (
    "time from a question asked to its answer (yes or no) by a person, waiting for roles that decide before included; "
    "one measurement for each answer in the period; parts: the role asked"
)
OVERRIDES = Telling(
    "override_rate",
    "Override rate",
    "percent",
    "(edits + rejections) / (approvals + edits + rejections) of people in the period; what an edit approves by itself "
    "is part of the edit; parts: what was decided, in percent of all",
)
ASKED = Telling("approvals_asked", "Approvals asked", "questions", "questions put to a role in the period; parts: role")
_ENDED = "taken over all questions answered or expired in the period; parts: role"
GRANTED = Telling("approvals_granted", "Approvals granted", "questions", f"questions answered with yes; {_ENDED}")
REJECTED = Telling("approvals_rejected", "Approvals rejected", "questions", f"questions answered with no; {_ENDED}")
EXPIRED = Telling("approvals_expired", "Approvals expired", "questions", f"questions nobody answered in time; {_ENDED}")
ESCALATED = Telling(
    "approvals_escalated",
    "Approvals escalated",
    "questions",
    "expired questions whose move was put to the role above; taken over all expired questions; parts: role not heard",
)
WITHDRAWN = Telling(
    "approvals_withdrawn",
    "Approvals withdrawn",
    "questions",
    "questions that ended in the period without an answer because their move was replaced, edited, rejected in another "
    "role or called off; taken over all questions that ended; parts: role",
)
ASKING = (EntryKind.DECISION, EntryKind.EXPIRY, EntryKind.OVERRIDE)
ENDING = (EntryKind.APPROVAL, EntryKind.EXPIRY, EntryKind.OVERRIDE, EntryKind.DENIAL)
UNANSWERED = (ApprovalState.SUPERSEDED, ApprovalState.CANCELLED)


def numbers(past: Past) -> tuple[Number, ...]:
    """Latency, override rate, and how many questions were asked and how they ended."""
    by_id = {one.id: one for one in past.approvals}
    answers = past.of(EntryKind.APPROVAL)
    granted = [_answer(line, by_id) for line in answers if line.said["decision"] == "approved"]
    rejected = [_answer(line, by_id) for line in answers if line.said["decision"] == "rejected"]
    expired, escalated = _expired(past)
    asked = [_asked(past, one) for one in past.approvals if past.has(one.created_at)]
    closed = [one for one in past.approvals if one.state in UNANSWERED and past.has(one.decided_at)]
    withdrawn = [Item(one.role, ONE, past.here(*ending(past, one, one.decided_at))) for one in closed]
    ended = len(granted) + len(rejected) + len(expired)
    return (
        *durations("approval_latency", "Approval latency", LATENCY, _latencies(answers, by_id)),
        _override_rate(past),
        ASKED.of(asked, total),
        GRANTED.of(granted, total, ended),
        REJECTED.of(rejected, total, ended),
        EXPIRED.of(expired, total, ended),
        ESCALATED.of(escalated, total, len(expired)),
        WITHDRAWN.of(withdrawn, total, ended + len(withdrawn)),
    )


def _latencies(answers: tuple[Line, ...], by_id: Mapping[str, Approval]) -> list[Item]:
    found = []
    for line in answers:
        if asked := by_id.get(line.said["approval"]):
            found.append(Item(asked.role, minutes(asked.created_at, line.at), (line.seq,)))
    return found


def _answer(line: Line, by_id: Mapping[str, Approval]) -> Item:
    asked = by_id.get(line.said["approval"])
    return Item(asked.role if asked else str(line.said["role"]), ONE, (line.seq,))


def _override_rate(past: Past) -> Number:
    edits = tuple(line for line in past.of(EntryKind.OVERRIDE) if "shown_after" in line.said)
    made = {(line.move, line.actor, line.at, line.said["shown_after"]) for line in edits}
    decided = [Item("edited", ONE, (line.seq,)) for line in edits]
    for line in past.of(EntryKind.APPROVAL):
        if (line.move, line.actor, line.at, line.said["shown"]) not in made:
            decided.append(Item(str(line.said["decision"]), ONE, (line.seq,)))
    against = sum(item.label != "approved" for item in decided)
    number = OVERRIDES.of(decided, lambda some: percent(len(some), len(decided)))
    return number.model_copy(update={"value": percent(against, len(decided))})


def _expired(past: Past) -> tuple[list[Item], list[Item]]:
    """Questions that expired, and those of them that were put to the role above."""
    expired, escalated = [], []
    for line in past.of(EntryKind.EXPIRY):
        if line.said.get("what") == "approval":
            late = [Item(str(role), ONE, (line.seq,)) for role in line.said["roles"]]
            expired += late
            escalated += late if "escalated_to" in line.said else []
    return expired, escalated


def _asked(past: Past, one: Approval) -> Item:
    """A question, with the line that tells of its asking: of its move, at that moment, naming its role if any does."""
    lines = [
        line
        for line in past.moves.get(one.move, ())
        if line.kind in ASKING and line.at == one.created_at and (line.body is None or asks(line))
    ]
    named = [line for line in lines if one.role in asks(line)] or lines
    return Item(one.role, ONE, past.here(*named[:1]))


def asks(line: Line) -> tuple[str, ...]:
    """The roles that a line tells were asked."""
    said = line.said
    roles = said.get("roles", ()) if line.kind == EntryKind.DECISION else said.get("escalated_to", ())
    return tuple(said.get("verdict", {}).get("roles", ())) if line.kind == EntryKind.OVERRIDE else tuple(roles)


def ending(past: Past, one: Approval, at: datetime | None) -> tuple[Line, ...]:
    """The lines of its case that tell at a moment of the move of a question, or of its cancelling."""
    told = (line for line in past.cases.get(one.case, ()) if line.at == at and line.kind in ENDING)
    return tuple(line for line in told if line.move == one.move or one.move in line.said.get("cancelled", ()))
