"""The whole program on thirty worlds, with people who decide as the dice fall; the judge does the books of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.__main__ import faults_of
from evals.harness.story import play
from evals.worlds.generate import generate
from evals.worlds.world import Dice

pytestmark = pytest.mark.nightly


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_the_books_are_right_however_the_dice_fall(seed: int, tmp_path: Path):
    reject = Dice(seed, "mood").pick((0, 10, 30, 60, 100))
    story = play(generate(seed), tmp_path, reject_percent=reject)
    print(f"world {seed}, {reject} % rejected: {story.states}")
    assert story.moves
    assert faults_of(story) == []
