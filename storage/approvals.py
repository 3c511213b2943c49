"""Approvals as a record: who is asked, what exactly they were shown, and the one decision that counts."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, RowMapping, false, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.canonical import canonical_json
from domain.errors import BadInput, UnknownReference
from storage.base import Base, table_of
from storage.counters import number_of
from storage.records import Approval, ApprovalState
from storage.statements import add, compare_and_set, in_chunks, many, one


class ApprovalRow(Base):
    """One question to one role; `number` is the figure of its id, `edited_by` a JSON list."""

    __tablename__ = "approvals"

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(index=True)
    move: Mapped[str] = mapped_column(ForeignKey("moves.id"), index=True)
    case: Mapped[str] = mapped_column(index=True)
    run: Mapped[str] = mapped_column(index=True)
    position: Mapped[int]
    role: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    shown: Mapped[str]
    policy: Mapped[str]
    facts: Mapped[str]
    four_eyes: Mapped[bool]
    asked_by: Mapped[str]
    edited_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str]
    assigned_to: Mapped[str | None]
    escalated_from: Mapped[str]
    decided_for: Mapped[str | None]
    reason_code: Mapped[str]


def ask(session: Session, approval: Approval) -> None:
    """Record a question. Its id comes from `counters.next_id(session, "approval")`."""
    values = {name: getattr(approval, name) for name in Approval.model_fields}
    edited_by = canonical_json(approval.edited_by)
    add(session, ApprovalRow, {**values, "edited_by": edited_by, "number": number_of(approval.id)})


def get(session: Session, approval: str, *, lock: bool = False) -> Approval:
    """The approval with this id (UnknownReference otherwise); with `lock`, before changing it."""
    row = one(session, ApprovalRow, ApprovalRow.id == approval, lock=lock)
    if row is None:
        raise UnknownReference(
            f"there is no approval '{approval}'", field="approval", fix="list the approvals to see what waits"
        )
    return _approval(row)


def decide(
    session: Session,
    approval: str,
    shown: str,
    to_state: ApprovalState,
    *,
    by: str,
    at: datetime,
    reason: str = "",
    reason_code: str = "",
    decided_for: str | None = None,
) -> bool:
    """Compare and set the one decision: only while pending, not expired at `at`, and still showing `shown`.

    False when it was decided, expired or shows something else by now; read it again to say which. Of two who decide at
    once exactly one gets True.
    """
    where = (
        ApprovalRow.id == approval,
        ApprovalRow.state == ApprovalState.PENDING,
        ApprovalRow.shown == shown,
        ApprovalRow.expires_at > at,
    )
    values = {"state": to_state, "decided_by": by, "decided_at": at, "reason": reason}
    values |= {"reason_code": reason_code, "decided_for": decided_for}
    return compare_and_set(session, ApprovalRow, where, values) == 1


def rebind(session: Session, old: Approval, new: Approval) -> bool:
    """Bind a pending approval to what it shows after an edit; False when it was decided or shows something else by now.

    Role, position, digest, policy, facts, four eyes, editors and expiry are taken from `new`, and whom it was given to.
    """
    names = ("position", "role", "shown", "policy", "facts", "four_eyes", "expires_at", "assigned_to", "escalated_from")
    values: dict[str, Any] = {name: getattr(new, name) for name in names}
    where = (
        ApprovalRow.id == old.id,
        ApprovalRow.state == ApprovalState.PENDING,
        ApprovalRow.shown == old.shown,
        ApprovalRow.edited_by == canonical_json(old.edited_by),
    )
    edited_by = canonical_json(new.edited_by)
    return compare_and_set(session, ApprovalRow, where, {**values, "edited_by": edited_by}) == 1


def amend(session: Session, old: Approval, new: Approval) -> bool:
    """Give a pending approval to other people; False when it was decided, changed or given away by now.

    Role, whom it was given to and the role it was escalated from are taken from `new`.
    """
    values: dict[str, Any] = {name: getattr(new, name) for name in ("role", "assigned_to", "escalated_from")}
    assigned = ApprovalRow.assigned_to
    where = (
        ApprovalRow.id == old.id,
        ApprovalRow.state == ApprovalState.PENDING,
        ApprovalRow.shown == old.shown,
        ApprovalRow.role == old.role,
        assigned.is_(None) if old.assigned_to is None else assigned == old.assigned_to,
    )
    return compare_and_set(session, ApprovalRow, where, values) == 1


def close(
    session: Session, move: str, to_state: ApprovalState, at: datetime, reason: str = "", by: str | None = None
) -> int:
    """End every pending approval of a move (expired, superseded, cancelled); how many that were."""
    where = (ApprovalRow.move == move, ApprovalRow.state == ApprovalState.PENDING)
    values = {"state": to_state, "decided_at": at, "decided_by": by, "reason": reason}
    return compare_and_set(session, ApprovalRow, where, values)


def listed(
    session: Session,
    states: Collection[ApprovalState] | None = None,
    *,
    role: str | None = None,
    case: str | None = None,
    run: str | None = None,
    move: str | None = None,
    newest: int | None = None,
    offset: int = 0,
) -> tuple[Approval, ...]:
    """Approvals in the order they were asked, of these states, role, case, run and move.

    With `newest`, so many of them at most, the one asked last first, after leaving out `offset`.
    """
    where: list[ColumnElement[bool]] = []
    if states is not None:
        where.append(ApprovalRow.state.in_(sorted(states)))
    asked = ((ApprovalRow.role, role), (ApprovalRow.case, case), (ApprovalRow.run, run), (ApprovalRow.move, move))
    where += [column == value for column, value in asked if value is not None]
    if newest is None:
        rows = many(session, ApprovalRow, *where, order=(ApprovalRow.number, ApprovalRow.id))
    else:
        order = (ApprovalRow.number.desc(), ApprovalRow.id.desc())
        rows = many(session, ApprovalRow, *where, order=order, limit=newest, offset=offset)
    return tuple(_approval(row) for row in rows)


def newest(
    session: Session, *, case: str | None = None, after: str | None = None, limit: int
) -> tuple[tuple[Approval, ...], int]:
    """At most `limit` approvals of every state, of this case, the one asked last first, and how many there are in all.

    `after` is the last one of the page before: only older ones follow. BadInput when it is no approval.
    """
    where: list[ColumnElement[bool]] = [] if case is None else [ApprovalRow.case == case]
    total = session.execute(select(func.count()).select_from(table_of(ApprovalRow)).where(*where)).scalar_one()
    if after is not None:
        before = one(session, ApprovalRow, ApprovalRow.id == after)
        if before is None:
            raise BadInput(f"no page ends at '{after}'", field="after", fix="give the `next` of the page before")
        where.append(ApprovalRow.number < before["number"])
    rows = many(session, ApprovalRow, *where, order=(ApprovalRow.number.desc(),), limit=limit)
    return tuple(_approval(row) for row in rows), int(total)


def of_moves(session: Session, moves: Collection[str]) -> dict[str, tuple[Approval, ...]]:
    """Every approval of these moves, by move, in the order they were asked."""
    found: dict[str, list[Approval]] = {move: [] for move in moves}
    for some in in_chunks(moves):
        for row in many(session, ApprovalRow, ApprovalRow.move.in_(some), order=(ApprovalRow.number, ApprovalRow.id)):
            found[row["move"]].append(_approval(row))
    return {move: tuple(asked) for move, asked in found.items()}


def overdue(session: Session, now: datetime) -> tuple[Approval, ...]:
    """Pending approvals whose time is over, those first that ended first."""
    where = (ApprovalRow.state == ApprovalState.PENDING, ApprovalRow.expires_at <= now)
    rows = many(session, ApprovalRow, *where, order=(ApprovalRow.expires_at, ApprovalRow.number))
    return tuple(_approval(row) for row in rows)


def awaited(
    session: Session, at: datetime, *, asked_by: datetime | None, ends_by: datetime | None
) -> tuple[Approval, ...]:
    """Pending approvals in time at `at` that were asked by one time or end by the other (None: no such ones)."""
    either = []
    if asked_by is not None:
        either.append(ApprovalRow.created_at <= asked_by)
    if ends_by is not None:
        either.append(ApprovalRow.expires_at <= ends_by)
    where = (ApprovalRow.state == ApprovalState.PENDING, ApprovalRow.expires_at > at, or_(false(), *either))
    rows = many(session, ApprovalRow, *where, order=(ApprovalRow.number, ApprovalRow.id))
    return tuple(_approval(row) for row in rows)


def alive(session: Session, since: datetime | None = None, until: datetime | None = None) -> tuple[Approval, ...]:
    """Approvals of every move that had one pending at some time in [since, until), in the order they were asked."""
    table = table_of(ApprovalRow)
    where: list[ColumnElement[bool]] = []
    if since is not None:
        where.append(or_(table.c.decided_at.is_(None), table.c.decided_at >= since))
    if until is not None:
        where.append(table.c.created_at < until)
    asked = ApprovalRow.move.in_(select(table.c.move).where(*where))
    rows = many(session, ApprovalRow, asked, order=(ApprovalRow.number, ApprovalRow.id))
    return tuple(_approval(row) for row in rows)


def _approval(row: RowMapping) -> Approval:
    values = {name: row[name] for name in Approval.model_fields}
    return Approval(**{**values, "edited_by": tuple(json.loads(row["edited_by"]))})
