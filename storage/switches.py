"""Kill switches: stop all writes to one system, or to every one, at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base
from storage.records import Switch
from storage.statements import many, upsert

EVERYTHING = "*"


class SwitchRow(Base):
    """How the switch of a system stands."""

    __tablename__ = "switches"

    system: Mapped[str] = mapped_column(primary_key=True)
    stopped: Mapped[bool]
    by: Mapped[str]
    at: Mapped[datetime]
    why: Mapped[str]


def turn(session: Session, switch: Switch) -> None:
    """Set the switch of a system, or of everything (`*`)."""
    values = {name: getattr(switch, name) for name in Switch.model_fields}
    statement = upsert(session, SwitchRow).values(**values)
    session.execute(statement.on_conflict_do_update(index_elements=["system"], set_=values))


def stopped(session: Session, system: str) -> Switch | None:
    """The switch that stops writes to this system (its own, or that of everything); None when none does."""
    where = (SwitchRow.system.in_([system, EVERYTHING]), SwitchRow.stopped.is_(True))
    rows = many(session, SwitchRow, *where, order=(SwitchRow.system,), limit=1)
    return Switch(**rows[0]) if rows else None


def listed(session: Session) -> tuple[Switch, ...]:
    """Every switch that was ever turned, by system."""
    return tuple(Switch(**row) for row in many(session, SwitchRow, order=(SwitchRow.system,)))
