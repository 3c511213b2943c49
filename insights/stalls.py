"""Where cases stand still: which role is waited for, and which system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from guardrails.chain import EntryKind
from insights.decisions import ending
from insights.numbers import Item, Number, Telling, minutes, total
from insights.past import Line, Past, Standing
from storage.records import Approval, ApprovalState, MoveState

_PARTS = "parts: the role waited for (from when nobody else decides before it), or the system that did not answer"
STALLED = Telling(
    "stalled",
    "Where cases stalled",
    "minutes",
    f"waiting that ended in the period, whole length, added up over questions and parked moves; {_PARTS}",
)
STALLED_NOW = Telling(
    "stalled_now",
    "Where cases stall at the end",
    "minutes",
    f"waiting that goes on at the end of the period, so far, added up over questions and parked moves; {_PARTS}",
)


@dataclass(frozen=True)
class Stall:
    """Something that waits from one moment to another (None: it still does); `behind` are its ledger lines."""

    label: str
    began: datetime
    ended: datetime | None
    behind: tuple[Line, ...]


def numbers(past: Past) -> tuple[Number, ...]:
    """Waiting that ended in the period, and waiting that goes on at its end."""
    known = (*_people(past), *_systems(past))
    end = past.now if past.until is None else min(past.until, past.now)
    over = [
        Item(one.label, minutes(one.began, one.ended), past.here(*one.behind))
        for one in known
        if one.ended is not None and past.has(one.ended)
    ]
    standing = [
        Item(one.label, minutes(one.began, max(end, one.began)), past.here(*one.behind))
        for one in known
        if (past.until is None or one.began < past.until)
        and (one.ended is None or (past.until is not None and one.ended >= past.until))
    ]
    return STALLED.of(over, total), STALLED_NOW.of(standing, total)


def _people(past: Past) -> Iterator[Stall]:
    by_move: dict[str, list[Approval]] = {}
    for one in past.approvals:
        by_move.setdefault(one.move, []).append(one)
    for one in past.approvals:
        if began := turn(one, by_move[one.move]):
            lines = ending(past, one, one.decided_at) if one.decided_at else _asking(past, one)
            yield Stall(f"waits for {one.role}", began, one.decided_at, lines)


def turn(one: Approval, siblings: list[Approval]) -> datetime | None:
    """When a question was its role's turn: asked, and every role before it had said yes. None when that never came,
    as when an edit answered it out of turn. `siblings`: all questions about its move, in the order they were asked."""
    began = one.created_at
    place = siblings.index(one)
    for number, other in enumerate(siblings):
        together = other.created_at == one.created_at  # an edit may renumber positions, never the order of asking
        first = number < place if together else other.position < one.position
        if first and _both_waited(one, other):
            if other.state is not ApprovalState.APPROVED or other.decided_at is None:
                return None
            began = max(began, other.decided_at)
    return began if one.decided_at is None or began < one.decided_at else None


def _both_waited(one: Approval, other: Approval) -> bool:
    """Whether two questions waited at the same time; one that is asked when another ends comes after it."""
    return (other.decided_at is None or other.decided_at > one.created_at) and (
        one.decided_at is None or other.created_at < one.decided_at
    )


def _asking(past: Past, one: Approval) -> tuple[Line, ...]:
    return tuple(line for line in past.moves.get(one.move, ()) if line.at == one.created_at)[:1]


def _systems(past: Past) -> Iterator[Stall]:
    """From each telling that a move is parked to the next that it is not."""
    for move in sorted(past.told):
        parked: Standing | None = None
        for standing in past.told[move]:
            if standing.state == MoveState.PARKED:
                parked = parked or standing
            elif parked is not None:
                yield _parked(past, move, parked, standing.at)
                parked = None
        if parked is not None:
            yield _parked(past, move, parked, None)


def _parked(past: Past, move: str, parked: Standing, ended: datetime | None) -> Stall:
    lines = past.moves.get(move, ())
    before = [line for line in lines if line.at <= parked.at]
    stopped = [line for line in before if line.kind == EntryKind.DENIAL and line.said.get("refused") == "stopped"]
    answered = {line.said.get("key"): line.at for line in lines if line.kind == EntryKind.OUTCOME and line.body}
    asked = [
        line
        for line in before
        if line.kind == EntryKind.INTENT and line.body and not _answered(line, answered, parked, ended)
    ]
    if asked:
        label, behind = f"parked: {str(asked[-1].said['operation']).partition('.')[0]}", asked[-1:]
    elif stopped:
        label, behind = "parked: kill switch", stopped[-1:]
    else:
        label, behind = "parked: facts could not be read", before[-1:]
    closing = [line for line in lines if line.kind == EntryKind.OUTCOME and "ended" in line.said and line.at == ended]
    return Stall(label, parked.at, ended, (*behind, *closing))


def _answered(line: Line, answered: dict[str | None, datetime], parked: Standing, ended: datetime | None) -> bool:
    """Whether an intent had its outcome before the move was parked; at the same moment means before."""
    at = answered.get(line.said["key"])
    return at is not None and (at < parked.at or (at == parked.at and ended != parked.at))
