"""The report of a run, from what is recorded and nothing else: every number in its words stands in a record."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

from agent.casework.pending import waits_for_others
from domain.errors import UnknownReference
from domain.noun import Id, Noun, Text
from domain.plans import Move, Plan, Shortage
from domain.requests import Answer
from domain.verdicts import Verdict
from guardrails.chain import Head
from guardrails.ledger import Ledger
from knowledge.passages import Citation
from storage import approvals, effects, moves, plans, run_events, runs, sagas
from storage.database import Session
from storage.records import Approval, EffectRecord, MoveRecord, MoveState, Run, RunEvent, Saga

ENDED = frozenset(
    {
        MoveState.DENIED,
        MoveState.EXECUTED,
        MoveState.REJECTED,
        MoveState.EXPIRED,
        MoveState.CANCELLED,
        MoveState.SUPERSEDED,
        MoveState.COMPENSATED,
        MoveState.FAILED,
    }
)
"""A move in one of these states will not change any more."""


class MoveReport(Noun):
    """One move: what policy said, who was asked, and what has been carried out; of a parked one the playbook for it."""

    move: Move
    state: MoveState
    reason: Text
    verdict: Verdict | None = None
    approvals: tuple[Approval, ...] = ()
    saga: Saga | None = None
    effects: tuple[EffectRecord, ...] = ()
    playbook: Citation | None = None


class Report(Noun):
    """What came of a run so far. `head` is how far the ledger had come when this was written.

    `follow` is the run that an accepted offer started.
    """

    run: Run
    plan: Plan | None
    moves: tuple[MoveReport, ...] = ()
    shortages: tuple[Shortage, ...] = ()
    answer: Answer | None = None
    difference: RunEvent | None = None
    follow: Id | None = None
    text: Text = ""
    head: Head

    def of(self, *states: MoveState) -> tuple[MoveReport, ...]:
        """Its moves in these states."""
        return tuple(item for item in self.moves if item.state in states)


def gather(session: Session, ledger: Ledger, run_id: str) -> Report:
    """The report of a run as things stand. UnknownReference when there is no such run."""
    run = runs.get(session, run_id)
    made = plans.of_run(session, run_id)
    plan = plans.load(session, made[-1].case, made[-1].revision) if made else None
    events = run_events.since(session, run_id)
    told = [event for event in events if event.kind == "difference"]
    playbooks = _playbooks(events)
    found = tuple(_move(session, record, playbooks.get(record.id)) for record in moves.listed(session, run=run_id))
    return Report(
        run=run,
        plan=plan,
        moves=found,
        shortages=plan.shortages if plan else (),
        answer=plan.answer if plan else None,
        difference=told[-1] if told else None,
        follow=_follow(session, run_id),
        text=in_words(run, plan, found),
        head=ledger.head(session),
    )


def _playbooks(events: tuple[RunEvent, ...]) -> dict[str, Citation]:
    """Move -> the playbook that was attached when it was last told of."""
    last = {
        body["move"]: body.get("playbook")
        for event in events
        if event.kind == "move" and (body := json.loads(event.body))
    }
    return {move: Citation.model_validate(cited) for move, cited in last.items() if cited}


def _follow(session: Session, run_id: str) -> str | None:
    found = [json.loads(event.body) for event in run_events.since(session, run_id) if event.kind == "follow"]
    follow = found[-1]["run"] if found else None
    return None if follow is None else str(follow)


def _move(session: Session, record: MoveRecord, playbook: Citation | None) -> MoveReport:
    try:
        saga = sagas.get(session, record.id)
    except UnknownReference:
        saga = None
    return MoveReport(
        move=record.move,
        state=record.state,
        reason=_waits(session, record) or record.reason,
        verdict=record.verdict,
        approvals=approvals.listed(session, move=record.id),
        saga=saga,
        effects=effects.listed(session, move=record.id),
        playbook=playbook if record.state is MoveState.PARKED else None,
    )


def _waits(session: Session, record: MoveRecord) -> str:
    if not waits_for_others(session, record):
        return ""
    return f"goes on once {', '.join(record.move.needs)} {'is' if len(record.move.needs) == 1 else 'are'} carried out"


_SAID = (
    (MoveState.EXECUTED, "carried out"),
    (MoveState.PARKED, "parked until a system answers"),
    (MoveState.EXECUTING, "being carried out"),
    (MoveState.READY, "ready to be carried out"),
    (MoveState.APPROVED, "approved"),
    (MoveState.WAITING, "waiting for a person"),
    (MoveState.DENIED, "denied by policy"),
    (MoveState.REJECTED, "rejected"),
    (MoveState.EXPIRED, "expired"),
    (MoveState.CANCELLED, "cancelled"),
    (MoveState.SUPERSEDED, "replaced or carried over"),
    (MoveState.COMPENSATED, "undone"),
    (MoveState.FAILED, "failed; a person must look"),
)


def in_words(run: Run, plan: Plan | None, found: tuple[MoveReport, ...]) -> str:
    """The report as sentences."""
    if run.failure:
        return f"Run {run.id} of case {run.case} failed: {run.failure}"
    if plan is None:
        return f"Run {run.id} of case {run.case} has no plan yet."
    if plan.answer is not None:
        return plan.answer.text
    count = Counter(item.state for item in found)
    parts = [f"{count[state]} {words}" for state, words in _SAID if count[state]]
    lines = [plan.summary, f"{len(found)} moves: {', '.join(parts)}." if found else "No move was proposed."]
    if run.fallback:
        lines.append(f"The rules planner planned, because of: {run.fallback}.")
    lines += [f"{item.move.id} {item.move.title}: {_stands(item)}" for item in found]
    worth = sum((item.move.value for item in found if item.state is MoveState.EXECUTED), Decimal("0.00"))
    if count[MoveState.EXECUTED]:
        lines.append(f"Value of what was carried out: {worth}.")
    short = sum(item.short for item in plan.shortages)
    if plan.shortages:
        lines.append(f"{short} units on {len(plan.shortages)} lines stay short in the plan.")
    return "\n".join(lines)[:4000]


def _stands(item: MoveReport) -> str:
    said = dict(_SAID).get(item.state, item.state.value)
    why = item.saga.note if item.saga is not None and item.saga.note else item.reason
    if (book := item.playbook) is not None:
        why += f" Meanwhile: {book.title} ({book.document}, version {book.version})."
    return f"{said} ({why.strip()})" if why else said
