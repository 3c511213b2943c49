"""Sagas: moves on their way into other systems, in the order they were admitted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, or_
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import UnknownReference
from storage.base import Base
from storage.counters import next_number
from storage.records import Saga, SagaState
from storage.statements import add, compare_and_set, many, one


class SagaRow(Base):
    """The execution of one move."""

    __tablename__ = "sagas"

    move: Mapped[str] = mapped_column(ForeignKey("moves.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(index=True)
    step: Mapped[int]
    attempts: Mapped[int]
    note: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


def start(session: Session, move: str, at: datetime) -> bool:
    """Admit the execution of a move, after all admitted before; False when it has a saga already (nothing changes)."""
    number = next_number(session, "sagas")
    if one(session, SagaRow, SagaRow.move == move) is not None:
        return False
    saga = Saga(move=move, seq=number, created_at=at, updated_at=at)
    add(session, SagaRow, {name: getattr(saga, name) for name in Saga.model_fields})
    return True


def get(session: Session, move: str) -> Saga:
    """The saga of a move (UnknownReference when it has none)."""
    row = one(session, SagaRow, SagaRow.move == move)
    if row is None:
        raise UnknownReference(f"move '{move}' was never admitted to execution", field="move", fix="approve it first")
    return Saga(**row)


def next_ready(session: Session) -> Saga | None:
    """The first saga in order that is ready; take it with `advance(..., {READY}, RUNNING)`."""
    rows = many(session, SagaRow, SagaRow.state == SagaState.READY, order=(SagaRow.seq,), limit=1)
    return Saga(**rows[0]) if rows else None


def advance(
    session: Session,
    move: str,
    from_states: Collection[SagaState],
    to_state: SagaState,
    at: datetime,
    *,
    step: int | None = None,
    attempts: int | None = None,
    note: str = "",
) -> bool:
    """Compare and set the state of a saga, and where it stands; False when it was in none of `from_states` by now."""
    values: dict[str, Any] = {"state": to_state, "updated_at": at, "note": note}
    if step is not None:
        values["step"] = step
    if attempts is not None:
        values["attempts"] = attempts
    where = (SagaRow.move == move, SagaRow.state.in_(sorted(from_states)))
    return compare_and_set(session, SagaRow, where, values) == 1


def listed(session: Session, states: Collection[SagaState] | None = None) -> tuple[Saga, ...]:
    """Sagas in order, of these states."""
    where = [] if states is None else [SagaRow.state.in_(sorted(states))]
    return tuple(Saga(**row) for row in many(session, SagaRow, *where, order=(SagaRow.seq,)))


def alive(session: Session, since: datetime | None = None, until: datetime | None = None) -> tuple[Saga, ...]:
    """Sagas that were under way at some time in [since, until), in order."""
    where: list[ColumnElement[bool]] = []
    if since is not None:
        going = (SagaState.READY, SagaState.RUNNING, SagaState.PARKED)
        where.append(or_(SagaRow.state.in_(going), SagaRow.updated_at >= since))
    if until is not None:
        where.append(SagaRow.created_at < until)
    return tuple(Saga(**row) for row in many(session, SagaRow, *where, order=(SagaRow.seq,)))
