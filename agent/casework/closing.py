"""When a case is over: nothing of it runs, waits or goes on any more."""

from __future__ import annotations

from agent.casework.outcome import ENDED
from agent.casework.services import Services
from domain.cases import Case, CaseState
from guardrails.chain import EntryKind
from storage import cases, moves, runs
from storage.database import Session
from storage.records import MoveState, RunState

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
    known = runs.listed(session, case=case.id)
    records = moves.listed(session, case=case.id)
    if any(record.state is MoveState.WAITING for record in records):
        return CaseState.WAITING
    if any(run.state in (RunState.ADMITTED, RunState.RUNNING) for run in known):
        return CaseState.OPEN
    if any(record.state not in ENDED for record in records):
        return CaseState.WAITING
    failed = any(record.state is MoveState.FAILED for record in records)
    if failed or (known and known[-1].state is RunState.FAILED):
        return CaseState.ESCALATED
    return CaseState.DONE
