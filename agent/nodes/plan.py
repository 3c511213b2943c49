"""Plan: the only node with a planner. What it reads is recorded; nothing it calls executes anything.

A yes to an offer admits the run that carries it out, in the transaction that keeps the plan of the question.
"""

from __future__ import annotations

import re

from agent.casework.commission import commission
from agent.casework.services import Services
from agent.casework.stakes import stake
from agent.planners.assemble import assemble
from agent.planners.interface import Draft, Planner
from domain.errors import QuartermasterError, StorageFailed
from domain.facts import Facts
from domain.requests import Request, ToolCall
from storage import plans, run_events, runs, snapshots
from tools.context import ToolContext
from tools.toolbox import Toolbox

FLUSH = 64
"""Tool calls that are kept back before they are written as run events, where nobody is thought to watch."""
TALKING = frozenset({"question", "command"})
"""Kinds of runs that somebody watches: every call is written at once."""


class Recorder:
    """Writes the tool calls of a run as run events, a batch at a time."""

    def __init__(self, services: Services, run: str, batch: int = FLUSH) -> None:
        self._services = services
        self._run = run
        self._batch = batch
        self._calls: list[ToolCall] = []

    def __call__(self, call: ToolCall) -> None:
        """Remember a call; full batches are written, and a model's answer at once, for those who watch."""
        self._calls.append(call)
        if len(self._calls) >= self._batch or call.tool == "model":
            self.flush()

    def flush(self) -> None:
        """Write what is remembered."""
        calls, self._calls = self._calls, []
        with self._services.database.write() as session:
            for call in calls:
                run_events.append(session, self._run, self._services.now(), "tool", call.model_dump())


def plan(services: Services, run_id: str, facts_id: str) -> int:
    """The revision that was planned and kept. Done again after a crash it finds the plan that is there."""
    with services.database.read() as session:
        run = runs.get(session, run_id)
        if kept := plans.of_run(session, run_id):
            return kept[-1].revision
        facts = snapshots.get(session, facts_id)
    recorder = Recorder(services, run_id, 1 if run.kind in TALKING else FLUSH)
    policy = services.policy.id
    draft, planner, fallback = _draft(services, run.request, facts, recorder)
    made = assemble(
        draft,
        run.request,
        planner=planner_id(planner),
        policy=policy,
        facts=facts_id,
    )
    recorder.flush()
    with services.database.write() as session:
        record = plans.keep(session, run_id, made, services.now())
        runs.record(session, run_id, revision=made.revision, planner=made.planner, fallback=fallback)
        if fallback:
            run_events.append(session, run_id, services.now(), "fallback", {"reason": fallback})
        body = {"revision": made.revision, "digest": record.digest, "moves": len(made.moves), "summary": made.summary}
        run_events.append(session, run_id, services.now(), "plan", body)
        stake(session, run, made, facts)
        commission(session, services, run, made)
    return made.revision


def planner_id(planner: Planner) -> str:
    """Name and version of a planner, as recorded in its plans."""
    return re.sub(r"[^A-Za-z0-9._:/#-]", "-", f"{planner.name}/{planner.version}")[:80]


def _draft(services: Services, request: Request, facts: Facts, recorder: Recorder) -> tuple[Draft, Planner, str]:
    """The draft, who made it, and why the first choice could not ("" when it could)."""
    chosen = services.fallback if by_the_rules(request) else services.planner
    context = ToolContext(facts, request, library=services.library)
    try:
        return chosen.plan(request, Toolbox(context, recorder)), chosen, ""
    except QuartermasterError as error:
        if chosen is services.fallback:
            raise
        reason = f"{chosen.name}: {error}"
    draft = services.fallback.plan(request, Toolbox(context, recorder))
    return draft, services.fallback, reason[:4000]


def by_the_rules(request: Request) -> bool:
    """Commands, and whatever is said right after an offer, are never a model's."""
    return request.kind == "command" or bool(request.history and request.history[-1].offer)


def failed(services: Services, run_id: str, error: BaseException) -> str:
    """Record why a run could not be planned; the run goes on to its report with this reason.

    A failing database is no reason against the plan: it is raised again, and the run goes on later.
    """
    if isinstance(error, StorageFailed):
        raise error
    reason = str(error) if isinstance(error, QuartermasterError) else f"{type(error).__name__}: {error}"
    with services.database.write() as session:
        run_events.append(session, run_id, services.now(), "failed", {"reason": reason})
    return reason
