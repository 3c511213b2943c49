"""An edited move is another move: judged again, its units claimed again, its questions bound to what it shows now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.errors import Conflict, NotAllowed, StaleDecision
from domain.facts import Facts
from domain.plans import Move, shown_digest
from domain.verdicts import Outcome, Verdict
from guardrails import approval_states, asking, claims, weighing
from guardrails.edits import edited
from guardrails.ledger import Ledger
from guardrails.overrides import Weighed
from guardrails.people import People, User
from guardrails.policy import Policy
from guardrails.powers import Power, at_or_above
from guardrails.subject import Subject, describe
from guardrails.verdict import judged
from storage import approvals, cases, moves, snapshots
from storage import claims as claim_rows
from storage.database import Session
from storage.records import Approval, ApprovalState, MoveRecord, MoveState


@dataclass(frozen=True)
class Rebound:
    """The edited move's verdict, subject, digest, the questions that now wait, and what the edit weighs."""

    verdict: Verdict
    subject: Subject
    shown: str
    questions: tuple[Approval, ...]
    override: Weighed


def may_edit(person: User, mine: Iterable[Power], asked: Approval, policy: Policy, people: People) -> None:
    """NotAllowed unless one of the person's powers is in a role of the question, one above it, or the role that
    confirms plans."""
    able = {policy.autonomy.confirm_role, *at_or_above(asked.role, policy)}
    if not able & {power.grant.role for power in mine}:
        raise NotAllowed(
            f"{person.name} has no role that edits moves for {asked.role}",
            field="role",
            fix=f"ask {' or '.join(user.id for user in people.holding(asked.role)) or asked.role}",
        )


def rebind(
    session: Session,
    ledger: Ledger,
    asked: Approval,
    record: MoveRecord,
    changes: Mapping[str, int],
    policy: Policy,
    *,
    by: str,
    at: datetime,
    reason_code: str = "",
) -> Rebound:
    """Replace the move by the edited one. BadInput: impossible; NotAllowed: denied; Conflict: units are promised."""
    facts = snapshots.get(session, asked.facts)
    others = claim_rows.active(session, at, except_case=record.case)
    move = edited(record.move, changes, facts.replace(claims=others), by=by)
    subject = describe(move, facts, cases.get(session, record.case))
    override = weighing.of_edit(session, record, move, facts, by, reason_code)
    weighing.check_counted(subject, override, policy)
    verdict = judged(subject, policy, override)
    if verdict.outcome is Outcome.DENY:
        text = "; ".join(reason.text for reason in verdict.reasons if reason.outcome is Outcome.DENY)
        raise NotAllowed(
            f"policy denies the edited move: {text}", field="changes", fix="edit it otherwise, or reject it"
        )
    if not moves.edit(session, move, {MoveState.WAITING}):
        raise StaleDecision("the move has changed meanwhile", field="approval", fix="look at the new card")
    moves.set_verdict(session, record.id, verdict)
    _claim(session, ledger, move, record, facts, policy, at)
    questions = _questions(session, asked, move, verdict, policy, by, at)
    return Rebound(verdict, subject, shown_digest(move, policy.id, asked.facts), questions, override)


def _claim(
    session: Session, ledger: Ledger, move: Move, record: MoveRecord, facts: Facts, policy: Policy, at: datetime
) -> None:
    held = claims.hold(
        session,
        move,
        record.case,
        facts,
        now=at,
        expires_at=at + policy.waiting.span,
        displaceable=policy.waiting.displaceable,
    )
    if held.short:
        raise Conflict(f"the units of the edited move are promised: {held.short}", field="changes", fix="take fewer")
    asking.supersede(session, ledger, held.displaced, record.id, at)


def _questions(
    session: Session, asked: Approval, move: Move, verdict: Verdict, policy: Policy, by: str, at: datetime
) -> tuple[Approval, ...]:
    """Bind the pending questions to the new digest and roles; close those too many, ask those missing."""
    pending = approvals.listed(session, {ApprovalState.PENDING}, move=move.id)
    editors = tuple(dict.fromkeys((*asked.edited_by, by)))
    fresh = {
        "shown": shown_digest(move, policy.id, asked.facts),
        "policy": policy.id,
        "four_eyes": verdict.four_eyes,
        "edited_by": editors,
        "expires_at": at + policy.waiting.span,
        "assigned_to": None,
        "escalated_from": "",
    }
    result = []
    for position, role in enumerate(verdict.roles):
        new = (pending[position] if position < len(pending) else asked).model_copy(
            update={**fresh, "position": position, "role": role}
        )
        if position < len(pending):
            if not approval_states.rebind(session, pending[position], new):
                raise StaleDecision("somebody has decided meanwhile", field="approval", fix="look at the new card")
        else:
            new = asking.another(session, new, at)
        result.append(new)
    for extra in pending[len(verdict.roles) :]:
        approval_states.settle(session, extra, "supersede", by=by, at=at, reason="edited")
    return tuple(result)
