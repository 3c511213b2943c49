"""Policy versions: every document ever active, by content, and the history of which was active when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, desc, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.errors import Conflict, UnknownReference
from storage.base import Base
from storage.counters import next_number
from storage.records import PolicyVersion
from storage.statements import add, add_if_absent, one


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


def activate(session: Session, policy: str, body: str, at: datetime, by: str) -> PolicyVersion:
    """Make a document the active policy from `at` on. Conflict when this id is known with another text."""
    version = PolicyVersion(id=policy, body=body, active_from=at, activated_by=by)
    if not add_if_absent(session, PolicyRow, {"id": policy, "body": body}):
        known = text_of(session, policy)
        if known != body:
            raise Conflict(
                f"policy '{policy}' is known with another text",
                field="policy",
                fix="ids are content hashes: load it anew",
            )
    values = {
        "seq": next_number(session, "policy_activations"),
        "policy": policy,
        "active_from": at,
        "activated_by": by,
    }
    add(session, PolicyActivationRow, values)
    return version


def text_of(session: Session, policy: str) -> str:
    """The document of a policy version, active or not; UnknownReference when it was never active."""
    row = one(session, PolicyRow, PolicyRow.id == policy)
    if row is None:
        raise UnknownReference(
            f"there is no policy version '{policy}'", field="policy", fix="list the policy versions to see their ids"
        )
    return str(row["body"])


def active(session: Session, at: datetime | None = None) -> PolicyVersion | None:
    """The policy that is active (at a moment, or now when None); None when none was ever activated."""
    versions = history(session)
    begun = [version for version in versions if at is None or version.active_from <= at]
    return begun[0] if begun else None


def history(session: Session) -> tuple[PolicyVersion, ...]:
    """Every activation, the last one first."""
    statement = (
        select(PolicyRow.id, PolicyRow.body, PolicyActivationRow.active_from, PolicyActivationRow.activated_by)
        .join(PolicyActivationRow, PolicyActivationRow.policy == PolicyRow.id)
        .order_by(desc(PolicyActivationRow.seq))
    )
    return tuple(PolicyVersion(**row) for row in session.execute(statement).mappings())
