"""Drives runs through the graph: starts them, resumes the ones that were decided, un-sticks the ones whose worker died.

Every touch of a thread happens under its lease: two processes that answer one thread at once can leave it stuck. A run
is a row before it is a thread, so a crash before the first checkpoint loses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.casework.services import Services
from agent.runtime.checkpoints import Checkpoints
from agent.runtime.leases import Leases
from domain.errors import DependencyDown, QuartermasterError, StorageFailed
from storage import moves, run_events, runs
from storage.records import MoveState, Run, RunState

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.graph.state import CompiledStateGraph
    from langgraph.types import StateSnapshot


class Runner:
    """The graph of one process on the threads of all."""

    def __init__(self, services: Services, leases: Leases, checkpoints: Checkpoints) -> None:
        from agent.graph import build

        self._services = services
        self._leases = leases
        self._checkpoints = checkpoints
        self._graph: CompiledStateGraph[Any, Any, Any, Any] = build(services, checkpoints.saver)

    def drive(self, run_id: str) -> bool:
        """Take a run as far as it goes without people. False when another process has it, or nothing was to do.

        Raises DependencyDown when a system cannot be read (the run stays admitted and is started again later), other
        errors when the run failed (it is marked so).
        """
        with self._leases.hold(f"run/{run_id}") as mine:
            if not mine:
                return False
            with self._services.database.read() as session:
                run = runs.get(session, run_id)
            if run.state in (RunState.DONE, RunState.FAILED):
                return False
            if run.state is RunState.WAITING and not self._decided(self._state(run_id)):
                return False
            return self._drive(run)

    def thread(self, run_id: str) -> tuple[tuple[str, ...], dict[str, str]]:
        """What a thread would do next, and which moves it waits for: move -> interrupt id."""
        state = self._state(run_id)
        return state.next, {item.value["move"]: item.id for item in state.interrupts}

    def _drive(self, run: Run) -> bool:
        self._set(run.id, RunState.RUNNING, "")
        try:
            self._go_on(run)
            self._answer(run.id)
        except (DependencyDown, StorageFailed) as error:
            self._set(run.id, RunState.ADMITTED, str(error))
            raise
        except self._checkpoints.failures as error:
            failed = StorageFailed(
                f"the threads of waiting runs cannot be kept ({error})",
                field="QUARTERMASTER_HOME",
                fix="check that the data folder is writable and has free space; the run goes on afterwards",
            )
            self._set(run.id, RunState.ADMITTED, str(failed))
            raise failed from error
        except Exception as error:
            reason = str(error) if isinstance(error, QuartermasterError) else f"{type(error).__name__}: {error}"
            self._set(run.id, RunState.FAILED, reason[:4000])
            raise
        return True

    def _go_on(self, run: Run) -> None:
        """Begin the thread, or go on where it was left. One that ended without its run is begun anew: every node finds
        in our tables what it has done before."""
        state = self._state(run.id)
        if state.values and not state.next:
            self._checkpoints.forget([run.id])
        if not state.next:
            self._graph.invoke({"run": run.id, "ended": []}, _config(run.id), durability="sync")
        elif run.state is not RunState.WAITING:
            self._graph.invoke(None, _config(run.id), durability="sync")

    def _answer(self, run_id: str) -> None:
        """Answer the decided interrupts one by one, un-stick what stopped half-way, and say how the run stands."""
        from langgraph.types import Command

        while True:
            state = self._state(run_id)
            if decided := self._decided(state):
                self._graph.invoke(Command(resume={decided[0]: {"decided": True}}), _config(run_id), durability="sync")
            elif state.next and not state.interrupts:
                self._graph.invoke(None, _config(run_id), durability="sync")
            else:
                break
        if state.interrupts:
            self._set(run_id, RunState.WAITING, "")
            return
        with self._services.database.read() as session:
            if runs.get(session, run_id).state is RunState.RUNNING:
                raise StorageFailed("the thread ended without a report", field="run", fix="it is begun anew")

    def _decided(self, state: StateSnapshot) -> list[str]:
        """Current interrupt ids of moves that nobody has to decide about any more, in the order they were asked."""
        with self._services.database.read() as session:
            return [
                item.id
                for item in state.interrupts
                if moves.get(session, item.value["move"]).state is not MoveState.WAITING
            ]

    def _state(self, run_id: str) -> StateSnapshot:
        return self._graph.get_state(_config(run_id))

    def _set(self, run_id: str, state: RunState, failure: str) -> None:
        """Note where the run stands. A run that has ended stays as it ended."""
        now = self._services.now()
        with self._services.database.write() as session:
            live = {RunState.ADMITTED, RunState.RUNNING, RunState.WAITING}
            finished = now if state is RunState.FAILED else None
            moved = runs.advance(
                session, run_id, live, state, failure=failure, finished_at=finished, worker=self._leases.owner
            )
            if moved and failure:
                run_events.append(session, run_id, now, "failed", {"reason": failure, "state": state})


def _config(run_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": run_id}, "max_concurrency": 1, "recursion_limit": 1000}
