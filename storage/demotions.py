"""Demotions: ceilings on autonomy that went down by themselves and stay until people lift them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import UnknownReference
from storage.base import Base
from storage.counters import number_of
from storage.statements import add, compare_and_set, many, one


class DemotionRow(Base):
    """A demotion as canonical JSON (guardrails/demotions.py), with the columns it is found by."""

    __tablename__ = "demotions"

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(index=True)
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    body: Mapped[str]


def put(session: Session, key: str, since: datetime, body: str) -> None:
    """Record a demotion. Its id comes from `counters.next_id(session, "demotion")`."""
    values = {"id": key, "number": number_of(key), "since": since, "ended_at": None, "body": body}
    add(session, DemotionRow, values)


def save(session: Session, key: str, before: str, body: str, ended_at: datetime | None) -> bool:
    """Replace what is known of an active demotion; False when it is not what it was, or has ended."""
    where = (DemotionRow.id == key, DemotionRow.body == before, DemotionRow.ended_at.is_(None))
    return compare_and_set(session, DemotionRow, where, {"body": body, "ended_at": ended_at}) == 1


def get(session: Session, key: str) -> str:
    """One demotion; UnknownReference when there is none."""
    row = one(session, DemotionRow, DemotionRow.id == key)
    if row is None:
        raise UnknownReference(f"there is no demotion '{key}'", field="demotion", fix="list the demotions")
    return str(row["body"])


def listed(session: Session, *, everything: bool = False) -> tuple[str, ...]:
    """The demotions in force, in the order they came; with `everything`, ended ones too."""
    where = () if everything else (DemotionRow.ended_at.is_(None),)
    return tuple(str(row["body"]) for row in many(session, DemotionRow, *where, order=(DemotionRow.number,)))
