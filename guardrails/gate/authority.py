"""Whether people have approved exactly this move, in time, and may still do so."""

from __future__ import annotations

from datetime import datetime

from domain.errors import NotAllowed
from domain.plans import shown_digest
from domain.verdicts import Outcome, Verdict
from guardrails.entitlement import entitled
from guardrails.people import People
from guardrails.policy import Policy
from guardrails.powers import Delegation, at_or_above
from guardrails.subject import Subject
from storage.records import Approval, ApprovalState, MoveRecord


def lacking(
    record: MoveRecord,
    verdict: Verdict,
    asked: tuple[Approval, ...],
    *,
    raised_by: str,
    subject: Subject,
    policy: Policy,
    people: People,
    now: datetime,
    delegations: tuple[Delegation, ...] = (),
) -> str:
    """Which approval `verdict` asks for is not there, as a sentence; "" when all are.

    An approval counts when it was given to the digest of the move as it is, is not older than the time it was allowed
    to wait, and its giver is still entitled: by their grants as they are, or by one of `delegations` that held when
    they decided. A role above the one asked counts as well: it answers after an escalation.
    """
    if verdict.outcome is not Outcome.APPROVAL:
        return ""
    given = [one for one in asked if one.state is ApprovalState.APPROVED]
    for step in verdict.roles:
        reasons = []
        for one in given:
            if not (set(one.role.split("/")) & at_or_above(step, policy)):
                continue
            fault = _fault(one, record, verdict, raised_by, subject, policy, people, now, delegations)
            if not fault:
                break
            reasons.append(fault)
        else:
            return reasons[0] if reasons else f"policy now asks {step}, who has not approved this"
    return ""


def _fault(
    one: Approval,
    record: MoveRecord,
    verdict: Verdict,
    raised_by: str,
    subject: Subject,
    policy: Policy,
    people: People,
    now: datetime,
    delegations: tuple[Delegation, ...],
) -> str:
    if one.shown != shown_digest(record.move, one.policy, one.facts):
        return f"{one.id} was given to another version of the move"
    if one.decided_at is None or one.decided_by is None or one.decided_at >= one.expires_at:
        return f"{one.id} was not decided in time"
    if one.decided_at + (one.expires_at - one.created_at) <= now:
        return f"{one.id} of {one.decided_at:%Y-%m-%d %H:%M} is too old by now"
    void = people.void_until(one.decided_by)
    if void is not None and one.decided_at <= void:
        return f"{one.id} no longer counts: {one.decided_by} was deactivated on {void:%Y-%m-%d %H:%M}"
    bound = one.model_copy(update={"four_eyes": one.four_eyes or verdict.four_eyes})
    try:
        person = people.get(one.decided_by)
        entitled(
            person,
            bound,
            raised_by=raised_by,
            subject=subject,
            policy=policy,
            people=people,
            at=one.decided_at,
            delegations=delegations,
        )
    except NotAllowed as refused:
        return f"{one.id} no longer counts: {refused.message}"
    return ""
