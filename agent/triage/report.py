"""What a sweep came to: found, merged, grouped, done unattended, queued, escalated, healed; from records only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Literal

from agent.casework.closing import held_back
from domain.cases import Case, urgency
from domain.noun import Id, Money, Noun, Text
from domain.verdicts import Outcome
from storage import approvals, cases, exceptions, moves, runs
from storage.database import Session
from storage.records import ApprovalState, MoveRecord, MoveState, RunState

VERSION = 1
"""Of this report's shape; it is raised when a field changes its meaning or goes."""


class Exceptional(Noun):
    """One exception of this sweep: how it found its case, and what is at stake until when.

    `how`: opened a case, follows one, was merged into an open one, was told by an event, or is known from before.
    """

    kind: Id
    subject: Id
    title: Text
    case: Id
    group: Id
    how: Literal["opened", "follows", "merged", "told", "known"]
    value_at_stake: Money = Decimal("0.00")
    deadline: datetime | None = None
    urgency: Money = Decimal("0.00")


class Group(Noun):
    """Exceptions that one plan answers: the leading case, and every case of the group with it."""

    lead: Id
    title: Text
    cases: tuple[Id, ...]


class Planned(Noun):
    """A move and where it stands; `roles` who must decide it, `until` when they must, `why` it stands so."""

    move: Id
    case: Id
    title: Text
    value: Money
    value_at_stake: Money
    roles: tuple[Id, ...] = ()
    until: datetime | None = None
    why: Text = ""


class Gone(Noun):
    """A case that closed because its cause had gone by itself, and how many moves were withdrawn."""

    case: Id
    kind: Id
    subject: Id
    title: Text
    withdrawn: int


class TriageReport(Noun):
    """The report. Money is in the base currency; exceptions come by value at stake per hour left, the most first.

    `done` was carried out with nobody asked; `queued` waits for a person with a plan ready; `escalated` asks one to
    look, or was stopped by a failure or a spent budget; `refused` is what policy denied or what ended otherwise.
    """

    version: int = VERSION
    at: datetime
    by: Id
    currency: Id
    events: int
    exceptions: tuple[Exceptional, ...]
    groups: tuple[Group, ...]
    done: tuple[Planned, ...]
    queued: tuple[Planned, ...]
    escalated: tuple[Planned, ...]
    refused: tuple[Planned, ...]
    healed: tuple[Gone, ...]
    failed: tuple[tuple[Id, Text], ...] = ()
    """(run, why) of runs that failed"""
    value_at_stake: Money
    value_done: Money
    waiting_in_all: int
    """Questions that wait for people now, those of earlier sweeps included"""

    @property
    def new(self) -> tuple[Exceptional, ...]:
        """Exceptions that were not known before."""
        return tuple(item for item in self.exceptions if item.how != "known")


def gather(
    session: Session,
    *,
    at: datetime,
    by: str,
    currency: str,
    events: Collection[str],
    found: tuple[Exceptional, ...],
    healed: tuple[Gone, ...],
) -> TriageReport:
    """The report of a sweep as things stand now; `events` are cases that events opened or joined."""
    rows = tuple(sorted(found, key=lambda item: (-item.urgency, item.kind, item.subject)))
    touched = {item.group for item in rows if item.how != "known"} | set(events)
    records = [record for case in sorted(touched, key=_number) for record in moves.listed(session, case=case)]
    told = [record for record in records if _asks(record)]
    acted = [record for record in records if not _asks(record)]
    done = tuple(_planned(session, record) for record in acted if _unattended(session, record))
    new = [item for item in rows if item.how != "known"]
    return TriageReport(
        at=at,
        by=by,
        currency=currency,
        events=len(events),
        exceptions=rows,
        groups=_groups(session, {item.group for item in rows}),
        done=done,
        queued=tuple(_planned(session, record) for record in records if record.state is MoveState.WAITING),
        escalated=tuple(_planned(session, r) for r in told if r.state in (MoveState.EXECUTED, MoveState.FAILED))
        + tuple(_planned(session, r) for r in acted if r.state is MoveState.FAILED or held_back(r)),
        refused=tuple(
            _planned(session, r)
            for r in records
            if r.state in (MoveState.DENIED, MoveState.CANCELLED) and not held_back(r)
        ),
        healed=healed,
        failed=tuple(
            (run.id, run.failure)
            for case in sorted(touched, key=_number)
            for run in runs.listed(session, {RunState.FAILED}, case=case)
        ),
        value_at_stake=sum((item.value_at_stake for item in new), Decimal("0.00")),
        value_done=sum((item.value for item in done), Decimal("0.00")),
        waiting_in_all=len(approvals.listed(session, {ApprovalState.PENDING})),
    )


def exceptional(case: Case, now: datetime, *, how: str, kind: str = "", subject: str = "") -> Exceptional:
    """An exception as its case has it: for what an event told, its kind and subject are the case's own."""
    return Exceptional(
        kind=kind or case.kind,
        subject=subject or case.id,
        title=case.title,
        case=case.id,
        group=case.group or case.id,
        how=how,  # type: ignore[arg-type]
        value_at_stake=case.value_at_stake or Decimal("0.00"),
        deadline=case.deadline,
        urgency=urgency(case, now),
    )


def _number(case: str) -> int:
    return int(case.rpartition("-")[2])


def _asks(record: MoveRecord) -> bool:
    return record.move.kind == "escalate"


def _unattended(session: Session, record: MoveRecord) -> bool:
    """Carried out because policy allowed it, with nobody asked."""
    if record.state is not MoveState.EXECUTED or record.verdict is None:
        return False
    return record.verdict.outcome is Outcome.ALLOW and not approvals.listed(session, move=record.id)


def _planned(session: Session, record: MoveRecord) -> Planned:
    asked = approvals.listed(session, {ApprovalState.PENDING}, move=record.id)
    return Planned(
        move=record.id,
        case=record.case,
        title=record.move.title,
        value=record.move.value,
        value_at_stake=record.move.value_at_stake,
        roles=tuple(dict.fromkeys(one.role for one in asked)),
        until=min((one.expires_at for one in asked), default=None),
        why=record.reason,
    )


def _groups(session: Session, leads: Collection[str]) -> tuple[Group, ...]:
    """Groups of more than one case."""
    members: dict[str, list[str]] = {lead: [] for lead in sorted(leads, key=_number)}
    for item in exceptions.listed(session, alive=True):
        case = cases.get(session, item.case)
        if case.follows in members and case.id not in members[case.follows or ""]:
            members[case.follows or ""].append(case.id)
    return tuple(
        Group(lead=lead, title=cases.get(session, lead).title, cases=(lead, *followers))
        for lead, followers in members.items()
        if followers
    )
