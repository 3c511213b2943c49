"""Put a move to the people who must decide it: one question per role, and the units it needs claimed meanwhile."""

from __future__ import annotations

from datetime import datetime

from domain.facts import Facts
from domain.noun import Noun, Text
from domain.plans import shown_digest
from domain.verdicts import Verdict
from guardrails import approval_states, claims
from guardrails.chain import EntryKind
from guardrails.endings import end
from guardrails.ledger import Ledger, grounds
from guardrails.policy import Policy
from storage import counters, moves
from storage.database import Session
from storage.records import Approval, MoveRecord, MoveState


class Question(Noun):
    """What asking came to: the questions, or why the move cannot even wait (`short`: its units are promised)."""

    approvals: tuple[Approval, ...] = ()
    short: Text = ""
    displaced: tuple[str, ...] = ()


def ask(
    session: Session,
    ledger: Ledger,
    record: MoveRecord,
    verdict: Verdict,
    policy: Policy,
    facts: Facts,
    *,
    asked_by: str,
    at: datetime,
    edited_by: tuple[str, ...] = (),
    escalated_from: str = "",
) -> Question:
    """Claim the move's units and ask every role of `verdict`, in order; one whose units are promised is not asked."""
    ledger.hold(session)
    expires_at = at + policy.waiting.span
    held = claims.hold(
        session,
        record.move,
        record.case,
        facts,
        now=at,
        expires_at=expires_at,
        displaceable=policy.waiting.displaceable,
    )
    if held.short:
        return Question(short=held.short)
    supersede(session, ledger, held.displaced, record.id, at)
    if not verdict.roles:
        return Question(displaced=held.displaced)
    question = Approval(
        id="A-0",
        move=record.id,
        case=record.case,
        run=record.run,
        position=0,
        role=verdict.roles[0],
        shown=shown_digest(record.move, policy.id, facts.id),
        policy=policy.id,
        facts=facts.id,
        four_eyes=verdict.four_eyes,
        asked_by=asked_by,
        edited_by=edited_by,
        escalated_from=escalated_from,
        created_at=at,
        expires_at=expires_at,
    )
    asked = tuple(
        another(session, question.model_copy(update={"position": position, "role": role}), at)
        for position, role in enumerate(verdict.roles)
    )
    return Question(approvals=asked, displaced=held.displaced)


def supersede(session: Session, ledger: Ledger, displaced: tuple[str, ...], by_move: str, at: datetime) -> None:
    """End the waiting moves whose claims gave way to a move that is worth more."""
    for key in displaced:
        record = moves.get(session, key)
        reason = f"its units are worth more in {by_move}"
        cancelled = end(session, record, MoveState.SUPERSEDED, reason, at=at)
        body = {"what": "claim displaced", "by": by_move, "cancelled": cancelled or (), **grounds(reasons=[reason])}
        ledger.append(session, EntryKind.EXPIRY, "guard", at, body, case=record.case, run=record.run, move=record.id)


def another(session: Session, like: Approval, at: datetime) -> Approval:
    """Ask one more question like this one, with an id of its own."""
    question = like.model_copy(update={"id": counters.next_id(session, "approval"), "created_at": at})
    approval_states.ask(session, question)
    return question
