"""Kill switches: stop all writes to one system, or to every one, at once."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.noun import Id, Noun, Text
from storage.base import Base
from storage.counters import next_number
from storage.records import Switch
from storage.statements import add, many, upsert

EVERYTHING = "*"


class Turn(Noun):
    """One hand on the switch of a system: who stopped it, asked for it to be lifted, or lifted it; in one order."""

    number: int = 0
    system: str
    what: Literal["stopped", "asked", "lifted"]
    by: Id
    at: datetime
    why: Text = ""


class SwitchRow(Base):
    """How the switch of a system stands."""

    __tablename__ = "switches"

    system: Mapped[str] = mapped_column(primary_key=True)
    stopped: Mapped[bool]
    by: Mapped[str]
    at: Mapped[datetime]
    why: Mapped[str]


class TurnOfSwitchRow(Base):
    """One hand on a switch."""

    __tablename__ = "switch_turns"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    system: Mapped[str] = mapped_column(index=True)
    what: Mapped[str]
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


def touch(session: Session, turn: Turn) -> None:
    """Record a hand on a switch under the next number."""
    kept = turn.model_copy(update={"number": next_number(session, "switch_turn")})
    add(session, TurnOfSwitchRow, {name: getattr(kept, name) for name in Turn.model_fields})


def since_lifted(session: Session, system: str) -> tuple[Turn, ...]:
    """The hands on a switch since it was last lifted, in order."""
    rows = many(session, TurnOfSwitchRow, TurnOfSwitchRow.system == system, order=(TurnOfSwitchRow.number,))
    turns = [Turn(**row) for row in rows]
    lifted = [index for index, one in enumerate(turns) if one.what == "lifted"]
    return tuple(turns[lifted[-1] + 1 if lifted else 0 :])
