"""Leases: who may work on something for now. One who does not renew in time has lost it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, table_of
from storage.records import Lease
from storage.statements import affected, compare_and_set, is_postgresql, many, one, upsert


class LeaseRow(Base):
    """Who holds what until when."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    expires_at: Mapped[datetime]


def acquire(session: Session, name: str, owner: str, now: datetime, ttl: timedelta) -> bool:
    """Take a lease that nobody holds, or one's own again; False while another one holds it."""
    values = {"owner": owner, "expires_at": now + ttl}
    statement = (
        upsert(session, LeaseRow)
        .values(name=name, **values)
        .on_conflict_do_update(
            index_elements=["name"],
            set_=values,
            where=or_(LeaseRow.owner == owner, LeaseRow.expires_at <= now),
        )
    )
    return affected(session, statement) == 1


def renew(session: Session, name: str, owner: str, now: datetime, ttl: timedelta) -> bool:
    """Hold a lease longer; False when it has ended or is another's by now: stop working."""
    where = (LeaseRow.name == name, LeaseRow.owner == owner, LeaseRow.expires_at > now)
    return compare_and_set(session, LeaseRow, where, {"expires_at": now + ttl}) == 1


def release(session: Session, name: str, owner: str) -> bool:
    """Give a lease back; False when it was not held by this owner."""
    statement = delete(table_of(LeaseRow)).where(LeaseRow.name == name, LeaseRow.owner == owner)
    return affected(session, statement) == 1


def holder(session: Session, name: str, now: datetime) -> Lease | None:
    """Who holds a lease at `now`, None when nobody does."""
    row = one(session, LeaseRow, LeaseRow.name == name, LeaseRow.expires_at > now)
    return None if row is None else Lease(**row)


def listed(session: Session) -> tuple[Lease, ...]:
    """Every lease that was not given back, ended or not, by name."""
    return tuple(Lease(**row) for row in many(session, LeaseRow, order=(LeaseRow.name,)))


def database_time(session: Session) -> datetime:
    """What time it is for the database: the one clock that all workers share. Only leases go by it."""
    if is_postgresql(session):
        moment: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        return moment.astimezone(UTC)
    return datetime.fromisoformat(session.execute(text("SELECT strftime('%Y-%m-%dT%H:%M:%fZ')")).scalar_one())
