"""What triage saw: each exception with the case it belongs to, the last look, and the report of every sweep."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, desc
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.canonical import canonical_json
from domain.facts import Facts
from domain.noun import Id, Noun
from domain.signals import Signal
from storage.base import Base
from storage.counters import next_number
from storage.statements import add, compare_and_set, many, one, upsert

How = Literal["opened", "follows", "merged"]
LAST = "last"


class ExceptionRow(Base):
    """One signal and its case, as canonical JSON, with the columns it is found by."""

    __tablename__ = "exceptions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    subject: Mapped[str]
    mark: Mapped[str] = mapped_column(index=True)
    case: Mapped[str] = mapped_column(index=True)
    how: Mapped[str]
    seen_at: Mapped[datetime]
    healed_at: Mapped[datetime | None]
    body: Mapped[str]


class SweepRow(Base):
    """What a sweep found that was new, as canonical JSON."""

    __tablename__ = "sweeps"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    by: Mapped[str]
    body: Mapped[str]


class LookRow(Base):
    """The part of the facts seen last that the next look is compared with."""

    __tablename__ = "looks"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    body: Mapped[str]


class Spotted(Noun):
    """A signal and its case: it opened one, follows one that leads its group, or was merged into one that is open.

    `healed_at` is when a later sweep found its cause gone.
    """

    number: int
    signal: Signal
    case: Id
    how: How
    seen_at: datetime
    healed_at: datetime | None = None


def note(session: Session, signal: Signal, case: str, how: How, at: datetime) -> Spotted:
    """Remember a signal and its case."""
    number = next_number(session, "exceptions")
    values = {"kind": signal.kind, "subject": signal.subject, "mark": signal.mark, "case": case, "how": how}
    add(session, ExceptionRow, {**values, "number": number, "seen_at": at, "healed_at": None,
                                "body": canonical_json(signal)})  # fmt: skip
    return Spotted(number=number, signal=signal, case=case, how=how, seen_at=at)


def listed(session: Session, *, alive: bool = False, cases: Collection[str] | None = None) -> tuple[Spotted, ...]:
    """Everything spotted in order; with `alive` only what has not healed, with `cases` only theirs."""
    where: list[ColumnElement[bool]] = []
    if alive:
        where.append(ExceptionRow.healed_at.is_(None))
    if cases is not None:
        where.append(ExceptionRow.case.in_(sorted(cases)))
    return tuple(
        Spotted(
            number=row["number"],
            signal=Signal.model_validate_json(row["body"]),
            case=row["case"],
            how=row["how"],
            seen_at=row["seen_at"],
            healed_at=row["healed_at"],
        )
        for row in many(session, ExceptionRow, *where, order=(ExceptionRow.number,))
    )


def heal(session: Session, numbers: Collection[int], at: datetime) -> int:
    """Note that the causes of these have gone; how many had not been noted before."""
    where = (ExceptionRow.number.in_(sorted(numbers)), ExceptionRow.healed_at.is_(None))
    return compare_and_set(session, ExceptionRow, where, {"healed_at": at})


def last_look(session: Session) -> Facts | None:
    """What was kept of the facts seen last; None before the first look."""
    row = one(session, LookRow, LookRow.name == LAST)
    return None if row is None else Facts.model_validate_json(row["body"])


def looked_at(session: Session) -> datetime | None:
    """When anybody looked last."""
    row = one(session, LookRow, LookRow.name == LAST)
    return None if row is None else row["at"]


def keep_look(session: Session, facts: Facts) -> None:
    """Keep this of the facts just seen, in place of what was kept before."""
    values = {"at": facts.taken_at, "body": canonical_json(facts)}
    statement = upsert(session, LookRow).values(name=LAST, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def keep_sweep(session: Session, at: datetime, by: str, report: Noun) -> int:
    """Keep the report of a sweep; its number, from 1."""
    number = next_number(session, "sweeps")
    add(session, SweepRow, {"number": number, "at": at, "by": by, "body": canonical_json(report)})
    return number


def sweeps(session: Session, limit: int = 50) -> tuple[tuple[int, datetime, str, str], ...]:
    """(number, when, by whom, report as JSON) of the last sweeps that found something, the newest first."""
    rows = many(session, SweepRow, order=(desc(SweepRow.number),), limit=limit)
    return tuple((row["number"], row["at"], row["by"], row["body"]) for row in rows)
