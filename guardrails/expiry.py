"""The sweep: a question nobody answered in time goes to the role above, or its move expires. It never executes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.verdicts import Outcome, Verdict
from guardrails import approval_states, asking
from guardrails.chain import EntryKind
from guardrails.deciding import Decision, decision
from guardrails.endings import end
from guardrails.entitlement import sizes
from guardrails.judge import raise_step
from guardrails.ledger import Ledger
from guardrails.policy import Policy
from guardrails.subject import describe
from storage import approvals, cases, moves, snapshots
from storage.database import Database, Session
from storage.records import Approval, ApprovalState, MoveRecord, MoveState

ACTOR = "sweep"
LATE = "nobody decided in time"


def sweep(database: Database, ledger: Ledger, policy: Policy, at: datetime) -> tuple[Decision, ...]:
    """Handle every move with an overdue question, each in a transaction of its own, in the order they ended."""
    with database.read() as session:
        late = dict.fromkeys(asked.move for asked in approvals.overdue(session, at))
    done = []
    for move in late:
        with database.write() as session:
            ledger.hold(session)
            found = _expire(session, ledger, policy, move, at)
        if found is not None:
            done.append(found)
    return tuple(done)


def _expire(session: Session, ledger: Ledger, policy: Policy, move: str, at: datetime) -> Decision | None:
    record = moves.get(session, move, lock=True)
    late = [one for one in approvals.listed(session, {ApprovalState.PENDING}, move=move) if one.expires_at <= at]
    if not late or record.state is not MoveState.WAITING:
        return None
    body = {"what": "approval", "approvals": [one.id for one in late], "roles": [one.role for one in late]}
    above = _above(session, late, record, policy)
    if above is None:
        cancelled = end(session, record, MoveState.EXPIRED, LATE, at=at) or ()
        _record(session, ledger, record, {**body, "cancelled": cancelled}, at)
        return decision("expired", late[0], ACTOR, MoveState.EXPIRED, cancelled=cancelled, text=LATE)
    approval_states.close(session, move, "expire", at, LATE)
    verdict = Verdict(outcome=Outcome.APPROVAL, policy=policy.id, roles=above, four_eyes=late[0].four_eyes)
    asked = asking.ask(
        session,
        ledger,
        record,
        verdict,
        policy,
        snapshots.get(session, late[0].facts),
        asked_by=late[0].asked_by,
        at=at,
        edited_by=late[0].edited_by,
        escalated_from=late[0].role,
    )
    if asked.short:
        cancelled = end(session, record, MoveState.EXPIRED, asked.short, at=at) or ()
        _record(session, ledger, record, {**body, "cancelled": cancelled, "why": asked.short}, at)
        return decision("expired", late[0], ACTOR, MoveState.EXPIRED, cancelled=cancelled, text=asked.short)
    _record(session, ledger, record, {**body, "escalated_to": above}, at)
    return decision(
        "escalated", late[0], ACTOR, MoveState.WAITING, asked.approvals, text=f"asked of {', '.join(above)}"
    )


def _above(session: Session, late: list[Approval], record: MoveRecord, policy: Policy) -> tuple[str, ...] | None:
    """The roles above those that did not answer, with the authority for the move; None when there is no role above."""
    facts = snapshots.get(session, late[0].facts)
    value, units = sizes(describe(record.move, facts, cases.get(session, record.case)))
    roles = []
    for asked in late:
        known = policy.roles.get(asked.role.split("/")[-1 if asked.escalated_from else 0])
        above = known.escalates_to if known else None
        raised = raise_step(above, value, units, policy) if above else None
        if raised is None:
            return None
        roles.append(raised)
    return tuple(dict.fromkeys(roles))


def _record(session: Session, ledger: Ledger, record: MoveRecord, body: dict[str, Any], at: datetime) -> None:
    ledger.append(session, EntryKind.EXPIRY, ACTOR, at, body, case=record.case, run=record.run, move=record.id)
