"""What was refused leads to the next revision of its case. Found in rows: a crash after the refusal loses nothing."""

from __future__ import annotations

from agent.casework.admission import refusal, revise
from agent.casework.closing import LIVE
from agent.casework.services import Services
from domain.requests import RejectedMove
from storage import approvals, cases, moves, runs
from storage.database import Session
from storage.records import ApprovalState, MoveRecord, MoveState, RunState

REFUSED = frozenset({MoveState.REJECTED, MoveState.EXPIRED})
GAVE_WAY = "its units are worth more"
"""How the reason of a move begins whose claim was displaced by another case."""


def replan_refused(session: Session, services: Services) -> bool:
    """Admit a revision of every live case with a refused move its last request does not know of, or a displaced one."""
    found = False
    for case in cases.listed(session, LIVE):
        for record in moves.listed(session, {*REFUSED, MoveState.SUPERSEDED}, case=case.id):
            last = runs.listed(session, case=case.id)[-1]
            if record.state is MoveState.SUPERSEDED:
                gave_way = record.reason.startswith(GAVE_WAY) and record.revision == last.revision
                if gave_way and last.state is not RunState.ADMITTED:
                    revise(session, services, case.id, f"{record.id}: {record.reason}")
                    found = True
            elif record.id not in {item.move for item in last.request.rejected}:
                revise(session, services, case.id, f"{record.id} was {record.state.value}", _refusal(session, record))
                found = True
    return found


def _refusal(session: Session, record: MoveRecord) -> RejectedMove:
    """Who refused a move and why; an expired one was refused by nobody in time."""
    rejected = approvals.listed(session, {ApprovalState.REJECTED}, move=record.id)
    if rejected and rejected[0].decided_by:
        return refusal(record, rejected[0].decided_by, rejected[0].reason)
    return refusal(record, "nobody", record.reason)
