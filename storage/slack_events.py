"""What people said to us in Slack: each message once, kept until it is answered and long after Slack's last retry."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, table_of
from storage.records import SlackEvent, SlackEventState
from storage.statements import add_if_absent, affected, compare_and_set, many, one


class SlackEventRow(Base):
    """One thing said; `message` names the Slack message, which Slack may tell of in more than one event."""

    __tablename__ = "slack_events"

    id: Mapped[str] = mapped_column(primary_key=True)
    message: Mapped[str] = mapped_column(unique=True)
    enterprise: Mapped[str]
    team: Mapped[str]
    channel: Mapped[str] = mapped_column(index=True)
    thread: Mapped[str]
    sender: Mapped[str]
    text: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    run: Mapped[str | None] = mapped_column(ForeignKey("runs.id"), index=True)
    case: Mapped[str | None] = mapped_column(ForeignKey("cases.id"), index=True)
    stream: Mapped[str]
    received_at: Mapped[datetime]


def accept(session: Session, event: SlackEvent) -> bool:
    """Keep what was said; False when this event, or another about the same message, is here already."""
    return add_if_absent(session, SlackEventRow, {name: getattr(event, name) for name in SlackEvent.model_fields})


def get(session: Session, event: str) -> SlackEvent | None:
    """One event, None when it is not here."""
    row = one(session, SlackEventRow, SlackEventRow.id == event)
    return None if row is None else SlackEvent(**row)


def advance(
    session: Session,
    event: str,
    before: SlackEventState,
    after: SlackEventState,
    *,
    run: str | None = None,
    case: str | None = None,
) -> bool:
    """Compare and set the state; False when another was quicker."""
    values = {"state": after, **({"run": run, "case": case} if run else {})}
    where = (SlackEventRow.id == event, SlackEventRow.state == before)
    return compare_and_set(session, SlackEventRow, where, values) == 1


def record_stream(session: Session, event: str, stream: str) -> None:
    """Note the Slack message that the answer is written into."""
    compare_and_set(session, SlackEventRow, (SlackEventRow.id == event,), {"stream": stream})


def listed(session: Session, states: Collection[SlackEventState]) -> tuple[SlackEvent, ...]:
    """Events in these states, the oldest first."""
    where = SlackEventRow.state.in_(sorted(states))
    rows = many(session, SlackEventRow, where, order=(SlackEventRow.received_at, SlackEventRow.id))
    return tuple(SlackEvent(**row) for row in rows)


def about(session: Session, run: str, case: str) -> SlackEvent | None:
    """The event a run came from, else the last one of its case; None when it was not born in Slack."""
    for where in (SlackEventRow.run == run, SlackEventRow.case == case):
        rows = many(session, SlackEventRow, where, order=(SlackEventRow.received_at.desc(), SlackEventRow.id.desc()))
        if rows:
            return SlackEvent(**rows[0])
    return None


def talks(session: Session, channel: str, thread: str, sender: str) -> bool:
    """Whether this person has been answered, or will be, in this thread."""
    where = (
        SlackEventRow.channel == channel,
        SlackEventRow.thread == thread,
        SlackEventRow.sender == sender,
        SlackEventRow.state != SlackEventState.REFUSED,
    )
    return bool(many(session, SlackEventRow, *where, order=(SlackEventRow.id,), limit=1))


def forget(session: Session, before: datetime) -> int:
    """Forget what was answered or refused and came before a moment; how many that were."""
    over = SlackEventRow.state.in_([SlackEventState.ANSWERED, SlackEventState.REFUSED])
    return affected(session, delete(table_of(SlackEventRow)).where(over, SlackEventRow.received_at < before))
