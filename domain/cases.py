"""Cases: one exception being handled."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from domain.noun import Id, Money, Noun, Text


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    WAITING = "waiting"
    DONE = "done"
    ESCALATED = "escalated"
    CLOSED = "closed"


class Scope(Noun):
    """What a case is about; a run may touch nothing else. Empty tuples mean none of that kind."""

    skus: tuple[Id, ...] = ()
    orders: tuple[Id, ...] = ()
    customers: tuple[Id, ...] = ()
    sites: tuple[Id, ...] = ()
    waves: tuple[Id, ...] = ()
    inbound: tuple[Id, ...] = ()


class Case(Noun):
    """An exception: what kind, raised by whom on which events, about what, how much is at stake."""

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
