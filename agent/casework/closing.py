"""When a case is over: nothing of it runs, waits or goes on any more."""

from __future__ import annotations

from agent.casework.outcome import ENDED
from agent.casework.services import Services
from domain.cases import Case, CaseState
from domain.verdicts import Outcome
from guardrails.chain import EntryKind
from storage import cases, moves, runs
from storage.database import Session
from storage.records import MoveRecord, MoveState, RunState

LIVE = (CaseState.OPEN, CaseState.WAITING)


def close_cases(session: Session, services: Services) -> None:
    """Bring the state of every live case up to date; the ledger tells of those that closed or need a person."""
    for case in cases.listed(session, LIVE):
        state = _state(session, case)
        if state is case.state:
            continue
        over = state not in LIVE
        now = services.now()
        cases.save(session, case.model_copy(update={"state": state, "closed_at": now if over else None}))
        if over and case.kind != "question":
            body = {"state": state, "kind": case.kind, "title": case.title}
            services.ledger.append(session, EntryKind.CASE, "copilot", now, body, case=case.id)


def _state(session: Session, case: Case) -> CaseState:
    if case.follows is not None:
        return cases.get(session, case.follows).state
    known = runs.listed(session, case=case.id)
    records = moves.listed(session, case=case.id)
    if any(record.state is MoveState.WAITING for record in records):
        return CaseState.WAITING
    if any(run.state in (RunState.ADMITTED, RunState.RUNNING) for run in known):
        return CaseState.OPEN
    if any(record.state not in ENDED for record in records):
        return CaseState.WAITING
    if any(record.state is MoveState.FAILED or held_back(record) for record in records) or (
        known and known[-1].state is RunState.FAILED
    ):
        return CaseState.ESCALATED
    return CaseState.DONE


def held_back(record: MoveRecord) -> bool:
    """Whether policy let a move go and the gate did not, because a budget is spent: nobody was asked, so somebody must
    look."""
    return (
        record.state is MoveState.DENIED and record.verdict is not None and record.verdict.outcome is not Outcome.DENY
    )
