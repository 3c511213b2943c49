"""People who were deactivated here: since when, by whom, why, and whether they may act again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.noun import Id, Noun, Text
from storage.base import Base, table_of
from storage.statements import many, upsert


class Deactivation(Noun):
    """The last time a user was deactivated; `ended_at` says that they may act again since then."""

    user: Id
    at: datetime
    by: Id
    why: Text
    ended_at: datetime | None = None


class DeactivationRow(Base):
    """One row for each user who ever was; the story is in the ledger."""

    __tablename__ = "deactivations"

    user: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str]
    why: Mapped[str]
    ended_at: Mapped[datetime | None]


def record(session: Session, deactivation: Deactivation) -> None:
    """Keep how a user stands, in place of what was kept before."""
    values = {name: getattr(deactivation, name) for name in Deactivation.model_fields}
    statement = upsert(session, DeactivationRow).values(**values)
    session.execute(statement.on_conflict_do_update(index_elements=["user"], set_=values))


def listed(session: Session) -> tuple[Deactivation, ...]:
    """Everybody who ever was deactivated, by user."""
    return tuple(Deactivation(**row) for row in many(session, DeactivationRow, order=(DeactivationRow.user,)))


def standing(session: Session) -> tuple[tuple[str, datetime, bool], ...]:
    """(user, last deactivated at, still so) of the same, as cheap as can be: it is asked very often."""
    table = table_of(DeactivationRow)
    rows = session.execute(select(table.c.user, table.c.at, table.c.ended_at))
    return tuple((user, at, ended_at is None) for user, at, ended_at in rows)
