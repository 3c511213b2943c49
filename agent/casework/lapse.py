"""How a move that has not been carried out is called off, and how that is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent.casework.services import Services
from guardrails.chain import EntryKind
from guardrails.endings import end
from guardrails.ledger import grounds
from knowledge.passages import Citation
from storage import moves, run_events
from storage.database import Session
from storage.records import MoveRecord, MoveState


def call_off(
    services: Services, session: Session, record: MoveRecord, state: MoveState, reason: str
) -> tuple[str, ...]:
    """End a move that has not begun, with everything that needs it; the moves cancelled with it."""
    now = services.now()
    cancelled = end(session, record, state, reason, at=now)
    if cancelled is None:
        return ()
    tell(services, session, [record.id, *cancelled])
    body = {"what": "move", "state": state, "cancelled": cancelled, **grounds(reasons=[reason])}
    services.ledger.append(
        session, EntryKind.EXPIRY, "copilot", now, body, case=record.case, run=record.run, move=record.id
    )
    return cancelled


def tell(services: Services, session: Session, keys: Iterable[str], playbook: Citation | None = None) -> None:
    """Say in its run how each of these moves stands now, and which playbook says what to do meanwhile."""
    for key in keys:
        record = moves.get(session, key)
        body: dict[str, Any] = {"move": key, "state": record.state, "reason": record.reason}
        if playbook is not None:
            body["playbook"] = playbook.model_dump()
        run_events.append(session, record.run, services.now(), "move", body)
