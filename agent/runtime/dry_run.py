"""What another policy would have said: every recorded judgement of a plan's move, made again on the recorded facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from domain.cases import Case
from domain.errors import QuartermasterError
from domain.facts import Facts
from domain.noun import Id, Money, Noun, Text
from domain.plans import Move, Plan
from domain.verdicts import Outcome, Reason, Verdict
from guardrails import weighing
from guardrails.chain import Entry, EntryKind
from guardrails.ledger import Ledger
from guardrails.overrides import Weighed
from guardrails.policy import Policy
from guardrails.subject import Subject, describe
from guardrails.verdict import judged
from storage import cases, plans, runs, snapshots
from storage.database import Session

Change = Literal["asked_more", "asked_less", "denied", "no_longer_denied", "other_roles", "same"]
CHANGES: tuple[Change, ...] = ("asked_more", "asked_less", "denied", "no_longer_denied", "other_roles", "same")
TITLES: dict[Change, str] = {
    "asked_more": "asked of people, was allowed",
    "asked_less": "allowed, was asked of people",
    "denied": "denied, was allowed or asked",
    "no_longer_denied": "allowed or asked, was denied",
    "other_roles": "asked of other people",
    "same": "the same",
}
GUARD = "copilot"
"""Who the ledger names for what the guard said of a plan."""


class Rejudged(Noun):
    """One move as it was judged and as the other policy judges it, with the entry of the ledger that has the first."""

    entry: int
    at: Text
    case: Id
    run: Id
    move: Id
    title: Text
    change: Change
    before: Outcome
    after: Outcome
    roles_before: tuple[Id, ...]
    roles_after: tuple[Id, ...]
    why_before: tuple[Text, ...]
    why_after: tuple[Text, ...]
    units: int
    value_moved: Money
    value_at_stake: Money


class Unclear(Noun):
    """A recorded judgement that could not be made again, and why."""

    entry: int
    case: Id | None
    run: Id | None
    move: Id | None
    why: Text


class Group(Noun):
    """Moves that change in one way, with what they are worth together, in the currency of the policy."""

    change: Change
    title: Text
    moves: int
    units: int
    value_moved: Money
    value_at_stake: Money


class DryRun(Noun):
    """What `policy` would have changed since a moment. Every recorded judgement is in `moves` or in `unclear`."""

    policy: Id
    since: datetime
    currency: Text
    groups: tuple[Group, ...]
    moves: tuple[Rejudged, ...]
    unclear: tuple[Unclear, ...]

    def of(self, change: Change) -> tuple[Rejudged, ...]:
        """The moves of one group."""
        return tuple(one for one in self.moves if one.change == change)


@dataclass
class _Shelf:
    """What was read last: the moves of a plan stand next to each other in the ledger."""

    version: Callable[[Session, str], Policy]
    plan: tuple[str, Plan] | None = None
    facts: Facts | None = None
    case: tuple[str, Case] | None = None
    broken: dict[str, str] = field(default_factory=dict)


def dry_run(
    session: Session,
    ledger: Ledger,
    policy: Policy,
    since: datetime,
    version: Callable[[Session, str], Policy],
) -> DryRun:
    """Judge again, by `policy`, what the guard has judged since a moment (`version` gives recorded policies by id).

    Pure reading. A judgement whose facts are redacted or cannot be read, or that the policy of its time would not make
    again today (the case has grown, or the engine is another one), is unclear: it is counted, never compared.
    """
    shelf = _Shelf(version)
    found: list[Rejudged] = []
    unclear: list[Unclear] = []
    for entry, body in _judgements(session, ledger, since):
        try:
            if body is None:
                raise _CannotTell("what the entry says was redacted")
            found.append(_again(session, shelf, entry, body, policy))
        except (_CannotTell, QuartermasterError) as trouble:
            why = str(trouble)[:4000]
            unclear.append(Unclear(entry=entry.seq, case=entry.case, run=entry.run, move=entry.move, why=why))
    return DryRun(
        policy=policy.id,
        since=since,
        currency=policy.currency,
        groups=tuple(_group(change, found) for change in CHANGES),
        moves=tuple(found),
        unclear=tuple(unclear),
    )


class _CannotTell(Exception):
    """A judgement cannot be compared; the text says why."""


def _judgements(session: Session, ledger: Ledger, since: datetime) -> Iterator[tuple[Entry, dict[str, Any] | None]]:
    """What the guard said of moves; a redacted entry of the guard may be one, so it is given too."""
    for entry, body in ledger.entries(session, [EntryKind.DECISION, EntryKind.DENIAL]):
        if entry.actor != GUARD or entry.move is None or datetime.fromisoformat(entry.at) < since:
            continue
        if body is None or "outcome" in body:
            yield entry, body


def _again(session: Session, shelf: _Shelf, entry: Entry, body: dict[str, Any], policy: Policy) -> Rejudged:
    assert entry.move is not None and entry.run is not None and entry.case is not None
    plan = _plan(session, shelf, entry.run)
    move = next((one for one in plan.moves if one.id == entry.move), None)
    if move is None:
        raise _CannotTell("the plan has no such move")
    facts = _facts(session, shelf, plan.facts)
    recorded = Outcome(body["outcome"]), tuple(body["roles"])
    run = runs.get(session, entry.run)
    override = weighing.of_plan(move, plan, run.request, facts, run.actor, policy)
    subject = _as_then(session, shelf, entry, move, facts, str(body.get("policy", "")), recorded, override)
    verdict = judged(subject, policy, override)
    change = _change(recorded, verdict)
    units, moved, stake = (subject.facts[name] for name in ("units_moved", "value_moved", "value_at_stake"))
    assert isinstance(units, int) and isinstance(moved, Decimal) and isinstance(stake, Decimal)
    return Rejudged(
        entry=entry.seq,
        at=entry.at,
        case=entry.case,
        run=entry.run,
        move=move.id,
        title=move.title,
        change=change,
        before=recorded[0],
        after=verdict.outcome,
        roles_before=recorded[1],
        roles_after=verdict.roles,
        why_before=_why(tuple(Reason.model_validate(one) for one in body.get("reasons", ()))),
        why_after=_why(verdict.reasons),
        units=units,
        value_moved=moved,
        value_at_stake=stake,
    )


def _as_then(
    session: Session,
    shelf: _Shelf,
    entry: Entry,
    move: Move,
    facts: Facts,
    by: str,
    recorded: tuple[Outcome, tuple[str, ...]],
    override: Weighed | None,
) -> Subject:
    """The move as it was judged: with the case as it is, or as its run knew it, whichever gives what was recorded."""
    case = _case(session, shelf, entry.case or "")
    scope = runs.get(session, entry.run or "").request.scope
    then = shelf.version(session, by)
    for known in (case, case.model_copy(update={"scope": scope})):
        subject = describe(move, facts, known)
        verdict = judged(subject, then, override)
        if (verdict.outcome, verdict.roles) == recorded:
            return subject
    raise _CannotTell(
        f"{by} would not say today what it said then: the case, the people's limits or the engine changed"
    )


def _plan(session: Session, shelf: _Shelf, run: str) -> Plan:
    if shelf.plan is None or shelf.plan[0] != run:
        made = plans.of_run(session, run)
        if not made:
            raise _CannotTell("the plan of its run is gone")
        shelf.plan = run, plans.load(session, made[-1].case, made[-1].revision)
    return shelf.plan[1]


def _facts(session: Session, shelf: _Shelf, facts: str) -> Facts:
    if facts in shelf.broken:
        raise _CannotTell(shelf.broken[facts])
    if shelf.facts is None or shelf.facts.id != facts:
        try:
            shelf.facts = snapshots.get(session, facts)
        except QuartermasterError as trouble:
            shelf.broken[facts] = str(trouble)
            raise
    return shelf.facts


def _case(session: Session, shelf: _Shelf, case: str) -> Case:
    if shelf.case is None or shelf.case[0] != case:
        shelf.case = case, cases.get(session, case)
    return shelf.case[1]


def _change(before: tuple[Outcome, tuple[str, ...]], verdict: Verdict) -> Change:
    was, now = before[0], verdict.outcome
    if was is now:
        return "same" if before[1] == verdict.roles else "other_roles"
    if now is Outcome.DENY:
        return "denied"
    if was is Outcome.DENY:
        return "no_longer_denied"
    return "asked_more" if now is Outcome.APPROVAL else "asked_less"


def _why(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    return tuple(f"{reason.rule}: {reason.text}"[:4000] for reason in reasons)


def _group(change: Change, found: list[Rejudged]) -> Group:
    mine = [one for one in found if one.change == change]
    return Group(
        change=change,
        title=TITLES[change],
        moves=len(mine),
        units=sum(one.units for one in mine),
        value_moved=sum((one.value_moved for one in mine), Decimal(0)),
        value_at_stake=sum((one.value_at_stake for one in mine), Decimal(0)),
    )
