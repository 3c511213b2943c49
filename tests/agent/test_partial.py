"""Partial decisions: whatever people approve, reject, edit or let expire, nothing is left half-way."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from connectors.embedded.faults import Fault
from evals.worlds.generate import generate
from evals.worlds.world import Dice
from tests.agent.house import NOW, careful_policy, distributor, in_another_process, opened
from tests.agent.partial import MOST, Open, begin, books, decide, findings, in_world, let_all_end

FRESH = random.SystemRandom().sample(range(10**6), 40)
KILLED = """
from evals.worlds.generate import generate
from evals.worlds.world import Dice
from tests.agent.partial import decide, in_world
with in_world(home, generate({seed})) as app:
    dice = Dice({seed}, "killed {round}")
    while decide(app, dice, {seed}):
        pass
"""


def _play(seed: int, home: Path, open_at: Open, *, at_once: bool, most: int = MOST) -> None:
    """`at_once`: everything is carried out after each decision, and what nobody has decided expires two days later: it
    is asked of the role above, or blocked; else everything is carried out together, and the rest approved (rejected
    when fewer than usual are decided, at `most`)."""
    before, dice = books(home, NOW), Dice(seed, "partial")
    did: list[str] = []
    with open_at(0) as application:
        while len(did) < most and (done := decide(application, dice, seed, settle=at_once)):
            did.append(done)
        application.settle()
        if not at_once:
            let_all_end(application, yes=most == MOST)
    if at_once:
        with open_at(48) as application:
            let_all_end(application)
    print(f"seed {seed}: {len(did)} decisions, { ({name: did.count(name) for name in sorted(set(did))}) }")
    assert did
    assert findings(home, before) == ()


@pytest.mark.parametrize(
    "most", [5, pytest.param(MOST, marks=pytest.mark.real)], ids=["a few decisions", "all of them"]
)
def test_partial_decisions_leave_no_move_half_executed_and_no_loser_without_a_winner(careful: Path, most: int):
    def open_at(hours: int):
        return opened(careful, now=NOW + timedelta(hours=hours), policy=careful_policy(careful))

    _play(FRESH[0], careful, open_at, at_once=False, most=most)


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(1, 20))
def test_partial_decisions_on_drawn_worlds(number: int, tmp_path: Path):
    world = generate(FRESH[number])
    begin(tmp_path, world)
    _play(FRESH[number], tmp_path, partial(in_world, tmp_path, world), at_once=True)


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(20, 30))
def test_partial_decisions_with_kills_in_the_middle(number: int, tmp_path: Path):
    """The process dies at a write of a random kind, before or after the other system has committed it; again and again
    people go on deciding in the next process."""
    seed = FRESH[number]
    world, dice = generate(seed), Dice(seed, "kills")
    begin(tmp_path, world)
    before = books(tmp_path, NOW)
    for round_ in range(3):
        system, operation = dice.pick(
            (("erp", "reserve"), ("erp", "release"), ("erp", "update_promise"), ("crm", "create_task"))
        )
        with distributor(tmp_path) as outside:
            point = "before_commit" if dice.chance(50) else "after_commit"
            outside.faults.set(Fault.model_validate({"system": system, "die_at": point, "die_operation": operation}))
        died = in_another_process(KILLED.format(seed=seed, round=round_), tmp_path)
        assert died.returncode in (-9, 0), died.stderr
    with distributor(tmp_path) as outside:
        outside.faults.clear()
    with in_world(tmp_path, world, 48) as application:
        let_all_end(application)
    assert findings(tmp_path, before) == (), seed
