"""What happened to a question while it waited, in one order over all questions: doors that show it read on from there.

A reminder is posted by whoever reads the steps: `since(session, number)` gives those after the last one posted.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.noun import Id, Noun, Text
from storage.base import Base
from storage.counters import next_number
from storage.statements import add, add_if_absent, in_chunks, many, upsert

What = Literal["asked", "reminded", "escalated", "snoozed", "reassigned", "commented", "edited", "decided"]
"""What can happen to a question. `asked` and `decided` are read from the question itself, all else is written here."""


class Step(Noun):
    """One thing that happened to a question. `number` orders the steps of all questions (0: read from the question).

    `of` is the question's role when it was reminded, the one it is asked of now when it was escalated, the person it
    was given to when it was reassigned; "" otherwise.
    """

    number: int = 0
    approval: Id
    what: What
    by: Id
    at: datetime
    of: Text = ""
    text: Text = ""


class StepRow(Base):
    """One step."""

    __tablename__ = "approval_steps"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    approval: Mapped[str] = mapped_column(ForeignKey("approvals.id"), index=True)
    what: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    of: Mapped[str]
    text: Mapped[str]


class MarkRow(Base):
    """What the sweep does once for one wording of a question (`shown`), however many sweep."""

    __tablename__ = "approval_marks"

    approval: Mapped[str] = mapped_column(ForeignKey("approvals.id"), primary_key=True)
    mark: Mapped[str] = mapped_column(primary_key=True)
    shown: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class SnoozeRow(Base):
    """Until when a person does not want to see a question as it is (`shown`); once it is edited, they see it again."""

    __tablename__ = "approval_snoozes"

    approval: Mapped[str] = mapped_column(ForeignKey("approvals.id"), primary_key=True)
    user: Mapped[str] = mapped_column(primary_key=True)
    shown: Mapped[str]
    until: Mapped[datetime]


def add_step(session: Session, step: Step) -> Step:
    """Record a step under the next number."""
    kept = step.model_copy(update={"number": next_number(session, "approval_step")})
    add(session, StepRow, {name: getattr(kept, name) for name in Step.model_fields})
    return kept


def steps(session: Session, approvals: Collection[str]) -> tuple[Step, ...]:
    """The steps of these questions, in order."""
    found = [
        Step(**row)
        for some in in_chunks(approvals)
        for row in many(session, StepRow, StepRow.approval.in_(some), order=(StepRow.number,))
    ]
    return tuple(sorted(found, key=lambda step: step.number))


def since(session: Session, number: int, limit: int | None = None) -> tuple[Step, ...]:
    """Steps of every question after this number, in order."""
    rows = many(session, StepRow, StepRow.number > number, order=(StepRow.number,), limit=limit)
    return tuple(Step(**row) for row in rows)


def mark(session: Session, approval: str, name: str, shown: str, at: datetime) -> bool:
    """Say that this is done for this wording of the question; False when somebody has said so before."""
    return add_if_absent(session, MarkRow, {"approval": approval, "mark": name, "shown": shown, "at": at})


def marked(session: Session, approvals: Collection[str]) -> frozenset[tuple[str, str, str]]:
    """(approval, mark, shown) of everything done once for these questions."""
    return frozenset(
        (row["approval"], row["mark"], row["shown"])
        for some in in_chunks(approvals)
        for row in many(session, MarkRow, MarkRow.approval.in_(some), order=(MarkRow.approval,))
    )


def snooze(session: Session, approval: str, user: str, shown: str, until: datetime) -> None:
    """Hide a question, as it is, from a person until then; said again, the later word holds."""
    said = {"shown": shown, "until": until}
    statement = upsert(session, SnoozeRow).values(approval=approval, user=user, **said)
    session.execute(statement.on_conflict_do_update(index_elements=["approval", "user"], set_=said))


def snoozed(session: Session, user: str, at: datetime) -> dict[tuple[str, str], datetime]:
    """What is hidden from a person at this moment, (approval, shown), each with the time it shows again."""
    rows = many(session, SnoozeRow, SnoozeRow.user == user, SnoozeRow.until > at, order=(SnoozeRow.approval,))
    return {(row["approval"], row["shown"]): row["until"] for row in rows}
