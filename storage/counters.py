"""Numbers that never repeat: ids of cases, runs, approvals, conversations, delegations; places in an order."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import BadInput
from storage.base import Base
from storage.statements import upsert

PREFIXES = {"case": "C", "run": "R", "approval": "A", "conversation": "T", "delegation": "D"}


class CounterRow(Base):
    """The last number given out under a name."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


def next_number(session: Session, name: str) -> int:
    """The next number under this name, from 1. Gapless: a rolled back transaction gives its number back."""
    statement = (
        upsert(session, CounterRow)
        .values(name=name, value=1)
        .on_conflict_do_update(index_elements=["name"], set_={"value": CounterRow.value + 1})
        .returning(CounterRow.value)
    )
    return int(session.execute(statement).scalar_one())


def next_id(session: Session, kind: Literal["case", "run", "approval", "conversation", "delegation"]) -> str:
    """The next id of a kind: `C-1`, `R-1`, `A-1`, `T-1`, `D-1` and on."""
    return f"{PREFIXES[kind]}-{next_number(session, kind)}"


def current(session: Session, name: str) -> int:
    """The last number given out under this name, 0 when none was."""
    return session.execute(select(CounterRow.value).where(CounterRow.name == name)).scalar_one_or_none() or 0


def number_of(identifier: str) -> int:
    """The figure of an id of ours, by which ids sort: 12 of `R-12`. BadInput when it has none."""
    figure = identifier.rpartition("-")[2]
    if not figure.isdecimal():
        raise BadInput(
            f"'{identifier}' is no id of ours", field="id", fix="use the id given out, such as C-1, R-1 or A-1"
        )
    return int(figure)
