"""Approval cards in Slack: where each stands, what it showed last, and who is about to post it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import approvals
from storage.base import Base
from storage.counters import number_of
from storage.records import Approval, ApprovalState, SlackCard, SlackCardState
from storage.statements import add_if_absent, compare_and_set, many


class SlackCardRow(Base):
    """The card of one approval; `number` is the figure of its id, by which cards are posted in order."""

    __tablename__ = "slack_cards"

    approval: Mapped[str] = mapped_column(ForeignKey("approvals.id"), primary_key=True)
    number: Mapped[int]
    case: Mapped[str] = mapped_column(index=True)
    channel: Mapped[str]
    thread: Mapped[str]
    ts: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    face: Mapped[str]
    shown: Mapped[str]
    owner: Mapped[str]
    updated_at: Mapped[datetime]


def begin(session: Session, card: SlackCard) -> bool:
    """Have a card posted; False when it is or will be."""
    values = {name: getattr(card, name) for name in SlackCard.model_fields}
    return add_if_absent(session, SlackCardRow, {**values, "number": number_of(card.approval)})


def claim(session: Session, card: SlackCard, owner: str, at: datetime) -> bool:
    """Compare and set: this owner posts the card now. False when another claimed or changed it meanwhile."""
    where = (
        SlackCardRow.approval == card.approval,
        SlackCardRow.state == card.state,
        SlackCardRow.owner == card.owner,
        SlackCardRow.face == card.face,
    )
    values = {"state": SlackCardState.POSTING, "owner": owner, "updated_at": at}
    return compare_and_set(session, SlackCardRow, where, values) == 1


def record(session: Session, card: SlackCard, owner: str) -> bool:
    """Keep what a claimed card shows and where by now; False when the claim was lost."""
    names = ("ts", "state", "face", "shown", "updated_at")
    where = (SlackCardRow.approval == card.approval, SlackCardRow.owner == owner)
    return compare_and_set(session, SlackCardRow, where, {name: getattr(card, name) for name in names}) == 1


def listed(session: Session, *, case: str | None = None) -> tuple[SlackCard, ...]:
    """Cards that may still change, in the order asked; with `case`, every card of that case."""
    where = SlackCardRow.state != SlackCardState.SETTLED if case is None else SlackCardRow.case == case
    return tuple(_card(dict(row)) for row in many(session, SlackCardRow, where, order=(SlackCardRow.number,)))


def missing(session: Session) -> tuple[Approval, ...]:
    """Approvals that wait, whose turn it is, and that have no card yet, in the order asked."""
    waiting = approvals.listed(session, {ApprovalState.PENDING})
    known = {row["approval"] for row in many(session, SlackCardRow, order=(SlackCardRow.number,))}
    first: dict[str, int] = {}
    for asked in waiting:
        first[asked.move] = min(asked.position, first.get(asked.move, asked.position))
    return tuple(asked for asked in waiting if asked.position == first[asked.move] and asked.id not in known)


def _card(row: dict[str, object]) -> SlackCard:
    return SlackCard.model_validate({name: row[name] for name in SlackCard.model_fields})
