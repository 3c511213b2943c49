"""An executed move that somebody takes back becomes a case of its own, with a run that plans the way back.

What the move has done is read from our record of its effects, never from what anybody says of it.
"""

from __future__ import annotations

from agent.casework.admission import UNDO, admit
from agent.casework.opening import open_case
from agent.casework.scoping import connected, union
from agent.casework.services import Services
from domain.actions import Action
from domain.cases import Scope
from domain.errors import Conflict
from domain.facts import Facts
from domain.plans import Move
from domain.requests import Request, Undo
from domain.response.taking_back import drawn, net_of
from domain.response.undoing import CANNOT
from guardrails.gate.admission import find
from guardrails.people import User
from guardrails.touched import touched
from storage import cases, effects, moves, snapshots
from storage.database import Session
from storage.records import EffectState, MoveRecord, MoveState

IN_FORCE = frozenset({MoveState.EXECUTED, MoveState.FAILED})
OVER = frozenset({MoveState.DENIED, MoveState.REJECTED, MoveState.EXPIRED, MoveState.CANCELLED, MoveState.COMPENSATED})


def open_undo(
    session: Session, services: Services, record: MoveRecord, person: User, code: str, reason: str, facts: Facts
) -> tuple[str, str]:
    """The case and the run that take `record` (locked) back. Conflict when nothing of it is in force."""
    _check_open(session, record)
    done = _done(session, record)
    if all(action.kind in (*CANNOT, "create_customer_task") for action in done):
        why = "; ".join(CANNOT[a.kind].format(a) for a in done if a.kind in CANNOT) or "nothing of it is in force"
        raise Conflict(f"{record.id} cannot be taken back: {why}", field="move", fix="ask those who carry it on")
    before = _before(session, services, record) or facts
    why = f"{code}: {reason}" if reason else code
    undo = Undo(
        move=record.id,
        title=record.move.title,
        kind=record.move.kind,
        reason_code=code,
        reason=why,
        actions=done,
        sequences=tuple(
            (wave, tuple(task.id for task in sorted(before.wave(wave).tasks, key=lambda t: (t.sequence, t.id))))
            for wave in _waves(done, "resequence_picks", before)
        ),
        carriers=tuple((wave, before.wave(wave).carrier) for wave in _waves(done, "rebook_carrier", before)),
    )
    scope = _scope(session, record, undo, facts)
    title = f"Undo of {record.id}: {record.move.title}"[:200]
    case = open_case(session, services, UNDO, title, person.id, scope, (f"undo:{record.id}",))
    request = Request(
        case=case.id,
        case_kind=case.kind,
        revision=1,
        kind="command",
        now=services.now(),
        by=person.id,
        scope=scope,
        rates=services.policy.rates,
        undo=undo,
    )
    return case.id, admit(session, request, services, person.id)


def _check_open(session: Session, record: MoveRecord) -> None:
    if record.state not in IN_FORCE:
        fix = "reject or edit it instead" if record.state is MoveState.WAITING else "only what was executed is undone"
        raise Conflict(f"{record.id} is {record.state.value}, not executed", field="move", fix=fix)
    for case in cases.listed(session, kind=UNDO):
        if f"undo:{record.id}" not in case.events:
            continue
        known = moves.listed(session, case=case.id)
        live = [other for other in known if other.state not in OVER and other.state is not MoveState.SUPERSEDED]
        if any(other.state in IN_FORCE for other in live):
            by = next(other.id for other in live if other.state in IN_FORCE)
            raise Conflict(f"{record.id} was undone by {by}", field="move", fix=f"undo {by} to have it back")
        if live or case.closed_at is None:
            raise Conflict(f"{record.id} is being undone in case {case.id}", field="move", fix="decide that first")


def _done(session: Session, record: MoveRecord) -> tuple[Action, ...]:
    """The actions of a move that were carried out and not taken back, in written order."""
    known = {
        effect.action
        for effect in effects.listed(session, {EffectState.DONE}, move=record.id)
        if not effect.key.endswith(":undo")
    }
    return tuple(action for action in record.move.actions if action.id in known)


def _before(session: Session, services: Services, record: MoveRecord) -> Facts | None:
    """The facts that a move was admitted on; None when that entry was redacted."""
    body = find(session, services.ledger, record.id)
    return None if body is None else snapshots.get(session, str(body["facts"]))


def _waves(done: tuple[Action, ...], kind: str, before: Facts) -> tuple[str, ...]:
    """The waves that actions of a kind have changed."""
    return tuple(a.wave for a in done if a.kind == kind and hasattr(a, "wave") and before.has("wave", a.wave))


def _scope(session: Session, record: MoveRecord, undo: Undo, facts: Facts) -> Scope:
    """What the move names, with today's orders and supply of its SKUs; and what it drew from free supply, which may go
    back there."""
    found = touched(record.move, facts)
    returns = tuple(
        (sku, site, inbound or "", units)
        for (sku, site, inbound), units in drawn(net_of(undo, facts)).items()
        if units > 0
    )
    named = Scope(
        skus=found.skus,
        orders=found.orders,
        customers=found.customers,
        sites=tuple(sorted({*found.sites, *cases.get(session, record.case).scope.sites})),
        waves=found.waves,
        inbound=found.inbound,
        returns=returns,
    )
    return union(connected(facts, skus_of(record.move, facts)), named)


def skus_of(move: Move, facts: Facts) -> tuple[str, ...]:
    """The SKUs of a move; of one that only changes waves, those of their picks."""
    found = touched(move, facts)
    waves = [facts.wave(wave) for wave in found.waves if facts.has("wave", wave)]
    return found.skus or tuple(sorted({task.sku for wave in waves for task in wave.tasks}))
