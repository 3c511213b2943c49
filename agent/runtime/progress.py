"""Lets everything go as far as it can go: expiries, decided runs, admitted runs, sagas; again until nothing moves.

All of it is found in rows, so whatever a killed process left behind is picked up by the next one that settles.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from agent.casework.closing import close_cases
from agent.casework.lapse import tell
from agent.casework.pending import under_way
from agent.casework.services import Services
from agent.runtime.pump import Pump
from agent.runtime.replan import replan_refused
from agent.runtime.runner import Runner
from domain.errors import DependencyDown, QuartermasterError, StorageFailed
from storage import approvals, moves, run_events, runs
from storage.database import Session
from storage.records import MoveState, Run, RunState

IN_FLIGHT = frozenset({MoveState.APPROVED, MoveState.READY, MoveState.EXECUTING, MoveState.PARKED})
"""A case with a move in one of these states is not planned again yet: its facts are about to change. A run whose own
moves these are was broken off behind its guard (a full disk), and goes on."""

TALK = "question"
"""The kind of runs that somebody waits for; they write to no system, so they need not wait behind the others."""


class Progress:
    """The worker's one loop, and what every door calls after it has written its rows."""

    def __init__(self, services: Services, runner: Callable[[], Runner], pump: Pump) -> None:
        self._services = services
        self._runner = runner
        self._pump = pump

    def settle(
        self, *, only_due: bool = False, tell: Callable[[str], None] | None = None
    ) -> tuple[tuple[str, QuartermasterError], ...]:
        """Go on until nothing moves; (run, error) of the runs that could not go on. They stay recorded.

        `tell` is told of every run that went on.
        """
        trouble: dict[str, QuartermasterError] = {}
        parked: set[str] = set()
        self._services.approvals.remind()
        going = True
        while going:
            going = self._expire()
            for run in self._drivable(trouble):
                going = self._drive(run, trouble) or going
                if tell is not None:
                    tell(f"{run.id} of case {run.case} {'failed' if run.id in trouble else 'is planned'}.")
            if self._pump.waiting():
                going = self._pump.drain(only_due=only_due, seen=parked) or going
        with self._services.database.write() as session:
            close_cases(session, self._services)
        return tuple(sorted(trouble.items()))

    def talk(self) -> bool:
        """Answer the questions that wait, and nothing else; False when there were none."""
        with self._services.database.read() as session:
            asked = [run for run in runs.listed(session, {RunState.ADMITTED, RunState.RUNNING}) if run.kind == TALK]
        trouble: dict[str, QuartermasterError] = {}
        driven = [self._drive(run, trouble) for run in asked]
        return any(driven)

    def _drive(self, run: Run, trouble: dict[str, QuartermasterError]) -> bool:
        try:
            return self._runner().drive(run.id)
        except QuartermasterError as error:
            trouble[run.id] = error
        except Exception as error:  # noqa: BLE001 - one broken run must not stop the others; it is marked failed
            trouble[run.id] = QuartermasterError(f"{type(error).__name__}: {error}", field=run.id, fix="report it")
        return not isinstance(trouble[run.id], DependencyDown | StorageFailed)

    def _drivable(self, trouble: dict[str, QuartermasterError]) -> tuple[Run, ...]:
        """Runs that can go on without people, in the order they were admitted."""
        with self._services.database.read() as session:
            live = runs.listed(session, {RunState.ADMITTED, RunState.RUNNING, RunState.WAITING})
            return tuple(run for run in live if run.id not in trouble and self._can_go_on(session, run))

    def _can_go_on(self, session: Session, run: Run) -> bool:
        if run.state is RunState.RUNNING:
            return True
        if run.state is RunState.ADMITTED:
            return all(record.run == run.id for record in under_way(session, IN_FLIGHT, run.case))
        acted = {json.loads(event.body)["move"] for event in run_events.since(session, run.id) if event.kind == "act"}
        asked = {asked.move for asked in approvals.listed(session, run=run.id)}
        return any(moves.get(session, move).state is not MoveState.WAITING for move in sorted(asked - acted))

    def _expire(self) -> bool:
        """End what nobody decided in time, and have cases planned again in which something was refused."""
        ended = self._services.approvals.expire()
        with self._services.database.write() as session:
            for decision in ended:
                tell(self._services, session, [decision.move, *decision.cancelled])
            return replan_refused(session, self._services) or bool(ended)
