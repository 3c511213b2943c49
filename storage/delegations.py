"""Roles in other hands, and people who are away: who gave what to whom, from when until when, and when it was ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import UnknownReference
from domain.noun import Id, Noun, Text
from storage.base import Base
from storage.counters import next_number, number_of
from storage.statements import add, compare_and_set, many, one


class Delegation(Noun):
    """One person's role in another's hands, from `since` (in it) until `until` (not in it), until it is `ended`."""

    id: Id
    giver: Id
    taker: Id
    role: Id
    since: datetime
    until: datetime
    why: Text = ""
    created_at: datetime
    ended_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it is good at this moment."""
        return self.since <= at < self.until and (self.ended_at is None or at < self.ended_at)


class Absence(Noun):
    """A person out of office, from `since` (in it) until `until` (not in it), until they are back (`ended_at`)."""

    number: int
    user: Id
    since: datetime
    until: datetime
    why: Text = ""
    created_at: datetime
    ended_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether they are away at this moment."""
        return self.since <= at < self.until and (self.ended_at is None or at < self.ended_at)


class DelegationRow(Base):
    """One role handed over; `number` is the figure of its id."""

    __tablename__ = "delegations"

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    giver: Mapped[str]
    taker: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime]
    why: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AbsenceRow(Base):
    """One time in which a person is away."""

    __tablename__ = "absences"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user: Mapped[str] = mapped_column(index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    why: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def give(session: Session, delegation: Delegation) -> None:
    """Record a role handed over. Its id comes from `counters.next_id(session, "delegation")`."""
    values = {name: getattr(delegation, name) for name in Delegation.model_fields}
    add(session, DelegationRow, {**values, "number": number_of(delegation.id)})


def get(session: Session, delegation: str, *, lock: bool = False) -> Delegation:
    """The delegation with this id (UnknownReference otherwise); with `lock`, before ending it."""
    row = one(session, DelegationRow, DelegationRow.id == delegation, lock=lock)
    if row is None:
        raise UnknownReference(
            f"there is no delegation '{delegation}'", field="delegation", fix="list the delegations to see which are"
        )
    return Delegation(**{name: row[name] for name in Delegation.model_fields})


def end(session: Session, delegation: str, at: datetime) -> bool:
    """End it at `at`; False when it was ended before."""
    where = (DelegationRow.id == delegation, DelegationRow.ended_at.is_(None))
    return compare_and_set(session, DelegationRow, where, {"ended_at": at}) == 1


def listed(
    session: Session, *, taker: str | None = None, user: str | None = None, at: datetime | None = None
) -> tuple[Delegation, ...]:
    """Delegations in the order they were given: to `taker`, from or to `user`, good at `at`; all without."""
    where: list[ColumnElement[bool]] = []
    if taker is not None:
        where.append(DelegationRow.taker == taker)
    if user is not None:
        where.append(or_(DelegationRow.taker == user, DelegationRow.giver == user))
    if at is not None:
        where += [DelegationRow.since <= at, DelegationRow.until > at]
        where.append(or_(DelegationRow.ended_at.is_(None), DelegationRow.ended_at > at))
    rows = many(session, DelegationRow, *where, order=(DelegationRow.number,))
    return tuple(Delegation(**{name: row[name] for name in Delegation.model_fields}) for row in rows)


def leave(session: Session, absence: Absence) -> Absence:
    """Record that a person is away, under a number of its own; what they had said before and is not over, ends."""
    come_back(session, absence.user, absence.created_at)
    kept = absence.model_copy(update={"number": next_number(session, "absence")})
    add(session, AbsenceRow, {name: getattr(kept, name) for name in Absence.model_fields})
    return kept


def come_back(session: Session, user: str, at: datetime) -> int:
    """End every absence of a person that is not over at `at`; how many that were."""
    where = (AbsenceRow.user == user, AbsenceRow.ended_at.is_(None), AbsenceRow.until > at)
    return compare_and_set(session, AbsenceRow, where, {"ended_at": at})


def absences(session: Session, *, at: datetime | None = None) -> tuple[Absence, ...]:
    """Absences in the order they were told; with `at`, those in which somebody is away then."""
    where: list[ColumnElement[bool]] = []
    if at is not None:
        where += [AbsenceRow.since <= at, AbsenceRow.until > at]
        where.append(or_(AbsenceRow.ended_at.is_(None), AbsenceRow.ended_at > at))
    return tuple(Absence(**row) for row in many(session, AbsenceRow, *where, order=(AbsenceRow.number,)))
