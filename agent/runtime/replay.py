"""Replay: the plan of a run, computed again from what was recorded, compared byte for byte."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable

from agent.nodes.plan import planner_id
from agent.planners.assemble import assemble
from agent.planners.interface import Planner
from agent.planners.rules.planner import RulesPlanner
from domain.canonical import canonical_json
from domain.engine import ENGINE
from domain.errors import BadInput
from domain.noun import Id, Noun, Text
from domain.plans import Plan
from domain.requests import ToolCall
from guardrails import redaction
from guardrails.ledger import Ledger
from guardrails.redaction import Redaction
from knowledge.passages import Library
from storage import plans, run_events, runs, snapshots
from storage.database import Database
from tools.context import ToolContext
from tools.toolbox import Toolbox


class Replay(Noun):
    """What a replay found. `same`: equal bytes. `note` says why a difference was to be expected, "" when it was not."""

    run: Id
    same: bool
    recorded: str
    replayed: str
    engine: Id
    engine_now: Id
    planner: Id
    note: Text = ""
    redacted: Text = ""
    """By whom, when and why what it rests on was taken away; nothing is planned again then."""
    difference: tuple[Text, ...] = ()


Replaying = Callable[[tuple[str, ...], str], Planner]
"""From the recorded outputs of a model and the id of the policy it planned under to a planner that plans from them."""


def replay(
    database: Database, ledger: Ledger, run_id: str, replaying: Replaying, library: Library | None = None
) -> Replay:
    """Plan a run again from its request, snapshot and policy. BadInput when it has no plan yet.

    A run planned by a model is fed the model's recorded outputs; one that looked into documents looks into `library`,
    and another library than the recorded one is said. A run that was redacted is not planned again: the answer says
    by whom, when and why. IntegrityBroken when what was recorded was changed.
    """
    with database.read() as session:
        run = runs.get(session, run_id)
        made = plans.of_run(session, run_id)
        if not made:
            raise BadInput(f"run '{run_id}' has no plan", field="run", fix="replay a run that has planned something")
        recorded = plans.load(session, made[-1].case, made[-1].revision)
        if (gone := redaction.of_plan(session, ledger, run_id)) is not None:
            return _redacted(recorded, run_id, gone)
        facts = snapshots.get(session, recorded.facts)
        told = run_events.since(session, run_id)
    calls = tuple(ToolCall.model_validate(json.loads(event.body)) for event in told if event.kind == "tool")
    outputs = tuple(call.result for call in calls if call.tool == "model")
    by_model = recorded.planner.startswith("llm/")
    planner: Planner = replaying(outputs, recorded.policy) if by_model else RulesPlanner()
    draft = planner.plan(run.request, Toolbox(ToolContext(facts, run.request, library=library), lambda _: None))
    again = assemble(draft, run.request, planner=recorded.planner, policy=recorded.policy, facts=recorded.facts)
    before, after = canonical_json(recorded), canonical_json(again)
    return Replay(
        run=run_id,
        same=before == after,
        recorded=plans.plan_digest(recorded),
        replayed=plans.plan_digest(again),
        engine=recorded.engine,
        engine_now=ENGINE,
        planner=recorded.planner,
        note="; ".join([*_notes(recorded, planner), *_other_library(calls, library)]),
        difference=_difference(before, after),
    )


def _redacted(recorded: Plan, run_id: str, gone: Redaction) -> Replay:
    return Replay(
        run=run_id,
        same=False,
        recorded=plans.plan_digest(recorded),
        replayed="",
        engine=recorded.engine,
        engine_now=ENGINE,
        planner=recorded.planner,
        redacted=gone.in_words()[:4000],
    )


def _notes(recorded: Plan, planner: Planner) -> list[str]:
    notes = []
    if recorded.engine != ENGINE:
        notes.append(f"planned by engine {recorded.engine}, replayed by {ENGINE}: a difference is no fault")
    if recorded.planner != planner_id(planner):
        notes.append(f"planned by {recorded.planner}, replayed by {planner_id(planner)}: a difference is no fault")
    return notes


def _other_library(calls: tuple[ToolCall, ...], library: Library | None) -> list[str]:
    """Says when the documents have changed since they were looked up."""
    looked = {str(json.loads(call.result)["library"]) for call in calls if call.tool == "lookup"}
    now = library.id if looked and library is not None else "no library"
    return [
        f"looked up in library {before}, replayed with {now}: a difference is no fault"
        for before in sorted(looked - {now})
    ]


def _difference(before: str, after: str) -> tuple[str, ...]:
    """Lines that differ, as a unified diff of the indented plans; empty when they are equal."""
    if before == after:
        return ()
    left, right = (json.dumps(json.loads(text), indent=1, sort_keys=True).splitlines() for text in (before, after))
    found = difflib.unified_diff(left, right, "recorded", "replayed", lineterm="", n=1)
    return tuple(line[:300] for line in list(found)[:200])
