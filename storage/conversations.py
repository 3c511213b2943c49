"""Conversations: which questions one person asked in a row, through which door, so that a follow-up has its before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, desc
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import UnknownReference
from storage.base import Base
from storage.counters import next_number
from storage.records import Conversation
from storage.statements import add, add_if_absent, compare_and_set, many, one


class ConversationRow(Base):
    """One conversation."""

    __tablename__ = "conversations"

    id: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TurnRow(Base):
    """One turn of a conversation: the run that answers it."""

    __tablename__ = "turns"

    conversation: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)


def begin(session: Session, conversation: str, user: str, title: str, at: datetime) -> Conversation:
    """The conversation with this id, begun now when it is new."""
    values = {"id": conversation, "user": user, "title": title, "created_at": at, "updated_at": at}
    add_if_absent(session, ConversationRow, values)
    return get(session, conversation)


def get(session: Session, conversation: str) -> Conversation:
    """The conversation with this id; UnknownReference otherwise."""
    row = one(session, ConversationRow, ConversationRow.id == conversation)
    if row is None:
        raise UnknownReference(
            f"there is no conversation '{conversation[:80]}'", field="conversation", fix="begin a new one"
        )
    return Conversation(**row)


def add_turn(session: Session, conversation: str, run: str, at: datetime) -> int:
    """Add the run of a new turn; its place, from 1."""
    seq = next_number(session, f"turns/{conversation}")
    add(session, TurnRow, {"conversation": conversation, "seq": seq, "run": run})
    compare_and_set(session, ConversationRow, (ConversationRow.id == conversation,), {"updated_at": at})
    return seq


def turns(session: Session, conversation: str, last: int | None = None) -> tuple[str, ...]:
    """Runs of the turns, oldest first; with `last`, only so many of the newest."""
    rows = many(session, TurnRow, TurnRow.conversation == conversation, order=(desc(TurnRow.seq),), limit=last)
    return tuple(row["run"] for row in reversed(rows))


def follows(session: Session, run: str, before: str) -> bool:
    """Whether `run` is the turn right after `before` in one conversation."""
    here = one(session, TurnRow, TurnRow.run == run)
    if here is None:
        return False
    last = one(session, TurnRow, TurnRow.conversation == here["conversation"], TurnRow.seq == here["seq"] - 1)
    return last is not None and str(last["run"]) == before


def listed(session: Session, user: str, limit: int = 50) -> tuple[Conversation, ...]:
    """Conversations of a person, the one touched last first."""
    order = (desc(ConversationRow.updated_at), ConversationRow.id)
    rows = many(session, ConversationRow, ConversationRow.user == user, order=order, limit=limit)
    return tuple(Conversation(**row) for row in rows)


def of_run(session: Session, run: str) -> str:
    """The conversation a run is a turn of; "" for none."""
    rows = many(session, TurnRow, TurnRow.run == run, order=(TurnRow.conversation,), limit=1)
    return str(rows[0]["conversation"]) if rows else ""
