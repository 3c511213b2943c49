"""Moves that are free to go but wait for other moves: as long as they do, nothing of them is under way."""

from __future__ import annotations

from storage import moves
from storage.database import Session
from storage.records import MoveRecord, MoveState

FREE_TO_GO = frozenset({MoveState.APPROVED, MoveState.READY})


def waits_for_others(session: Session, record: MoveRecord) -> bool:
    """Whether a move is allowed or approved and still needs another one to be carried out first."""
    return record.state in FREE_TO_GO and any(
        moves.get(session, need).state is not MoveState.EXECUTED for need in record.move.needs
    )


def under_way(session: Session, states: frozenset[MoveState], case: str) -> tuple[MoveRecord, ...]:
    """The moves of a case in these states that do not merely wait for others."""
    return tuple(record for record in moves.listed(session, states, case=case) if not waits_for_others(session, record))
