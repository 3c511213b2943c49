"""A week of watching: what the report of agreement says is what the judge counts, on worlds nobody has seen."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from connectors.embedded.world import built_in, built_in_event
from evals.harness.week import Week, watch
from evals.worlds.generate import generate


def _held(week: Week, said: str) -> Week:
    assert week.faults == [], said
    assert week.report.total.moves, said
    return week


def test_a_day_of_watching_the_built_in_world_is_reported_with_money(tmp_path: Path):
    week = _held(watch(built_in(), (built_in_event(),), 1, tmp_path, "as planned", days=1, sweeps=False), "built-in")
    total = week.report.total
    assert total.unit_agreement is not None and total.unit_agreement > 0
    assert total.plan_value > 0 and total.people_value > 0
    assert {part.label for part in week.report.by_kind} >= {"supplier_delay"}
    assert sum(part.tally.either_units for part in week.report.by_kind) == total.either_units
    assert sum(part.tally.either_units for part in week.report.by_segment) == total.either_units


@pytest.mark.nightly
def test_a_week_of_watching_holds_on_the_built_in_world_and_three_drawn_ones(tmp_path: Path):
    _held(watch(built_in(), (built_in_event(),), 1, tmp_path / "built-in"), "built-in")
    for seed in random.SystemRandom().sample(range(10**6), 3):
        print(f"fresh world {seed}")
        world = generate(seed)
        _held(watch(world.facts, world.events, seed, tmp_path / str(seed)), f"world {seed}")


@pytest.mark.nightly
def test_people_who_do_nothing_agree_with_nothing(tmp_path: Path):
    world = generate(7)
    week = _held(watch(world.facts, world.events, 7, tmp_path, "not at all", days=2), "nothing")
    assert week.report.total.agreed_units == 0 and week.report.total.same == 0
