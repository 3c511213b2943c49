"""The plan node on a real database, for planners that fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.nodes import plan as plan_node
from agent.planners.interface import Planner
from agent.planners.rules.planner import RulesPlanner
from domain.canonical import canonical_json
from domain.requests import Request
from guardrails.policy import default_policy
from storage import cases, plans, run_events, runs, snapshots
from storage.database import Database
from storage.records import Run
from tests.databases import migrated
from tests.llm.talks import KEY, box
from tests.storage.samples import case
from tests.tools.worlds import NOW, world

Fallen = Callable[[Planner, Request], str]


@pytest.fixture
def fallen(tmp_path: Path) -> Iterator[Fallen]:
    """Runs the plan node on a real database; the reason it recorded, once the rules have planned instead."""
    with migrated("sqlite", tmp_path) as database:
        yield lambda model, asked: _fallen(database, model, asked)


def _fallen(database: Database, model: Planner, asked: Request) -> str:
    facts = world()
    services: Any = SimpleNamespace(
        database=database,
        now=lambda: NOW,
        policy=default_policy(),
        planner=model,
        fallback=RulesPlanner(),
        library=None,
    )
    run = Run(id="R-1", case=asked.case, kind=asked.kind, request=asked, actor=asked.by, created_at=NOW)
    with database.write() as session:
        snapshots.put(session, facts)
        cases.open_case(session, case(asked.case))
        runs.admit(session, run)
    assert plan_node.plan(services, run.id, facts.id) == asked.revision
    with database.read() as session:
        made, run = plans.load(session, asked.case, asked.revision), runs.get(session, run.id)
        happened = [(event.kind, event.body) for event in run_events.since(session, run.id)]
    rules = RulesPlanner().plan(asked, box(asked)[0])
    assert [move.substance for move in made.moves] == [move.substance for move in rules.moves]
    assert made.planner == run.planner == "rules/2"
    reason = run.fallback or ""
    assert ("fallback", canonical_json({"reason": reason})) in happened
    assert KEY not in str(happened)
    return reason
