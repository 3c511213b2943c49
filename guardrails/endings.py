"""End a move without carrying it out: its approvals close, its claims go back, and what needs it is cancelled."""

from __future__ import annotations

from datetime import datetime

from guardrails import approval_states, claims
from guardrails.approval_states import Verb
from storage import moves
from storage.database import Session
from storage.records import MoveRecord, MoveState

UNSTARTED = frozenset({MoveState.PROPOSED, MoveState.WAITING, MoveState.APPROVED, MoveState.READY})
"""States from which a move may still be called off."""

_CLOSES: dict[MoveState, Verb] = {MoveState.EXPIRED: "expire", MoveState.SUPERSEDED: "supersede"}
"""What becomes of the questions about a move that ends so; of any other they are cancelled."""


def end(session: Session, record: MoveRecord, state: MoveState, reason: str, *, at: datetime) -> tuple[str, ...] | None:
    """Put a move that has not started into `state`; the ids of the moves cancelled with it, None when it had started.

    A move of the same revision that needs it, directly or through others, can no longer be true and is CANCELLED.
    """
    if not moves.advance(session, record.id, UNSTARTED, state, reason):
        return None
    _let_go(session, record.id, _CLOSES.get(state, "cancel"), reason, at)
    return cancel_dependents(session, record, reason, at=at)


def cancel_dependents(session: Session, record: MoveRecord, reason: str, *, at: datetime) -> tuple[str, ...]:
    """Cancel every unstarted move of the same revision that needs this one; their ids, in plan order."""
    rest = moves.listed(session, UNSTARTED, case=record.case, revision=record.revision)
    lost, cancelled = {record.id}, []
    for other in _until_stable(rest, lost):
        if moves.advance(session, other.id, UNSTARTED, MoveState.CANCELLED, f"it needs {record.id}: {reason}"[:4000]):
            _let_go(session, other.id, "cancel", f"it needs {record.id}", at)
            cancelled.append(other.id)
    return tuple(cancelled)


def _until_stable(rest: tuple[MoveRecord, ...], lost: set[str]) -> list[MoveRecord]:
    while found := [r for r in rest if r.id not in lost and lost & set(r.move.needs)]:
        lost |= {record.id for record in found}
    return [record for record in rest if record.id in lost]


def _let_go(session: Session, move: str, verb: Verb, reason: str, at: datetime) -> None:
    approval_states.close(session, move, verb, at, reason[:4000])
    claims.release(session, move)
