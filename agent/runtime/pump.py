"""Takes saga rows in the order they were admitted, has the durable engine carry them out, and waits for each."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta

from agent.casework.lapse import tell
from agent.casework.services import Services
from agent.runtime.durable import Engine, WorkState
from agent.runtime.hands import GOING, OPEN
from agent.runtime.leases import Leases
from agent.runtime.saga import backoff
from guardrails.endings import end
from storage import moves, sagas
from storage.records import MoveRecord, MoveState, Saga, SagaState

MOST_BREAKS = 5
"""Times a saga is begun anew after its flow broke, one after the other."""
_BROKE = re.compile(r"the saga broke (\d+) times")
HOPELESS = frozenset(
    {
        MoveState.DENIED,
        MoveState.REJECTED,
        MoveState.EXPIRED,
        MoveState.CANCELLED,
        MoveState.SUPERSEDED,
        MoveState.COMPENSATED,
        MoveState.FAILED,
    }
)
"""States from which a move is never carried out any more; what needs it cannot be either."""


class Pump:
    """One at a time, in order: two runs of the same story leave the same ledger."""

    def __init__(self, services: Services, leases: Leases, engine: Callable[[], Engine]) -> None:
        self._services = services
        self._leases = leases
        self._engine = engine
        self._adopted = False
        self._alone = threading.Lock()

    def waiting(self) -> bool:
        """Whether any saga has not ended."""
        with self._services.database.read() as session:
            return bool(sagas.listed(session, OPEN))

    def drain(self, *, only_due: bool = False, seen: set[str] | None = None) -> bool:
        """Carry out every saga that can be; False when there was none.

        A parked one is tried once per drain (`seen` remembers which), or with `only_due` when its time has come.
        """
        with self._alone:
            return self._drain(only_due, set() if seen is None else seen)

    def _drain(self, only_due: bool, tried: set[str]) -> bool:
        worked = False
        while (saga := self._next(only_due, tried)) is not None:
            worked = True
            if saga.state is SagaState.PARKED:
                tried.add(saga.move)
            self._carry_out(saga, tried)
        return worked

    def _next(self, only_due: bool, tried: set[str]) -> Saga | None:
        """The first saga in order that can be carried out now."""
        with self._services.database.read() as session:
            for saga in sagas.listed(session, OPEN):
                record = moves.get(session, saga.move)
                needs = [moves.get(session, need).state for need in record.move.needs]
                if saga.state is SagaState.PARKED and (saga.move in tried or (only_due and not self._due(saga))):
                    continue
                if record.state in HOPELESS or HOPELESS & set(needs) or set(needs) <= {MoveState.EXECUTED}:
                    return saga
        return None

    def _due(self, saga: Saga) -> bool:
        waited = timedelta(seconds=backoff(saga.move, saga.attempts + 4))
        return saga.updated_at + waited <= self._services.now()

    def _carry_out(self, saga: Saga, tried: set[str]) -> None:
        with self._services.database.read() as session:
            record = moves.get(session, saga.move)
            needs = [moves.get(session, need) for need in record.move.needs]
        lost = [need for need in needs if need.state in HOPELESS]
        if record.state in HOPELESS or lost:
            self._call_off(record, lost)
            return
        engine = self._engine()
        key = f"{saga.move}#{saga.attempts}"
        if not self._adopted:
            self._adopt(engine)
        engine.start("saga", key, {"move": saga.move})
        while (work := engine.glance(key, 60.0)) is None or work.state is WorkState.RUNNING:
            if work is not None and work.executor != engine.executor:
                self._adopt(engine)
        with self._services.database.read() as session:
            now = sagas.get(session, saga.move)
        if now.state in OPEN and now.attempts == saga.attempts:
            tried.add(saga.move)
            self._broke(saga, work.failure or "it ended without a record")

    def _adopt(self, engine: Engine) -> None:
        """Take over the unfinished work of processes that are gone: at the start, and while we wait for another."""
        self._adopted = True
        self._leases.take(f"worker/{engine.executor}")
        owners = {work.executor for work in engine.unfinished()} - {engine.executor}
        if owners:
            engine.adopt(self._leases.dead(owners))

    def _call_off(self, record: MoveRecord, lost: list[MoveRecord]) -> None:
        """A saga whose move was called off, or needs one that was, ends without having done anything."""
        reason = f"needs {lost[0].id}, which is {lost[0].state.value}" if lost else record.reason
        with self._services.database.write() as session:
            now = self._services.now()
            end(session, record, MoveState.CANCELLED, reason, at=now)
            sagas.advance(session, record.id, OPEN, SagaState.FAILED, now, note=reason)
            tell(self._services, session, [record.id])

    def _broke(self, saga: Saga, failure: str) -> None:
        """The flow itself broke. It is begun anew, each effect under its old key; at some point a person must look."""
        before = _BROKE.match(saga.note)
        breaks = 1 + (int(before[1]) if before else 0)
        over = breaks >= MOST_BREAKS
        note = f"the saga broke {breaks} times: {failure}"[:4000]
        with self._services.database.write() as session:
            now = self._services.now()
            state, move = (SagaState.FAILED, MoveState.FAILED) if over else (SagaState.PARKED, MoveState.PARKED)
            sagas.advance(session, saga.move, OPEN, state, now, attempts=saga.attempts + 1, note=note)
            moves.advance(session, saga.move, GOING, move, note)
            tell(self._services, session, [saga.move])
