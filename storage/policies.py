"""Policy versions: every document ever active, by content, and the history of which was active when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, desc, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import Conflict, UnknownReference
from domain.noun import Id, Noun
from storage.base import Base
from storage.counters import next_number
from storage.statements import add, add_if_absent, many, one


class PolicyRow(Base):
    """A policy document as it was written."""

    __tablename__ = "policies"

    id: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]


class PolicyActivationRow(Base):
    """A policy became the active one."""

    __tablename__ = "policy_activations"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    policy: Mapped[str] = mapped_column(ForeignKey("policies.id"))
    active_from: Mapped[datetime]
    activated_by: Mapped[str]
    waits: Mapped[bool]


class Activation(Noun):
    """One turn of the history: which document is active from when on. Of those begun the last `seq` counts.

    `waits`: it was agreed before its day. One that does not wait has begun, whatever the clock of a process says.
    """

    seq: int
    policy: Id
    active_from: datetime
    activated_by: Id
    waits: bool = False


def keep(session: Session, policy: str, body: str) -> None:
    """Keep a document by its id. Conflict when this id is known with another text."""
    if not add_if_absent(session, PolicyRow, {"id": policy, "body": body}):
        known = text_of(session, policy)
        if known != body:
            raise Conflict(
                f"policy '{policy}' is known with another text",
                field="policy",
                fix="ids are content hashes: load it anew",
            )


def activate(session: Session, policy: str, body: str, at: datetime, by: str, *, waits: bool = False) -> None:
    """Make a document the active policy from `at` on: a later day when it `waits`.

    Conflict when this id is known with another text. Whatever was to become active later than `at` no longer will: it
    was agreed on other ground.
    """
    keep(session, policy, body)
    values = {
        "seq": next_number(session, "policy_activations"),
        "policy": policy,
        "active_from": at,
        "activated_by": by,
        "waits": waits,
    }
    add(session, PolicyActivationRow, values)


def text_of(session: Session, policy: str) -> str:
    """The document of a policy version, active or not; UnknownReference when nobody ever proposed it."""
    row = one(session, PolicyRow, PolicyRow.id == policy)
    if row is None:
        raise UnknownReference(
            f"there is no policy version '{policy}'", field="policy", fix="list the policy versions to see their ids"
        )
    return str(row["body"])


def turns(session: Session) -> tuple[Activation, ...]:
    """Every activation without its document, the last one first."""
    rows = many(session, PolicyActivationRow, order=(desc(PolicyActivationRow.seq),))
    return tuple(Activation(**row) for row in rows)


def at(history: Sequence[Activation], moment: datetime) -> Activation | None:
    """Which of these turns (the last one first) counts at a moment; None when there is none at all."""
    return next((turn for turn in history if not turn.waits or turn.active_from <= moment), None)


def last_turn(session: Session) -> int:
    """The number of the last activation, 0 without one: it tells whether another process has changed anything."""
    return session.execute(select(func.max(PolicyActivationRow.seq))).scalar_one_or_none() or 0


def known(session: Session) -> tuple[str, ...]:
    """The ids of every document that was ever active or proposed."""
    return tuple(row["id"] for row in many(session, PolicyRow, order=(PolicyRow.id,)))
