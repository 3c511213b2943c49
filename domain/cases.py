"""Cases: one exception being handled."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from domain.noun import CENT, Id, Money, Noun, Text, Units


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    WAITING = "waiting"
    DONE = "done"
    ESCALATED = "escalated"
    CLOSED = "closed"


class Scope(Noun):
    """What a case is about; a run may touch nothing else. Empty tuples mean none of that kind.

    `returns` are (SKU, site, inbound supply or "", units) that may go back to free supply: an undo gives back what the
    move it undoes had drawn from there. Otherwise nobody gives up a unit that nobody gets.
    """

    skus: tuple[Id, ...] = ()
    orders: tuple[Id, ...] = ()
    customers: tuple[Id, ...] = ()
    sites: tuple[Id, ...] = ()
    waves: tuple[Id, ...] = ()
    inbound: tuple[Id, ...] = ()
    returns: tuple[tuple[Id, Id, Text, Units], ...] = ()


class Case(Noun):
    """An exception: what kind, raised by whom on which events, about what, how much is at stake.

    `deadline` is when it begins to cost. `group` is the case that leads a group of related ones: its plan is for all of
    them, and they end with it. The leading case names itself.
    """

    id: Id
    kind: Id
    title: Text
    state: CaseState = CaseState.OPEN
    raised_by: Id
    opened_at: datetime
    closed_at: datetime | None = None
    events: tuple[Id, ...] = ()
    scope: Scope = Scope()
    value_at_stake: Money | None = None
    deadline: datetime | None = None
    group: Id | None = None

    @property
    def follows(self) -> str | None:
        """The case whose plan is for this one as well; None for a case with a plan of its own."""
        return self.group if self.group != self.id else None


NO_DEADLINE = 168
"""Hours left of a case that has no deadline: a week."""


def urgency(case: Case, now: datetime) -> Decimal:
    """Value at stake per hour left, in the base currency, to the cent.

    urgency = value at stake / max(1, hours from `now` to the deadline); without a deadline 168 hours, without value 0.
    What is late already counts as one hour, so that of two late cases the one with more at stake comes first.
    """
    if case.value_at_stake is None:
        return Decimal("0.00")
    hours = Decimal(NO_DEADLINE)
    if case.deadline is not None:
        hours = max(Decimal(1), Decimal(int((case.deadline - now).total_seconds())) / 3600)
    return (case.value_at_stake / hours).quantize(CENT, rounding=ROUND_HALF_EVEN)
