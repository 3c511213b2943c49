"""Events as they arrived: each once, by source and id; those out of order kept aside, and none lost."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.canonical import canonical_json, digest, plain
from domain.errors import Conflict
from domain.events import Event
from storage.base import Base
from storage.counters import next_number
from storage.records import Arrival, InboxEntry, InboxState
from storage.statements import add_if_absent, affected, compare_and_set, many, one, upsert


class InboxRow(Base):
    """One event as it arrived; `position` is the order of arrival."""

    __tablename__ = "inbox"

    source: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(index=True)
    subject: Mapped[str]
    sequence: Mapped[int | None]
    received_at: Mapped[datetime]
    body: Mapped[str]
    body_hash: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    case: Mapped[str | None]
    note: Mapped[str]


class InboxSequenceRow(Base):
    """The highest sequence seen of a subject at its source."""

    __tablename__ = "inbox_sequences"

    source: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


def accept(session: Session, event: Event, received_at: datetime) -> Arrival:
    """Record an event that arrived.

    ACCEPTED: new, to be applied. STALE: new, but a later one of the same subject came first; recorded, not to be
    applied. DUPLICATE: here already with the same body. Raises Conflict, naming the field, when the same source and id
    came before with another body.
    """
    body_hash = digest("event/1", event)
    if get(session, event.source, event.id) is not None:
        _same_body_or_conflict(session, event, body_hash)
        return Arrival.DUPLICATE
    new = add_if_absent(
        session,
        InboxRow,
        {
            "source": event.source,
            "id": event.id,
            "position": next_number(session, "inbox"),
            "subject": event.subject,
            "sequence": event.sequence,
            "received_at": received_at,
            "body": canonical_json(event),
            "body_hash": body_hash,
            "state": InboxState.RECEIVED,
            "case": None,
            "note": "",
        },
    )
    if not new:
        _same_body_or_conflict(session, event, body_hash)
        return Arrival.DUPLICATE
    if event.sequence is None or _latest(session, event, event.sequence):
        return Arrival.ACCEPTED
    note = f"out of order: sequence {event.sequence} of {event.subject} came after a later one"
    mark(session, event.source, event.id, {InboxState.RECEIVED}, InboxState.STALE, note=note)
    return Arrival.STALE


def _latest(session: Session, event: Event, sequence: int) -> bool:
    """Raise the last seen sequence to this one; False when a higher one was seen before."""
    statement = (
        upsert(session, InboxSequenceRow)
        .values(source=event.source, subject=event.subject, last=sequence)
        .on_conflict_do_update(
            index_elements=["source", "subject"], set_={"last": sequence}, where=InboxSequenceRow.last <= sequence
        )
    )
    return affected(session, statement) == 1


def _same_body_or_conflict(session: Session, event: Event, body_hash: str) -> None:
    known = get(session, event.source, event.id)
    if known is None or known.body_hash == body_hash:
        return
    field = _first_difference(plain(known.event), plain(event))
    raise Conflict(
        f"event '{event.id}' of '{event.source}' was received before with another '{field}'",
        field=field,
        fix="send a change as a new event with a new id and a higher sequence",
    )


def _first_difference(old: Any, new: Any, path: str = "") -> str:
    """The dotted path of the first field, by name, in which two JSON values differ."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return path
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            return _first_difference(old.get(name), new.get(name), f"{path}.{name}".lstrip("."))
    return path


def get(session: Session, source: str, event_id: str) -> InboxEntry | None:
    """The event with this source and id, None when it never arrived."""
    row = one(session, InboxRow, InboxRow.source == source, InboxRow.id == event_id)
    return None if row is None else _entry(row)


def mark(
    session: Session,
    source: str,
    event_id: str,
    from_states: Collection[InboxState],
    to_state: InboxState,
    *,
    case: str | None = None,
    note: str = "",
) -> bool:
    """Compare and set the state of an event: applied to a case, or dead with a note. False when it was elsewhere."""
    where = (InboxRow.source == source, InboxRow.id == event_id, InboxRow.state.in_(sorted(from_states)))
    return compare_and_set(session, InboxRow, where, {"state": to_state, "case": case, "note": note}) == 1


def listed(
    session: Session, states: Collection[InboxState] | None = None, *, case: str | None = None, limit: int | None = None
) -> tuple[InboxEntry, ...]:
    """Events in the order they arrived of these states, of this case."""
    where: list[ColumnElement[bool]] = []
    if states is not None:
        where.append(InboxRow.state.in_(sorted(states)))
    if case is not None:
        where.append(InboxRow.case == case)
    order = (InboxRow.position, InboxRow.source, InboxRow.id)
    return tuple(_entry(row) for row in many(session, InboxRow, *where, order=order, limit=limit))


def _entry(row: RowMapping) -> InboxEntry:
    return InboxEntry(
        event=Event.model_validate_json(row["body"]),
        subject=row["subject"],
        received_at=row["received_at"],
        body_hash=row["body_hash"],
        state=InboxState(row["state"]),
        case=row["case"],
        note=row["note"],
    )
