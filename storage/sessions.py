"""Sessions: who came in through a door and until when; kept here, so that a restart or another process knows them too.

A session is found by the digest of its token; the token itself is nowhere but in the browser that was given it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, table_of
from storage.records import Visit
from storage.statements import add_if_absent, affected, one


class SessionRow(Base):
    """One session; `id` is the digest of its token."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(index=True)
    door: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


def begin(session: Session, visit: Visit) -> bool:
    """Keep a session; False when one with this id is there already."""
    return add_if_absent(session, SessionRow, {name: getattr(visit, name) for name in Visit.model_fields})


def live(session: Session, digest: str, now: datetime) -> Visit | None:
    """The session with this digest, None when there is none or its time is over."""
    row = one(session, SessionRow, SessionRow.id == digest, SessionRow.expires_at > now)
    return None if row is None else Visit(**row)


def end(session: Session, digest: str) -> bool:
    """Forget a session; False when there was none."""
    table = table_of(SessionRow)
    return affected(session, delete(table).where(table.c.id == digest)) == 1


def end_of(session: Session, user: str) -> int:
    """Forget every session of a user; how many there were."""
    table = table_of(SessionRow)
    return affected(session, delete(table).where(table.c.user == user))


def forget(session: Session, now: datetime) -> int:
    """Forget the sessions whose time is over; how many."""
    table = table_of(SessionRow)
    return affected(session, delete(table).where(table.c.expires_at <= now))
