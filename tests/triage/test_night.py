"""A night of triage on a world nobody has seen: what is labelled is found, each once, and what is cured is closed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from evals.harness.night import sleep_on
from evals.injector import night

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
