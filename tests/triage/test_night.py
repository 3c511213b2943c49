"""A night of triage on a world nobody has seen: what is labelled is found, each once, and what is cured is closed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from agent.runtime.compose import open_application
from agent.runtime.world import embedded, load_world
from agent.settings import Settings
from evals.harness.night import sleep_on
from evals.injector import night
from evals.worlds.generate import generate

FRESH = random.SystemRandom().randrange(10**6)


def test_a_small_night_on_a_fresh_world(tmp_path: Path):
    print(f"night {FRESH}")
    outcome = sleep_on(night(FRESH, 30, 15), tmp_path)
    assert outcome.faults == [], f"night {FRESH}"
    assert outcome.report.done and outcome.report.queued and outcome.report.escalated
    assert outcome.healed and outcome.withdrawn


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [7, 42, 1234, FRESH])
def test_a_whole_night_with_100_exceptions_and_50_near_misses(seed: int, tmp_path: Path):
    """About 20 s of processor time each (two cores, nothing else running: 15 s)."""
    print(f"night {seed}")
    outcome = sleep_on(night(seed, 100, 50), tmp_path)
    assert outcome.faults == [], f"night {seed}"
    assert {score.labelled for score in outcome.scores} == {10}


@pytest.mark.real
def test_on_a_world_full_of_trouble_sweeping_again_comes_to_rest(tmp_path: Path):
    """What our own plan shifts (a promise to another day or site) may be planned once more, and opens no case."""
    print(f"world {FRESH}")
    world = generate(FRESH)
    load_world(tmp_path, world.facts)
    app = open_application(Settings(home=tmp_path), now=world.facts.taken_at, connector=embedded(tmp_path))
    try:
        first = app.triage_report(app.triage_once())
        assert first.exceptions and not first.failed
        known = len(app.cases())
        app.triage_once()
        assert len(app.cases()) == known, f"world {FRESH}"
        app.take_event(world.events[0])
        app.triage_once()
        app.triage_once()
        entries, cases = app.head().count, len(app.cases())
        again = app.triage_report(app.triage_once())
        assert not again.new and not again.healed, f"world {FRESH}"
        assert (app.head().count, len(app.cases())) == (entries, cases), f"world {FRESH}"
        assert app.verify().ok
    finally:
        app.close()
