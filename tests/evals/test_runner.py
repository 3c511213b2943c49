"""The runner of the evaluations: it says what is wrong, and its yardsticks obey the judge's own books."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from connectors import snapshot
from connectors.embedded.connector import EmbeddedDistributor
from connectors.embedded.load import create
from domain.facts import Facts
from domain.orders import LineState
from domain.requests import Rates
from evals.__main__ import faults_of
from evals.accounting import Finding, statement
from evals.accounting.books import held, per_bucket, supply
from evals.first_come import first_come
from evals.harness.story import Story
from evals.worlds.generate import generate


def _after_the_event(seed: int, folder: Path) -> Facts:
    """What the systems of a world say once its supplier has told."""
    world = generate(seed)
    url = f"sqlite:///{folder / f'{seed}.db'}"
    create(url, world.facts)
    outside = EmbeddedDistributor(url)
    try:
        for event in world.events:
            outside.happen(event)
        return snapshot.take(outside.reads, world.facts.taken_at)
    finally:
        outside.close()


@pytest.mark.parametrize("seed", range(12))
def test_first_come_first_served_promises_nothing_twice_and_keeps_its_rules(seed: int, tmp_path: Path):
    world, facts = generate(seed), _after_the_event(seed, tmp_path)
    after = first_come(facts, (world.hot,))
    limits = supply(after)
    for bucket, units in per_bucket(held(after)).items():
        assert units <= limits.get(bucket, 0), bucket
    got: dict[str, int] = {}
    for (holder, _), units in held(after).items():
        got[holder] = got.get(holder, 0) + units
    for order in after.orders:
        for line in order.lines:
            if line.sku != world.hot or line.frozen or line.state is LineState.PICKED:
                before = {key: units for key, units in held(facts).items() if key[0] == line.id}
                assert before == {key: units for key, units in held(after).items() if key[0] == line.id}
            elif order.holds or after.customer(order.customer).on_credit_hold:
                assert line.id not in got
            else:
                assert got.get(line.id, 0) <= line.open_quantity
                if line.ship_complete or order.ship_complete:
                    assert got.get(line.id, 0) in (0, line.open_quantity)


def _story(**changes: object) -> Story:
    facts = generate(7).facts
    books = statement(facts, Rates())
    story = Story(
        world="synthetic-7", moves=1, states={"executed": 1}, executed=(), approved=0, rejected=0, findings=(),
        before=books, after=books, end="", ledger=(), verified=True, replayed=True, start=facts, rates=Rates(),
    )  # fmt: skip
    return replace(story, **changes)  # type: ignore[arg-type]


def test_a_story_that_is_right_has_no_faults():
    assert faults_of(_story()) == []


def test_everything_that_can_be_wrong_with_a_story_is_said():
    poorer = _story().after.model_copy(update={"value": _story().after.value - 1})
    wrong = {
        "oversell": _story(findings=(Finding("oversell", "X A", "5 reserved of 4"),)),
        "ledger": _story(verified=False),
        "replay": _story(replayed=False),
        "doing nothing": _story(after=poorer),
    }
    for word, story in wrong.items():
        (fault,) = faults_of(story)
        assert word in fault
    assert faults_of(_story(after=poorer, rejected=1)) == [], "what people refused is not the program's fault"


@pytest.mark.real
def test_the_runner_judges_a_world_and_prints_one_envelope():
    command = [sys.executable, "-m", "evals", "7", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = json.loads(done.stdout)["data"]["evals"]["items"]
    assert row["seed"] == 7 and row["verdict"] == "right" and row["findings"] == 0
    assert float(row["ours"]) > float(row["nothing"])
