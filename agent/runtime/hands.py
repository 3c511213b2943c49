"""What a saga does at its start, for each action and at its end. Every one is safe to do again after a crash."""

from __future__ import annotations

from agent.casework.admission import revise
from agent.casework.lapse import tell
from agent.casework.outcome import gather
from agent.casework.services import Services
from agent.runtime.durable import Json
from domain.actions import Action
from guardrails import switches
from guardrails.endings import cancel_dependents
from guardrails.gate import Gate
from knowledge.passages import Citation
from storage import effects, moves, run_events, runs, sagas
from storage.database import Session
from storage.records import EffectState, MoveRecord, MoveState, RunState, SagaState

OPEN = frozenset({SagaState.READY, SagaState.RUNNING, SagaState.PARKED})
GOING = frozenset({MoveState.READY, MoveState.EXECUTING, MoveState.PARKED})

_ENDS: dict[str, SagaState] = {
    "done": SagaState.DONE,
    "parked": SagaState.PARKED,
    "refused": SagaState.FAILED,
    "compensated": SagaState.COMPENSATED,
    "failed": SagaState.FAILED,
}
"""How a saga ended -> where its row stands then."""

_CLOSES: dict[str, MoveState] = {
    "done": MoveState.EXECUTED,
    "compensated": MoveState.COMPENSATED,
    "failed": MoveState.FAILED,
}
"""Ends at which the gate closes the books on the move; a refused admission has closed them already."""


class Hands:
    """The gate, and the records around it."""

    def __init__(self, services: Services, gate: Gate) -> None:
        self._services = services
        self._gate = gate

    def begin(self, move: str) -> tuple[Action, ...]:
        """Let the gate admit the move on fresh facts, and mark it as being carried out; its actions."""
        self._gate.admit(move)
        with self._services.database.write() as session:
            sagas.advance(session, move, OPEN, SagaState.RUNNING, self._services.now())
            moves.advance(session, move, GOING, MoveState.EXECUTING)
            return moves.get(session, move).move.actions

    def execute(self, move: str, action: str) -> None:
        """Carry out one action through the gate."""
        self._gate.execute(move, action)

    def undo(self, move: str, action: str) -> None:
        """Undo one action through the gate."""
        self._gate.undo(move, action)

    def refused_before(self, move: str) -> tuple[str, tuple[str, ...]]:
        """(The action refused before a crash or pause or "", the actions carried out and not undone, in order)."""
        with self._services.database.read() as session:
            actions = {action.id for action in moves.get(session, move).move.actions}
            known = [
                effect
                for effect in effects.listed(session, move=move)
                if effect.action in actions and not effect.key.endswith(":undo")
            ]
        refused = [effect.action for effect in known if effect.state is EffectState.REFUSED]
        return (refused[0] if refused else ""), tuple(e.action for e in known if e.state is EffectState.DONE)

    def finish(self, move: str, result: Json) -> None:
        """Close the books on the move, record how its saga ended, tell the run, and plan again when it went stale.

        Raises DependencyDown while the ERP is silent about what is earmarked.
        """
        state, why = str(result["state"]), str(result["why"])[:4000]
        if state in _CLOSES:
            self._gate.finish(move, _CLOSES[state], why)
        now = self._services.now()
        with self._services.database.write() as session:
            attempts = sagas.get(session, move).attempts + (state == "parked")
            if not sagas.advance(session, move, OPEN, _ENDS[state], now, attempts=attempts, note=why):
                return
            if state == "parked":
                moves.advance(session, move, GOING, MoveState.PARKED, why)
            record = moves.get(session, move)
            tell(self._services, session, [move], self._playbook(session, str(result.get("system", ""))))
            if state in ("compensated", "failed"):
                tell(self._services, session, cancel_dependents(session, record, why, at=now))
            if state == "compensated" or record.state is MoveState.SUPERSEDED:
                revise(session, self._services, record.case, f"{move} was {record.state.value}: {why}")
            self._correct_report(session, record)

    def _playbook(self, session: Session, system: str) -> Citation | None:
        """What to do while a system is silent; nothing where somebody has stopped it with the kill switch."""
        if not system or switches.stopped(session, (system, switches.EVERYTHING)) is not None:
            return None
        return self._services.playbook(system)

    def _correct_report(self, session: Session, record: MoveRecord) -> None:
        """The report of a run that has ended, written again."""
        if runs.get(session, record.run).state is not RunState.DONE:
            return
        written = gather(session, self._services.ledger, record.run)
        body = {"text": written.text, "head": written.head, "because": record.id}
        run_events.append(session, record.run, self._services.now(), "report", body)
