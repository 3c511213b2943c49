"""The whole program on worlds it has never seen: the story ends, the books are right, and it can be told again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from evals.accounting import Statement
from evals.harness.story import Story, play
from evals.worlds.generate import generate

ENDS = {"executed", "denied", "rejected", "cancelled", "superseded", "expired"}


@pytest.mark.parametrize("which", [0, *(pytest.param(more, marks=pytest.mark.real) for more in (1, 2))])
def test_the_story_holds_on_a_fresh_world(which: int, tmp_path: Path):
    seed = random.SystemRandom().randrange(10**6)
    print(f"fresh world {seed} ({which})")
    _holds(seed, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("reject", [0, 30, 100])
@pytest.mark.parametrize("seed", [7, 21, 42, 102, 201, 206])
def test_the_story_holds_on_known_worlds_however_people_decide(tmp_path: Path, seed: int, reject: int):
    _holds(seed, tmp_path, reject)


@pytest.mark.real
def test_the_same_world_told_twice_leaves_the_same_bytes(tmp_path: Path):
    first = _holds(11, tmp_path / "a", 20)
    second = _holds(11, tmp_path / "b", 20)
    assert first.rejected and first.executed
    assert first.end == second.end
    assert first.ledger == second.ledger


def test_a_promise_that_was_told_is_true_although_other_moves_were_refused(tmp_path: Path):
    story = play(generate(204), tmp_path, reject_percent=20)
    assert story.rejected and story.executed
    assert [str(finding) for finding in story.findings if finding.law == "promise"] == []


def _contracts(state: Statement) -> tuple[int, int]:
    """What strict contracts have: units, and units on time. It comes before money."""
    return state.strict_units, state.strict_on_time


def _holds(seed: int, home: Path, reject: int = 0) -> Story:
    home.mkdir(exist_ok=True)
    story = play(generate(seed), home, reject_percent=reject)
    said = f"world {seed}: {story.states}"
    assert story.moves, said
    assert set(story.states) <= ENDS, said
    assert [str(finding) for finding in story.findings] == [], said
    assert story.verified and story.replayed, said
    if not reject:
        assert story.executed, said
        assert _contracts(story.after) >= _contracts(story.before), f"{said}: {story.before} became {story.after}"
        better = story.after.value >= story.before.value or _contracts(story.after) > _contracts(story.before)
        assert better, f"{said}: {story.before} became {story.after}"
    return story
