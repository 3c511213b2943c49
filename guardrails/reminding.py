"""The sweep over what waits: reminders, questions of people who are away, and the role above when nobody answers.

It decides nothing. Everything is done once for one wording of a question, guarded by a row, however many sweep at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.canonical import digest
from domain.errors import NotAllowed
from guardrails import approval_states
from guardrails.chain import EntryKind
from guardrails.entitlement import entitled, sizes
from guardrails.judge import raise_step
from guardrails.ledger import Ledger
from guardrails.people import People
from guardrails.policy import Policy
from guardrails.subject import Subject, describe
from storage import approval_steps, approvals, cases, delegations, moves, run_events, snapshots
from storage.approval_steps import Step, What
from storage.database import Database, Session
from storage.delegations import Delegation
from storage.records import Approval, ApprovalState, MoveRecord, MoveState

ACTOR = "sweep"
FIRST, LAST, ABOVE = "first reminder", "last reminder", "role above"


@dataclass(frozen=True)
class _Sweep:
    """What one sweep knows: the time, the people, who of them is away or no longer active (`gone`), and the roles in
    other hands."""

    ledger: Ledger
    policy: Policy
    people: People
    at: datetime
    gone: frozenset[str]
    handed: tuple[Delegation, ...]
    presence: str
    """The mark of who is there and whose role is in whose hands; "" when nobody is gone."""


@dataclass(frozen=True)
class _Waiting:
    """One question whose turn it is, locked, with its move."""

    session: Session
    asked: Approval
    record: MoveRecord


def sweep(database: Database, ledger: Ledger, policy: Policy, people: People, at: datetime) -> tuple[Step, ...]:
    """Everything that time asks for at `at`, each question in a transaction of its own; what was done, in order."""
    with database.read() as session:
        look = _look(session, ledger, policy, people.still(), at)
        due = _due(session, look)
    done: list[Step] = []
    for approval in due:
        with database.write() as session:
            ledger.hold(session)
            waiting = _open(session, approval, at)
            if waiting is not None:
                done += _tend(waiting, look)
    return tuple(done)


def _look(session: Session, ledger: Ledger, policy: Policy, people: People, at: datetime) -> _Sweep:
    absent, handed = delegations.absences(session, at=at), delegations.listed(session, at=at)
    gone = frozenset(one.id for one in people.all() if not one.active) | {one.user for one in absent}
    known = digest("presence/2", [[a.number for a in absent], [d.id for d in handed], sorted(gone)])
    return _Sweep(ledger, policy, people, at, gone, handed, f"away {known[:12]}" if gone else "")


def _due(session: Session, look: _Sweep) -> tuple[str, ...]:
    """Questions for which something is to be done now, in the order asked."""
    waiting = look.policy.waiting
    early = [span for span in (waiting.first_reminder, waiting.patience) if span is not None]
    pending = approvals.awaited(
        session,
        look.at,
        asked_by=look.at if look.presence else look.at - min(early) if early else None,
        ends_by=None if waiting.last_reminder is None else look.at + waiting.last_reminder,
    )
    names = [one.id for one in pending]
    marks, edits = approval_steps.marked(session, names), _edits(session, names)
    siblings = approvals.of_moves(session, {one.move for one in pending})
    return tuple(
        one.id
        for one in pending
        if _in_turn(one, siblings[one.move])
        and any((one.id, name, one.shown) not in marks for name in _wanted(one, siblings[one.move], edits, look))
    )


def _in_turn(asked: Approval, siblings: Iterable[Approval]) -> bool:
    return all(other.state is not ApprovalState.PENDING or other.position >= asked.position for other in siblings)


def _wanted(
    asked: Approval, siblings: Iterable[Approval], edits: Mapping[str, datetime], look: _Sweep
) -> tuple[str, ...]:
    """The marks that time asks for by now. A wording waits from when it was asked, last edited, and its turn came."""
    before = [o.decided_at for o in siblings if o.position < asked.position and o.decided_at and o.shown == asked.shown]
    since = max([asked.created_at, edits.get(asked.id, asked.created_at), *before])
    waiting, wanted = look.policy.waiting, []
    if waiting.first_reminder is not None and since + waiting.first_reminder <= look.at:
        wanted.append(FIRST)
    if waiting.last_reminder is not None and asked.expires_at - waiting.last_reminder <= look.at:
        wanted.append(LAST)
    if waiting.patience is not None and since + waiting.patience <= look.at:
        wanted.append(ABOVE)
    if look.presence:
        wanted.append(look.presence)
    return tuple(wanted)


def _edits(session: Session, names: Collection[str]) -> dict[str, datetime]:
    """When each question was last edited."""
    return {step.approval: step.at for step in approval_steps.steps(session, names) if step.what == "edited"}


def _open(session: Session, approval: str, at: datetime) -> _Waiting | None:
    asked = approvals.get(session, approval, lock=True)
    record = moves.get(session, asked.move, lock=True)
    if asked.state is not ApprovalState.PENDING or asked.expires_at <= at or record.state is not MoveState.WAITING:
        return None
    return _Waiting(session, asked, record)


def _tend(waiting: _Waiting, look: _Sweep) -> list[Step]:
    """Do for one question what is to be done; the row of the mark says whether another sweep has done it."""
    session, asked, done = waiting.session, waiting.asked, []
    siblings = approvals.listed(session, move=asked.move)
    if not _in_turn(asked, siblings):
        return []
    for name in _wanted(asked, siblings, _edits(session, [asked.id]), look):
        if not approval_steps.mark(session, asked.id, name, asked.shown, look.at):
            continue
        if name in (FIRST, LAST):
            text = f"it can be decided until {asked.expires_at:%Y-%m-%d %H:%M}"
            done.append(_step(waiting, look, "reminded", asked.role, text))
        elif name == ABOVE:
            done += _above(waiting, look, "nobody has answered")
        else:
            done += _away(waiting, look)
    return done


def _above(waiting: _Waiting, look: _Sweep, why: str) -> list[Step]:
    """Let the role above, with the authority for the move, answer as well; nothing when there is none."""
    asked, policy = waiting.asked, look.policy
    known = policy.roles.get(asked.role.split("/")[-1 if asked.escalated_from else 0])
    value, units = sizes(_subject(waiting))
    above = raise_step(known.escalates_to, value, units, policy) if known and known.escalates_to else None
    if above is None or set(above.split("/")) & set(asked.role.split("/")):
        return []
    new = asked.model_copy(update={"role": f"{asked.role}/{above}", "assigned_to": None, "escalated_from": asked.role})
    if not approval_states.amend(waiting.session, asked, new, "escalate"):
        return []
    _write(waiting, look, {"question": "escalated", "to": above, "why": why})
    return [_step(waiting, look, "escalated", above, f"{why}; {above} may answer too")]


def _away(waiting: _Waiting, look: _Sweep) -> list[Step]:
    """Pass on what was given to somebody who is gone; when nobody who may decide is there, the role above may too.

    A delegate stands in for somebody who is away. Whoever is no longer active has none: it is everybody's again.
    """
    asked = waiting.asked
    able = _able(waiting, look)
    holder = None if asked.assigned_to is None else look.people.known().get(asked.assigned_to)
    if holder is not None and holder.id not in look.gone:
        return []
    if asked.assigned_to is not None:
        active = holder is not None and holder.active
        instead = [
            d.taker for d in look.handed if active and d.giver == asked.assigned_to and d.taker in able - look.gone
        ]
        to = instead[0] if instead else None
        new = asked.model_copy(update={"assigned_to": to})
        if not approval_states.amend(waiting.session, asked, new, "reassign"):
            return []
        text = f"{asked.assigned_to} is {'away' if active else 'no longer active'}"
        _write(waiting, look, {"question": "reassigned", "to": to, "why": text})
        passed = [_step(waiting, look, "reassigned", to or asked.role, text)]
        waiting = _Waiting(waiting.session, new, waiting.record)
    else:
        passed = []
    if not able - look.gone and (able or _held(asked, look)):
        passed += _above(
            waiting, look, "everybody who may decide it is away" if able else "nobody who may decide it is left"
        )
    return passed


def _held(asked: Approval, look: _Sweep) -> bool:
    """Whether somebody who is no longer active has the role."""
    wanted = set(asked.role.split("/"))
    return any(wanted & set(one.roles) for one in look.people.all() if not one.active and not one.service)


def _able(waiting: _Waiting, look: _Sweep) -> frozenset[str]:
    """Everybody who may decide this question now."""
    asked, subject = waiting.asked, _subject(waiting)
    raised_by = cases.get(waiting.session, asked.case).raised_by
    found = set()
    for person in look.people.all():
        try:
            entitled(
                person,
                asked,
                raised_by=raised_by,
                subject=subject,
                policy=look.policy,
                people=look.people,
                at=look.at,
                delegations=look.handed,
            )
        except NotAllowed:
            continue
        found.add(person.id)
    return frozenset(found)


def _subject(waiting: _Waiting) -> Subject:
    facts = snapshots.get(waiting.session, waiting.asked.facts)
    return describe(waiting.record.move, facts, cases.get(waiting.session, waiting.asked.case))


def _step(waiting: _Waiting, look: _Sweep, what: What, of: str, text: str) -> Step:
    """Keep a step, and say it in the run for those who watch."""
    asked = waiting.asked
    body = {"approval": asked.id, "move": asked.move, "what": what, "of": of, "text": text}
    run_events.append(waiting.session, asked.run, look.at, "question", body)
    step = Step(approval=asked.id, what=what, by=ACTOR, at=look.at, of=of, text=text)
    return approval_steps.add_step(waiting.session, step)


def _write(waiting: _Waiting, look: _Sweep, body: dict[str, object]) -> None:
    asked = waiting.asked
    about = {"case": asked.case, "run": asked.run, "move": asked.move}
    said = {"approval": asked.id, "shown": asked.shown, **body}
    look.ledger.append(waiting.session, EntryKind.QUESTION, ACTOR, look.at, said, **about)
