"""Observations: plans that people were to carry out themselves, and what was found when we looked at what they did."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.canonical import canonical_json
from domain.noun import Id, Noun
from storage.base import Base, table_of
from storage.statements import add, compare_and_set, many


class ObservationRow(Base):
    """One plan and its comparison (canonical JSON, None before the look)."""

    __tablename__ = "observations"

    run: Mapped[str] = mapped_column(primary_key=True)
    case: Mapped[str] = mapped_column(index=True)
    revision: Mapped[int]
    levels: Mapped[str]
    skus: Mapped[str]
    planned_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime] = mapped_column(index=True)
    looked_at: Mapped[datetime | None]
    facts: Mapped[str | None]
    body: Mapped[str | None]


class Observation(Noun):
    """A plan that is compared from `due_at` on, for these `skus`. `levels`: move -> the level it was planned under;
    `facts` is the snapshot of the look, `body` what was found."""

    run: Id
    case: Id
    revision: int
    levels: tuple[tuple[Id, Id], ...]
    skus: tuple[Id, ...]
    planned_at: datetime
    due_at: datetime
    looked_at: datetime | None = None
    facts: Id | None = None
    body: str | None = None


def note(
    session: Session,
    run: str,
    case: str,
    revision: int,
    levels: Mapping[str, str],
    skus: Collection[str],
    planned_at: datetime,
    due: datetime,
) -> tuple[str, ...]:
    """Have a plan compared later, for those of its SKUs that no plan of another case waits to be compared for.

    So what people do with a shortage counts once. Gives these SKUs; without any the plan is not compared. An earlier
    plan of the same case that nobody has looked at yet gives way."""
    session.execute(delete(table_of(ObservationRow)).where(ObservationRow.case == case, ObservationRow.body.is_(None)))
    earlier = _listed(session, ObservationRow.body.is_(None), ObservationRow.due_at > planned_at)
    mine = tuple(sorted(set(skus) - {sku for one in earlier for sku in one.skus}))
    if not mine:
        return ()
    values = {"run": run, "case": case, "revision": revision, "levels": canonical_json(sorted(levels.items()))}
    values["skus"] = canonical_json(mine)
    unseen = {"looked_at": None, "facts": None, "body": None}
    add(session, ObservationRow, {**values, **unseen, "planned_at": planned_at, "due_at": due})
    return mine


def due(session: Session, now: datetime) -> tuple[Observation, ...]:
    """What is to be looked at by now, in the order planned."""
    return _listed(session, ObservationRow.body.is_(None), ObservationRow.due_at <= now)


def settle(session: Session, run: str, at: datetime, facts: str, body: str) -> bool:
    """Keep what a look has found; False when another process was faster, or a later plan has taken its place."""
    where = (ObservationRow.run == run, ObservationRow.body.is_(None))
    return compare_and_set(session, ObservationRow, where, {"looked_at": at, "facts": facts, "body": body}) == 1


def seen(session: Session, since: datetime | None = None, until: datetime | None = None) -> tuple[Observation, ...]:
    """Comparisons of plans made from `since` on and before `until`, in the order planned."""
    where: list[ColumnElement[bool]] = [ObservationRow.body.is_not(None)]
    if since is not None:
        where.append(ObservationRow.planned_at >= since)
    if until is not None:
        where.append(ObservationRow.planned_at < until)
    return _listed(session, *where)


def waiting(session: Session) -> int:
    """How many plans nobody has looked at yet."""
    return len(_listed(session, ObservationRow.body.is_(None)))


def _listed(session: Session, *where: ColumnElement[bool]) -> tuple[Observation, ...]:
    order = (ObservationRow.planned_at, ObservationRow.case, ObservationRow.revision, ObservationRow.run)
    return tuple(_observation(row) for row in many(session, ObservationRow, *where, order=order))


def _observation(row: RowMapping) -> Observation:
    pairs, skus = json.loads(row["levels"]), json.loads(row["skus"])
    return Observation(**{**row, "levels": tuple(tuple(pair) for pair in pairs), "skus": tuple(skus)})
