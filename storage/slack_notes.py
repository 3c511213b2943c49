"""What is told in the thread of a card in Slack: one row for each step of a question that people should hear of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.noun import Id, Noun, Text
from storage.approval_steps import StepRow
from storage.base import Base
from storage.records import SlackCardState
from storage.slack_cards import SlackCardRow
from storage.statements import add_if_absent, compare_and_set, many


class SlackNote(Noun):
    """One step told under a card: where, and how far that has come. `step` is its number."""

    step: int
    approval: Id
    channel: Text
    thread: Text
    ts: Text = ""
    state: SlackCardState = SlackCardState.NEW
    owner: Text = ""
    updated_at: datetime


class SlackNoteRow(Base):
    """One step that is or will be told."""

    __tablename__ = "slack_notes"

    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    approval: Mapped[str] = mapped_column(index=True)
    channel: Mapped[str]
    thread: Mapped[str]
    ts: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    owner: Mapped[str]
    updated_at: Mapped[datetime]


def missing(session: Session, whats: Collection[str], at: datetime) -> tuple[SlackNote, ...]:
    """A note for every step of these kinds that has none, whose card stands in Slack and may still change; in order."""
    steps = (
        select(StepRow.number, StepRow.approval, SlackCardRow.channel, SlackCardRow.thread, SlackCardRow.ts)
        .join(SlackCardRow, SlackCardRow.approval == StepRow.approval)
        .where(StepRow.what.in_(whats), SlackCardRow.ts != "", SlackCardRow.state != SlackCardState.SETTLED)
        .where(StepRow.number.not_in(select(SlackNoteRow.step)))
        .order_by(StepRow.number)
    )
    return tuple(
        SlackNote(step=number, approval=approval, channel=channel, thread=thread or ts, updated_at=at)
        for number, approval, channel, thread, ts in session.execute(steps).all()
    )


def begin(session: Session, note: SlackNote) -> bool:
    """Have a note told; False when it is or will be."""
    return add_if_absent(session, SlackNoteRow, {name: getattr(note, name) for name in SlackNote.model_fields})


def untold(session: Session) -> tuple[SlackNote, ...]:
    """Notes that do not stand in Slack yet, in order."""
    rows = many(session, SlackNoteRow, SlackNoteRow.state != SlackCardState.POSTED, order=(SlackNoteRow.step,))
    return tuple(SlackNote(**row) for row in rows)


def claim(session: Session, note: SlackNote, owner: str, at: datetime) -> bool:
    """Compare and set: this owner posts the note now. False when another claimed it meanwhile."""
    where = (SlackNoteRow.step == note.step, SlackNoteRow.state == note.state, SlackNoteRow.owner == note.owner)
    values = {"state": SlackCardState.POSTING, "owner": owner, "updated_at": at}
    return compare_and_set(session, SlackNoteRow, where, values) == 1


def record(session: Session, note: SlackNote, ts: str, at: datetime) -> bool:
    """Keep that a claimed note stands in Slack; False when the claim was lost."""
    where = (SlackNoteRow.step == note.step, SlackNoteRow.owner == note.owner)
    values = {"ts": ts, "state": SlackCardState.POSTED, "updated_at": at}
    return compare_and_set(session, SlackNoteRow, where, values) == 1
