"""Effects: every write to another system, under its idempotency key, noted before it is sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import Conflict, UnknownReference
from storage.base import Base
from storage.counters import next_number
from storage.records import EffectRecord, EffectState
from storage.statements import add_if_absent, compare_and_set, many, one


class EffectRow(Base):
    """One write to another system; `position` is the order in which they were first intended."""

    __tablename__ = "effects"

    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    move: Mapped[str] = mapped_column(ForeignKey("moves.id"), index=True)
    action: Mapped[str]
    operation: Mapped[str]
    body_hash: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    receipt: Mapped[str]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


def intend(
    session: Session, key: str, *, move: str, action: str, operation: str, body_hash: str, at: datetime
) -> EffectRecord:
    """Note a write before it is sent, and give what is known under this key: the new intent, or the row of before.

    Commit before calling the other system. Raises Conflict when the key was used for another body.
    """
    known = find(session, key)
    if known is None:
        effect = EffectRecord(
            key=key,
            move=move,
            action=action,
            operation=operation,
            body_hash=body_hash,
            created_at=at,
            updated_at=at,
        )
        values = {name: getattr(effect, name) for name in EffectRecord.model_fields}
        add_if_absent(session, EffectRow, {**values, "position": next_number(session, "effects")})
        known = get(session, key)
    if known.body_hash != body_hash:
        raise Conflict(
            f"the idempotency key '{key}' was used before for another request",
            field="body",
            fix="give the changed request a key of its own: a new plan revision has new keys",
        )
    return known


def find(session: Session, key: str) -> EffectRecord | None:
    """What is known of a write, None when it was never intended."""
    row = one(session, EffectRow, EffectRow.key == key)
    return None if row is None else EffectRecord(**{name: row[name] for name in EffectRecord.model_fields})


def get(session: Session, key: str) -> EffectRecord:
    """What is known of a write; UnknownReference when it was never intended."""
    effect = find(session, key)
    if effect is None:
        raise UnknownReference(f"there is no effect '{key}'", field="key", fix="look up the key in the ledger export")
    return effect


def settle(
    session: Session,
    key: str,
    from_states: Collection[EffectState],
    to_state: EffectState,
    at: datetime,
    receipt: str | None = None,
) -> bool:
    """Compare and set what is known of a write; False when it was in none of `from_states` by now."""
    values: dict[str, object] = {"state": to_state, "updated_at": at}
    if receipt is not None:
        values["receipt"] = receipt
    where = (EffectRow.key == key, EffectRow.state.in_(sorted(from_states)))
    return compare_and_set(session, EffectRow, where, values) == 1


def count_attempt(session: Session, key: str, at: datetime) -> None:
    """Count one sending of a write."""
    values = {"attempts": EffectRow.attempts + 1, "updated_at": at}
    compare_and_set(session, EffectRow, (EffectRow.key == key,), values)


def listed(
    session: Session, states: Collection[EffectState] | None = None, *, move: str | None = None
) -> tuple[EffectRecord, ...]:
    """Writes in the order they were intended, of these states, of this move."""
    where: list[ColumnElement[bool]] = []
    if states is not None:
        where.append(EffectRow.state.in_(sorted(states)))
    if move is not None:
        where.append(EffectRow.move == move)
    rows = many(session, EffectRow, *where, order=(EffectRow.position, EffectRow.key))
    return tuple(EffectRecord(**{name: row[name] for name in EffectRecord.model_fields}) for row in rows)
