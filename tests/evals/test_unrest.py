"""Whatever people do in whatever order, and whenever the process goes away: no effect without an allow or a matching,
unexpired approval by somebody entitled, of exactly what was shown; judged by an auditor who has only the export."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from evals.harness.unrest import Unrest
from evals.worlds.generate import generate
from evals.worlds.world import Dice


def holds(seed: int, home: Path, steps: int) -> Unrest:
    unrest = Unrest(generate(seed), home, Dice(seed, "unrest")).play(steps)
    print(f"world {seed}: {dict(sorted(unrest.tally.items()))}")
    assert [str(finding) for finding in unrest.findings] == []
    return unrest


def test_unrest_on_a_drawn_world_leaves_an_export_in_order(tmp_path: Path):
    seed = random.SystemRandom().randrange(10**6)
    print(f"fresh world {seed}")
    assert holds(seed, tmp_path, 25).tally


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(12))
def test_long_unrest_on_drawn_worlds_leaves_exports_in_order(number: int, tmp_path: Path):
    seed = random.SystemRandom().randrange(10**6)
    print(f"fresh world {seed} ({number})")
    tally = holds(seed, tmp_path, 200).tally
    assert tally["approve"] and tally["settle"] and tally["crash"]
