"""A scenario is told to the whole program: events and questions come in, people decide as its script says.

The program is reached only through its front door, on a fresh world; gold is carried out on another fresh world.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from agent.casework.outcome import Report
from agent.planners.interface import Planner
from agent.runtime.application import Application
from agent.runtime.compose import open_application
from agent.runtime.world import load_world, world_url
from agent.settings import Settings
from connectors import snapshot
from connectors.embedded.connector import EmbeddedDistributor
from domain.canonical import canonical_json
from domain.errors import NotAllowed, QuartermasterError
from domain.facts import Facts
from evals.harness.story import DECIDERS
from evals.verdict.ends import End, end_of
from evals.verdict.gold import carry_out
from evals.verdict.judging import Told, Trial, broken, judge
from evals.verdict.numbers import Records
from evals.verdict.reading import Scenario, Step

if TYPE_CHECKING:
    from guardrails.cards import Card

MOST_DECISIONS = 60


def trial(
    scenario: Scenario, right: tuple[End, ...], settings: Settings | None = None, planner: Planner | None = None
) -> Trial:
    """Tell the scenario once in a folder of its own, and judge it; `right` are its rightful ends.

    `settings` choose the configured planner and model; `planner` is handed in instead.
    """
    with TemporaryDirectory() as home:
        try:
            return judge(scenario, tell(scenario, Path(home), settings, planner), right)
        except QuartermasterError as error:
            return broken(str(error))


def rightful(scenario: Scenario) -> tuple[End, ...]:
    """Every end that is right: gold carried out on a fresh world to which the same events have happened."""
    begun = untouched(scenario)
    return tuple(carry_out(deepcopy(begun), deeds) for deeds in scenario.gold.ends)


def untouched(scenario: Scenario) -> End:
    """The end when nobody does anything about the events."""
    with TemporaryDirectory() as home:
        load_world(Path(home), scenario.world)
        outside = EmbeddedDistributor(world_url(Path(home)))
        try:
            for step in scenario.script.steps:
                if step.event is not None and step.then == "taken":
                    outside.happen(step.event)
            return _end(scenario.world, outside)
        finally:
            outside.close()


def _end(start: Facts, outside: EmbeddedDistributor) -> End:
    now = snapshot.take(outside.reads, start.taken_at)
    return end_of(start, now, outside.reads.crm.tasks(), outside.credit_asked())


@dataclass
class _Seen:
    """What is noted on the way."""

    cases: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refused: set[tuple[str, str]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


def tell(scenario: Scenario, home: Path, settings: Settings | None = None, planner: Planner | None = None) -> Told:
    """Tell the story to the program in `home`, let people decide, and gather what was said and what came of it.

    Raises what the program raises, but for a user who is refused.
    """
    load_world(home, scenario.world)
    outside = EmbeddedDistributor(world_url(home))
    given = settings.model_copy(update={"home": home, "database_url": None}) if settings else Settings(home=home)
    app = open_application(given, now=scenario.world.taken_at, connector=outside, planner=planner)
    seen = _Seen()
    try:
        for step in scenario.script.steps:
            seen.cases.append(_say(app, step, seen))
        _decide(app, scenario, seen)
        seen.faults += [f"outcome: the books are wrong: {fault}" for fault in outside.audit()]
        return _gather(app, scenario, seen, _end(scenario.world, outside))
    finally:
        app.close()


def _say(app: Application, step: Step, seen: _Seen) -> str:
    """The case that a step belongs to; "" when it has none."""
    try:
        if step.event is None:
            return app.ask(step.ask, step.user).run.case
        taken = app.take_event(step.event, step.user)
    except NotAllowed as refused:
        if step.then != "refused":
            seen.faults.append(f"outcome: {step.user} was refused: {refused}")
        return ""
    if step.then == "refused":
        seen.faults.append(f"outcome: {step.user} was not refused")
    elif (taken.arrival.value == "stale") != (step.then == "stale"):
        seen.faults.append(f"outcome: event {step.event.id} is {taken.arrival.value}")
    return taken.case or ""


def _decide(app: Application, scenario: Scenario, seen: _Seen) -> None:
    """Answer every card that waits as the script says, until none does."""
    for _ in range(MOST_DECISIONS):
        ready = [card for card in app.approvals() if not card.before]
        if not ready:
            return
        seen.asked.append(ready[0].role)
        seen.refused |= {(ready[0].role, person) for person in _answer(app, ready[0], scenario)}
    seen.faults.append(f"outcome: more than {MOST_DECISIONS} questions")


def _answer(app: Application, card: Card, scenario: Scenario) -> list[str]:
    """People of the role try in turn; the program refuses those who may not, and they are handed back.

    NotAllowed when it refuses all of them.
    """
    ruling = next((item for item in scenario.script.decisions if item.role == card.role), None)
    refused: list[str] = []
    for person in DECIDERS[card.role]:
        try:
            if ruling is not None and ruling.say == "approve":
                app.approve(card.approval, person, card.digest, ruling.reason)
            else:
                app.reject(card.approval, person, ruling.reason if ruling else "nobody was to ask me", card.digest)
            return refused
        except NotAllowed:
            refused.append(person)
    raise NotAllowed(f"nobody of {card.role} may decide {card.approval}", field="role")


def _gather(app: Application, scenario: Scenario, seen: _Seen, end: End) -> Told:
    runs = {case: [app.report(run.id) for run in app.runs(case)] for case in dict.fromkeys(seen.cases) if case}
    reports = [report for found in runs.values() for report in found]
    moves = {item.move.id: item for report in reports for item in report.moves}
    done = [item for item in moves.values() if item.state.value == "executed"]
    faults = [f"outcome: another planner stood in: {report.run.fallback}" for report in reports if report.run.fallback]
    faults += [] if app.verify().ok else ["outcome: the ledger is not what was written"]
    return Told(
        said=tuple("\n".join(text for report in runs.get(case, ()) for text in _texts(report)) for case in seen.cases),
        records=Records(_records(app, reports), scenario.expected.known),
        asked=tuple(seen.asked),
        refused=frozenset(seen.refused),
        executed=len(done),
        unattended=frozenset(item.move.kind for item in done if not item.approvals),
        faults=(*seen.faults, *faults),
        end=end,
        head=app.head().hash,
    )


def _records(app: Application, reports: list[Report]) -> list[object]:
    """Facts, plans, moves with verdicts and effects, events, tool results and the ledger, as JSON values."""
    records: list[object] = [json.loads(line, parse_float=Decimal) for line in app.export("arthur")]
    for report in reports:
        parts = (app.facts(report.run.id), report.plan, report.run.request.events, report.moves)
        records += [json.loads(canonical_json(part)) for part in parts if part is not None]
        records += [json.loads(event.body) for event in app.events(report.run.id) if event.kind == "tool"]
    return records


def _texts(report: Report) -> list[str]:
    """Everything a person reads of a run: its report, its moves with their reasons and notices, its answer."""
    texts = [report.text]
    if report.answer is not None:
        texts += [report.answer.text, *(" ".join(row) for row in report.answer.rows)]
    if report.plan is not None:
        texts += [report.plan.summary, report.plan.untouched]
    texts += [f"{item.line} stays {item.short} short: {item.reason}" for item in report.shortages]
    for item in report.moves:
        texts += [item.move.title, item.move.reason, *(effect.why for effect in item.move.effects)]
        for action in item.move.actions:
            if action.kind == "create_customer_task":
                texts += [action.subject, action.notice]
            elif action.kind == "escalate":
                texts.append(action.reason)
    return texts
