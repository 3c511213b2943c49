"""What a careful clerk writes down at the door after every act: who was asked when, what ended, what was carried out.

The clock stands still inside an act, so what changed since the last look changed now; in which order, the systems'
own books of keys say. Nothing here reads the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from domain.actions import ReleaseReservation, Reserve, UpdatePromise
from domain.execution import WaveState
from domain.facts import Facts
from domain.orders import LineState
from domain.plans import Move

if TYPE_CHECKING:
    from agent.runtime.application import Application

OVER = frozenset({"denied", "executed", "rejected", "expired", "cancelled", "superseded", "compensated", "failed"})


@dataclass
class Question:
    """One question: `turn` is when nobody else had to decide first any more (None: that never came)."""

    move: str
    role: str
    asked: datetime
    turn: datetime | None = None
    ended: datetime | None = None
    how: str = "pending"


@dataclass
class Stay:
    """A move that stood parked from one look to another; `ended` is None while it still does."""

    move: str
    note: str
    began: datetime
    ended: datetime | None = None


@dataclass
class Done:
    """A move that was carried out. `reserved`: when its last reservation was committed, None when it makes none."""

    move: str
    case: str
    at: datetime
    reserved: datetime | None
    off_confirmed: int
    off_released: int
    attended: bool


@dataclass
class Notebook:
    """Everything written down so far. Call `look` after every act, before the clock moves.

    `book` gives the idempotency keys that the systems outside have taken, in their order: one act may carry out several
    moves, and a line that one of them promised is a confirmed line for the next.
    """

    door: Application
    book: Callable[[], tuple[str, ...]]
    questions: dict[str, Question] = field(default_factory=dict)
    done: dict[str, Done] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    opened: dict[str, datetime] = field(default_factory=dict)
    resolved: dict[str, datetime] = field(default_factory=dict)
    escalated: dict[str, datetime] = field(default_factory=dict)
    committed: dict[str, datetime] = field(default_factory=dict)
    over: dict[str, datetime] = field(default_factory=dict)
    floor: Facts | None = None
    looked: datetime | None = None
    taken: int = 0

    def look(self) -> None:
        """Write down what is different now."""
        now = self.door.now
        self._cases(now)
        self._questions(now)
        keys = self.book()
        self._moves(now, keys[self.taken :])
        self.floor, self.looked, self.taken = self.door.facts_now(), now, len(keys)

    def _cases(self, now: datetime) -> None:
        for case in self.door.cases():
            if case.kind == "question":
                continue
            self.opened.setdefault(case.id, now)
            if case.state in ("done", "closed"):
                self.resolved.setdefault(case.id, now)
            if case.state == "escalated":
                self.escalated.setdefault(case.id, now)

    def _questions(self, now: datetime) -> None:
        for card in self.door.approvals(everything=True):
            known = self.questions.setdefault(card.approval, Question(card.move, card.role, now))
            if known.ended is not None:
                continue
            known.role = card.role
            if card.state == "pending":
                if known.turn is None and not card.before:
                    known.turn = now
                continue
            known.ended, known.how = now, str(card.state.value)

    def _moves(self, now: datetime, taken: tuple[str, ...]) -> None:
        reports = [(run, self.door.report(run.id)) for run in self.door.runs() if run.id not in self.over]
        promises = _promises(item.move for _, report in reports for item in report.moves)
        for run, report in reports:
            for item in report.moves:
                for effect in item.effects:
                    if effect.operation == "erp.reserve" and effect.state == "done" and ":undo" not in effect.key:
                        self.committed.setdefault(effect.key, now)
                self._parked(item.move.id, item.state.value, item.reason, now)
                if item.state == "executed" and item.move.id not in self.done:
                    keys = [effect.key for effect in item.effects if effect.key in self.committed]
                    attended = any(one.state == "approved" for one in item.approvals)
                    self._note(item.move, run.case, now, keys, attended, _promised(item.move.id, taken, promises))
            if report.run.state in ("done", "failed") and all(item.state in OVER for item in report.moves):
                self.over[run.id] = now

    def _parked(self, move: str, state: str, why: str, now: datetime) -> None:
        standing = next((stay for stay in self.stays if stay.move == move and stay.ended is None), None)
        if state == "parked" and standing is None:
            self.stays.append(Stay(move, why, now))
        elif state != "parked" and standing is not None:
            standing.ended = now

    def _note(self, move: Move, case: str, now: datetime, keys: list[str], attended: bool, new: set[str]) -> None:
        facts = self.floor
        assert facts is not None, "look once before the first act"
        reserved = max((self.committed[key] for key in keys), default=None)
        known = {line.id for order in facts.orders for line in order.lines if line.promise is not None}
        confirmed, released = off_confirmed(move, known | new), off_released(move, facts)
        self.done[move.id] = Done(move.id, case, now, reserved, confirmed, released, attended)


def _promises(moves: Iterable[Move]) -> dict[tuple[str, str], str]:
    """(move, action) -> the line that it promises."""
    return {(move.id, a.id): a.line for move in moves for a in move.actions if isinstance(a, UpdatePromise)}


def _promised(move: str, taken: tuple[str, ...], promises: dict[tuple[str, str], str]) -> set[str]:
    """Lines that other moves promised, and did not take back, before the first key of this one was taken."""
    found: set[str] = set()
    for key in taken:
        _, who, action, *undo = key.split(":")
        if who == move:
            break
        if (line := promises.get((who, action))) is not None:
            (found.discard if undo else found.add)(line)
    return found


def off_confirmed(move: Move, confirmed: set[str]) -> int:
    """Units that confirmed lines lose by a move, or had in stock and have to wait for: the larger of the two."""
    total = 0
    for key in {a.line for a in move.actions if isinstance(a, ReleaseReservation)} & confirmed:
        taken = [a for a in move.actions if isinstance(a, ReleaseReservation) and a.line == key]
        given = [a for a in move.actions if a.kind in ("reserve", "substitute") and a.line == key]
        less = sum(a.quantity for a in taken) - sum(a.quantity for a in given)
        stock = sum(a.quantity for a in taken if a.inbound is None) - sum(
            a.quantity for a in given if not isinstance(a, Reserve) or a.inbound is None
        )
        total += max(0, less, stock)
    return total


def off_released(move: Move, facts: Facts) -> int:
    """Units a move takes from stock of lines that the warehouse has begun with at that site."""
    total = 0
    lines = {line.id: line for order in facts.orders for line in order.lines}
    for key in {a.line for a in move.actions if isinstance(a, ReleaseReservation)}:
        taken = [a for a in move.actions if isinstance(a, ReleaseReservation) and a.line == key]
        sites = {a.site for a in taken if a.inbound is None}
        begun = key in lines and lines[key].state is not LineState.OPEN and bool(sites)
        for wave in facts.waves:
            if wave.state in (WaveState.RELEASED, WaveState.HELD) and wave.site in sites:
                begun = begun or any(task.line == key for task in wave.tasks)
        if begun:
            total += sum(a.quantity for a in taken)
    return total


def minutes(began: datetime, ended: datetime) -> Decimal:
    """Whole and tenth minutes between two moments."""
    seconds = (ended - began).days * 86400 + (ended - began).seconds
    return (Decimal(seconds) / 60).quantize(Decimal("0.1"), ROUND_HALF_EVEN)


def middle(values: list[Decimal]) -> Decimal | None:
    """The median; the mean of the two in the middle when their number is even."""
    if not values:
        return None
    ordered = sorted(values)
    lower, upper = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return ((lower + upper) / 2).quantize(Decimal("0.1"), ROUND_HALF_EVEN)


def nine_of_ten(values: list[Decimal]) -> Decimal | None:
    """The smallest value that at least 90 in 100 do not pass (nearest rank)."""
    ordered = sorted(values)
    for place, value in enumerate(ordered, 1):
        if place * 10 >= len(ordered) * 9:
            return value
    return None
