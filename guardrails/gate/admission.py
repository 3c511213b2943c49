"""Admission: the last judgement of a move before it is carried out, on fresh facts, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.actions import SYSTEM_OF
from domain.errors import DependencyDown, NotAllowed, QuartermasterError, StaleDecision
from domain.facts import Facts
from domain.noun import Id, Noun
from domain.verdicts import Outcome, Verdict
from guardrails import asking, budgets, claims, switches, weighing
from guardrails.budgets import Charge
from guardrails.chain import EntryKind
from guardrails.endings import cancel_dependents
from guardrails.freshness import stale
from guardrails.gate.authority import lacking
from guardrails.ledger import Ledger, grounds
from guardrails.people import People
from guardrails.policy import Policy
from guardrails.powers import Delegation
from guardrails.subject import Subject, describe
from guardrails.verdict import judged
from storage import approvals, cases, delegations, effects, moves, runs, snapshots
from storage import claims as claim_rows
from storage.database import Session
from storage.records import Approval, ApprovalState, EffectState, MoveRecord, MoveState

ACTOR = "gate"
ADMISSIBLE = frozenset({MoveState.APPROVED, MoveState.READY, MoveState.EXECUTING, MoveState.PARKED})
_FIX = {
    "denied": "change the policy, or plan again",
    "stale": "plan again on fresh facts; the case shows the new revision",
}


class Admission(Noun):
    """A move that may be carried out: the facts and verdict it was let through on. `again`: it had been before."""

    move: Id
    facts: Id
    verdict: Verdict
    again: bool = False


@dataclass(frozen=True)
class Fresh:
    """What admission goes by: the move as recorded, what the systems say now, and the rules in force."""

    record: MoveRecord
    facts: Facts
    policy: Policy
    people: People
    now: datetime


def find(session: Session, ledger: Ledger, move: str) -> dict[str, Any] | None:
    """What the last admission of a move says; None when it was never admitted (or that was redacted)."""
    found = list(ledger.entries(session, [EntryKind.ADMISSION], move=move))
    return found[-1][1] if found else None


def known(session: Session, ledger: Ledger, record: MoveRecord) -> Admission | None:
    """The admission of a move that is on its way: once something was sent, it is not judged again half-way."""
    body = find(session, ledger, record.id)
    if body is None:
        return None
    sent = {EffectState.INTENT, EffectState.DONE, EffectState.UNKNOWN, EffectState.REFUSED, EffectState.UNDONE}
    if not effects.listed(session, sent, move=record.id):
        return None
    verdict = Verdict.model_validate(body["verdict"])
    return Admission(move=record.id, facts=str(body["facts"]), verdict=verdict, again=True)


def admit(session: Session, ledger: Ledger, fresh: Fresh) -> Admission | QuartermasterError:
    """Let the move through, or end it and give the error to raise when this transaction is committed.

    NotAllowed: policy, budget or a missing approval. StaleDecision: the world has moved on, plan again. DependencyDown:
    a kill switch; the move stays as it is. Everything is written in this transaction.
    """
    record = fresh.record
    if switch := switches.stopped(session, _systems(record)):
        return _stopped(session, ledger, record, switches.in_words(switch), switch.system, fresh.now)
    case = cases.get(session, record.case)
    subject = describe(record.move, fresh.facts, case)
    verdict = judged(subject, fresh.policy, weighing.of_record(session, ledger, record.id))
    moves.set_verdict(session, record.id, verdict)
    snapshots.put(session, fresh.facts)
    if verdict.outcome is Outcome.DENY:
        text = " ".join(reason.text for reason in verdict.reasons if reason.outcome is Outcome.DENY)
        return _refuse(session, ledger, fresh, MoveState.DENIED, text, verdict)
    asked = approvals.listed(session, move=record.id)
    missing = lacking(
        record,
        verdict,
        asked,
        raised_by=case.raised_by,
        subject=subject,
        policy=fresh.policy,
        people=fresh.people,
        now=fresh.now,
        delegations=_handed(session, asked),
    )
    if missing:
        return _refuse(session, ledger, fresh, MoveState.SUPERSEDED, missing, verdict)
    if changed := stale(record.move, fresh.facts):
        return _refuse(session, ledger, fresh, MoveState.SUPERSEDED, "; ".join(changed), verdict)
    attended = any(one.state is ApprovalState.APPROVED for one in asked)
    return _take(session, ledger, fresh, subject, verdict, attended)


def _handed(session: Session, asked: tuple[Approval, ...]) -> tuple[Delegation, ...]:
    """Every role that was ever handed to somebody who decided one of these."""
    takers = sorted({one.decided_by for one in asked if one.decided_by is not None})
    return tuple(given for taker in takers for given in delegations.listed(session, taker=taker))


def _take(
    session: Session, ledger: Ledger, fresh: Fresh, subject: Subject, verdict: Verdict, attended: bool
) -> Admission | QuartermasterError:
    """Claim the units, spend the budgets, write the entry."""
    record, policy, now = fresh.record, fresh.policy, fresh.now
    held = claims.hold(
        session,
        record.move,
        record.case,
        fresh.facts,
        now=now,
        expires_at=now + policy.waiting.span,
        displaceable=policy.waiting.displaceable,
    )
    if held.short:
        return _refuse(session, ledger, fresh, MoveState.SUPERSEDED, held.short, verdict)
    asking.supersede(session, ledger, held.displaced, record.id, now)
    budgets.refund(session, spent(session, ledger, record.id))
    actor = runs.get(session, record.run).actor
    wanted = budgets.charges(policy, subject, run=record.run, actor=actor, now=now, unattended=not attended)
    if refusal := budgets.spend(session, wanted):
        return _refuse(session, ledger, fresh, MoveState.DENIED, refusal.text, verdict)
    moves.advance(session, record.id, ADMISSIBLE, MoveState.EXECUTING, record.reason)
    body = {
        "verdict": verdict,
        "facts": fresh.facts.id,
        "substance": record.move.substance,
        "charges": wanted,
        "attended": attended,
        **grounds(policy=policy.id, evidence=record.move.evidence),
    }
    _append(session, ledger, EntryKind.ADMISSION, record, body, now)
    return Admission(move=record.id, facts=fresh.facts.id, verdict=verdict)


def spent(session: Session, ledger: Ledger, move: str) -> tuple[Charge, ...]:
    """What a move has spent of the budgets and not got back."""
    body = find(session, ledger, move)
    closed = [
        said for _, said in ledger.entries(session, [EntryKind.OUTCOME], move=move) if said and said.get("refunded")
    ]
    return () if body is None or closed else tuple(Charge.model_validate(item) for item in body["charges"])


def _refuse(
    session: Session, ledger: Ledger, fresh: Fresh, state: MoveState, text: str, verdict: Verdict
) -> QuartermasterError:
    """End a move that may not go: its claims go back and what needs it is cancelled."""
    record = fresh.record
    text = text[:4000]
    moves.advance(session, record.id, ADMISSIBLE, state, text)
    claim_rows.release(session, record.id)
    budgets.refund(session, spent(session, ledger, record.id))
    cancelled = cancel_dependents(session, record, text, at=fresh.now)
    word = "denied" if state is MoveState.DENIED else "stale"
    body = {
        "refused": word,
        "cancelled": cancelled,
        "verdict": verdict,
        "refunded": True,
        **grounds(policy=fresh.policy.id, facts=fresh.facts.id, reasons=[text]),
    }
    _append(session, ledger, EntryKind.DENIAL, record, body, fresh.now)
    kind: Callable[..., QuartermasterError] = NotAllowed if word == "denied" else StaleDecision
    return kind(f"{record.id} is not carried out: {text}", field="move", fix=_FIX[word])


def _stopped(
    session: Session, ledger: Ledger, record: MoveRecord, text: str, system: str, now: datetime
) -> DependencyDown:
    note_stop(session, ledger, record, text, now)
    return DependencyDown(text, field=system, fix="lift the kill switch; the move then goes on by itself")


def note_stop(
    session: Session, ledger: Ledger, record: MoveRecord, text: str, now: datetime, action: str | None = None
) -> None:
    """Record that a kill switch held a move back, once for each turn of the switch."""
    noted = [said for _, said in ledger.entries(session, [EntryKind.DENIAL], move=record.id) if said]
    body = {"refused": "stopped", **grounds(reasons=[text])}
    if body not in noted:
        _append(session, ledger, EntryKind.DENIAL, record, body, now, action)


def _systems(record: MoveRecord) -> tuple[str, ...]:
    return tuple(sorted({SYSTEM_OF[action.kind] for action in record.move.actions}))


def _append(
    session: Session,
    ledger: Ledger,
    kind: EntryKind,
    record: MoveRecord,
    body: dict[str, Any],
    now: datetime,
    action: str | None = None,
) -> None:
    ledger.append(session, kind, ACTOR, now, body, case=record.case, run=record.run, move=record.id, action=action)
