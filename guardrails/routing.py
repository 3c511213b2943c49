"""What people do with a question short of deciding it: put it aside, give it to somebody else, speak about it."""

from __future__ import annotations

from datetime import datetime

from domain.errors import BadInput, Conflict, NotAllowed
from guardrails import approval_states
from guardrails.attempts import Attempt
from guardrails.chain import EntryKind
from guardrails.powers import at_or_above
from storage import approval_steps, cases, delegations
from storage.approval_steps import Step, What


def snooze(attempt: Attempt, until: datetime, reason: str) -> None:
    """Hide the question from this person until then, or until it is edited; it is reminded of and expires all the same.

    BadInput for a time that is past, after the question's end, or further off than policy lets. NotAllowed for somebody
    whose list it does not stand in.
    """
    roles = {power.grant.role for power in attempt.powers()}
    if not roles & set(attempt.asked.role.split("/")):
        raise NotAllowed(
            f"{attempt.asked.id} is for the role {attempt.asked.role}, so it is not in your list",
            field="role",
            fix="nothing is left to do",
        )
    longest = attempt.policy.waiting.longest_snooze
    latest = attempt.asked.expires_at if longest is None else min(attempt.asked.expires_at, attempt.now + longest)
    if until.tzinfo is None:
        raise BadInput(f"the time {until.isoformat()} names no zone", field="until", fix="give it with its offset")
    if not attempt.now < until <= latest:
        raise BadInput(
            f"{attempt.asked.id} can be put aside until {latest:%Y-%m-%d %H:%M} at most",
            field="until",
            fix="name a time between now and then",
        )
    approval_steps.snooze(attempt.session, attempt.asked.id, attempt.person.id, attempt.asked.shown, until)
    note(attempt, "snoozed", of=attempt.person.id, text=f"until {until:%Y-%m-%d %H:%M}" + _because(reason))
    attempt.write(EntryKind.QUESTION, {"question": "snoozed", "until": until.isoformat(), "why": reason})


def reassign(attempt: Attempt, to: str, reason_code: str, reason: str) -> None:
    """Give the question to one person who may decide it: it leaves the lists of the others, who may still decide it.

    Whoever may decide it may give it away, and so may somebody with a role above who is no party where four eyes are
    asked for. NotAllowed for anybody else, and when `to` may not decide it; Conflict when `to` is away.
    """
    _may_send(attempt)
    chosen = attempt.people.get(to)
    attempt.power(chosen)
    gone = next((a for a in delegations.absences(attempt.session, at=attempt.now) if a.user == to), None)
    if gone is not None:
        raise Conflict(
            f"{chosen.name} is away until {gone.until:%Y-%m-%d %H:%M}",
            field="to",
            fix="give it to somebody who is there",
        )
    give(attempt, chosen.id, reason_code, reason)


def give(attempt: Attempt, to: str, reason_code: str, reason: str) -> None:
    """Write down whom the question is given to; StaleDecision is the caller's when somebody was faster."""
    new = attempt.asked.model_copy(update={"assigned_to": to})
    if not approval_states.amend(attempt.session, attempt.asked, new, "reassign"):
        raise Conflict(f"{attempt.asked.id} has changed meanwhile", field="approval", fix="look at it again")
    note(attempt, "reassigned", of=to, text=reason or reason_code)
    body = {"question": "reassigned", "to": to, "reason_code": reason_code, "why": reason}
    attempt.write(EntryKind.QUESTION, body)


def comment(attempt: Attempt, text: str) -> None:
    """Say something about the question, before it is decided or after. BadInput when nothing is said."""
    said = text.strip()
    if not said or len(said) > 2000:
        raise BadInput("a comment has 1 to 2000 characters", field="text", fix="say it in fewer words")
    note(attempt, "commented", text=said)
    attempt.write(EntryKind.QUESTION, {"question": "commented", "text": said})


def note(attempt: Attempt, what: What, *, of: str = "", text: str = "") -> None:
    """Keep a step of the question."""
    step = Step(approval=attempt.asked.id, what=what, by=attempt.person.id, at=attempt.now, of=of, text=text[:4000])
    approval_steps.add_step(attempt.session, step)


def _may_send(attempt: Attempt) -> None:
    try:
        attempt.power()
    except NotAllowed:
        asked, person = attempt.asked, attempt.person
        parties = {asked.asked_by, *asked.edited_by, cases.get(attempt.session, asked.case).raised_by}
        roles = {power.grant.role for power in attempt.powers()}
        able = {name for name in at_or_above(asked.role, attempt.policy) if attempt.policy.roles[name].decides}
        if not roles & able or (asked.four_eyes and person.id in parties):
            raise


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
