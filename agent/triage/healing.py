"""A case whose cause has gone by itself: what still waits for people is withdrawn, and the case closes."""

from __future__ import annotations

from agent.casework.closing import LIVE
from agent.casework.lapse import call_off
from agent.casework.outcome import ENDED
from agent.casework.pending import waits_for_others
from agent.casework.services import Services
from domain.cases import Case, CaseState
from domain.noun import Id, Noun, Text
from domain.signals import SignalKind
from guardrails.chain import EntryKind
from storage import cases, exceptions, moves, runs
from storage.database import Session
from storage.exceptions import Spotted
from storage.records import MoveRecord, MoveState, RunState

HEALED = "healed: the cause has gone"
TELLING = frozenset({"escalate", "create_customer_task"})
"""Actions that only tell people something: they cannot have made a cause go away."""


class Healed(Noun):
    """A case that closed because its cause had gone, and the moves that were withdrawn with it."""

    case: Id
    kind: SignalKind
    subject: Id
    title: Text
    withdrawn: tuple[Id, ...] = ()


def heal_case(session: Session, services: Services, lead: str, gone: frozenset[int]) -> tuple[Healed, ...]:
    """Close a case and those that follow it, if the cause of each has gone (`gone`: numbers of what is spotted) and
    nothing of it is under way; else nothing changes.

    What the copilot has begun it ends: a case in which something was carried out that may have hidden its cause, or
    that a run or a saga is working on, is left to the people it waits for.
    """
    services.ledger.hold(session)
    case = cases.get(session, lead, lock=True)
    family = (case, *(other for other in cases.listed(session, LIVE) if other.follows == lead))
    known = exceptions.listed(session, alive=True, cases=[one.id for one in family])
    if case.state not in LIVE or not known or any(item.number not in gone for item in known):
        return ()
    records = moves.listed(session, case=lead)
    if _busy(session, lead) or has_acted(session, lead):
        return ()
    withdrawn = [record.id for record in records if record.state not in ENDED]
    for record in records:
        call_off(services, session, moves.get(session, record.id), MoveState.SUPERSEDED, HEALED)
    for one in family:
        _close(session, services, one)
    exceptions.heal(session, [item.number for item in known], services.now())
    return tuple(_told(item, withdrawn if item.case == lead else []) for item in known)


def _told(item: Spotted, withdrawn: list[str]) -> Healed:
    signal = item.signal
    return Healed(
        case=item.case, kind=signal.kind, subject=signal.subject, title=signal.title, withdrawn=tuple(withdrawn)
    )


def _busy(session: Session, case: str) -> bool:
    return any(run.state in (RunState.ADMITTED, RunState.RUNNING) for run in runs.listed(session, case=case))


def has_acted(session: Session, lead: str) -> bool:
    """Whether something of a case is being carried out, or was and is more than words: it may have hidden what the
    case is about, or moved it to another place."""
    return any(_acted(session, record) for record in moves.listed(session, case=lead))


def _acted(session: Session, record: MoveRecord) -> bool:
    """Whether a move is being carried out, or was and is more than words."""
    if record.state in ENDED:
        done = record.state is MoveState.EXECUTED
        return done and any(action.kind not in TELLING for action in record.move.actions)
    return record.state is not MoveState.WAITING and not waits_for_others(session, record)


def _close(session: Session, services: Services, case: Case) -> None:
    now = services.now()
    if cases.advance(session, case.id, LIVE, CaseState.CLOSED, now):
        body = {"state": CaseState.CLOSED, "kind": case.kind, "title": case.title, "why": HEALED}
        services.ledger.append(session, EntryKind.CASE, "copilot", now, body, case=case.id)
