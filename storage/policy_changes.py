"""Proposed versions of the policy: who asked for them, who has approved, and where they stand."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, RowMapping, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.canonical import canonical_json
from domain.errors import UnknownReference
from domain.noun import Id, Noun, Text
from storage.base import Base
from storage.counters import next_number, number_of
from storage.statements import add, add_if_absent, compare_and_set, many, one


class ChangeState(StrEnum):
    """Where a proposed version stands: it waits for its owners, or for its day, or is in force, or is over."""

    PROPOSED = "proposed"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class Consent(Noun):
    """The approval of one owner role: by whom, and in whose name when the role was handed over."""

    role: Id
    by: Id
    for_whom: Id | None = None
    at: datetime
    why: Text = ""


class PolicyChange(Noun):
    """A version that somebody wants in force. `policy` and `base` are ids of documents: the new one, and the one it
    was made from. `needed`: the roles whose approval it needs. `effective_from` None: from its last approval on.
    `evidence` is canonical JSON. `closed_by` and `note` say how it ended.
    """

    id: Id
    policy: Id
    base: Id
    state: ChangeState = ChangeState.PROPOSED
    by: Id
    why: Text
    evidence: str = "{}"
    changed: tuple[Text, ...]
    needed: tuple[Id, ...]
    four_eyes: bool = True
    effective_from: datetime | None = None
    created_at: datetime
    closed_at: datetime | None = None
    closed_by: Id | None = None
    note: Text = ""
    consents: tuple[Consent, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The roles that have not approved yet."""
        given = {consent.role for consent in self.consents}
        return tuple(role for role in self.needed if role not in given)


class PolicyChangeRow(Base):
    """A proposed version; only its state and who is needed change."""

    __tablename__ = "policy_changes"

    id: Mapped[str] = mapped_column(primary_key=True)
    policy: Mapped[str] = mapped_column(ForeignKey("policies.id"))
    base: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    by: Mapped[str]
    why: Mapped[str]
    evidence: Mapped[str]
    changed: Mapped[str]
    needed: Mapped[str]
    four_eyes: Mapped[bool]
    effective_from: Mapped[datetime | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    note: Mapped[str]


class PolicyConsentRow(Base):
    """The approval of one role; a second one for the same role finds the key taken."""

    __tablename__ = "policy_consents"

    change: Mapped[str] = mapped_column(ForeignKey("policy_changes.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str]
    place: Mapped[int]
    for_whom: Mapped[str | None]
    at: Mapped[datetime]
    why: Mapped[str]


def next_id(session: Session) -> str:
    """The next id of a change: `PC-1` and on."""
    return f"PC-{next_number(session, 'policy_changes')}"


def propose(session: Session, change: PolicyChange) -> None:
    """Record a proposed version."""
    values: dict[str, Any] = {name: getattr(change, name) for name in PolicyChange.model_fields if name != "consents"}
    values |= {"changed": canonical_json(change.changed), "needed": canonical_json(change.needed)}
    add(session, PolicyChangeRow, values)


def get(session: Session, change: str, *, lock: bool = False) -> PolicyChange:
    """The change with this id (UnknownReference otherwise); with `lock`, before it is decided."""
    row = one(session, PolicyChangeRow, PolicyChangeRow.id == change, lock=lock)
    if row is None:
        raise UnknownReference(
            f"there is no policy change '{change}'", field="change", fix="list the policy versions and changes"
        )
    return _change(session, row)


def listed(session: Session, states: Collection[ChangeState] | None = None) -> tuple[PolicyChange, ...]:
    """Every change (in these states), in the order they were proposed."""
    where = [] if states is None else [PolicyChangeRow.state.in_(sorted(states))]
    rows = many(session, PolicyChangeRow, *where, order=(PolicyChangeRow.created_at, PolicyChangeRow.id))
    return tuple(sorted((_change(session, row) for row in rows), key=lambda change: number_of(change.id)))


def consent(session: Session, change: str, given: Consent) -> bool:
    """Record the approval of a role, of a change that is locked; False when that role has approved already."""
    place = len(get(session, change).consents)
    values: Mapping[str, Any] = {name: getattr(given, name) for name in Consent.model_fields}
    return add_if_absent(session, PolicyConsentRow, {"change": change, "place": place, **values})


def take_back(session: Session, change: str, role: str) -> None:
    """Forget the approval of a role, of a change that is locked."""
    where = (PolicyConsentRow.change == change, PolicyConsentRow.role == role)
    session.execute(delete(PolicyConsentRow).where(*where))


def set_needed(session: Session, change: str, needed: tuple[str, ...]) -> None:
    """Note the owners that the policy in force asks by now."""
    compare_and_set(session, PolicyChangeRow, (PolicyChangeRow.id == change,), {"needed": canonical_json(needed)})


def advance(
    session: Session,
    change: str,
    from_states: Collection[ChangeState],
    to_state: ChangeState,
    *,
    at: datetime,
    by: str,
    note: str = "",
) -> bool:
    """Compare and set the state of a change; False when it was in none of `from_states` by now."""
    where = (PolicyChangeRow.id == change, PolicyChangeRow.state.in_(sorted(from_states)))
    values = {"state": to_state, "closed_at": at, "closed_by": by, "note": note}
    return compare_and_set(session, PolicyChangeRow, where, values) == 1


def _change(session: Session, row: RowMapping) -> PolicyChange:
    where = PolicyConsentRow.change == row["id"]
    given = many(session, PolicyConsentRow, where, order=(PolicyConsentRow.place,))
    consents = tuple(Consent(**{name: one[name] for name in Consent.model_fields}) for one in given)
    lists = {name: tuple(json.loads(row[name])) for name in ("changed", "needed")}
    return PolicyChange(**{**row, **lists, "consents": consents})
