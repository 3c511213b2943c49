"""Generated worlds are consistent, the same every time, and run short when the delay has happened."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from domain.execution import TaskState, WaveState
from domain.facts import Facts
from domain.inventory import ReservationKind
from domain.orders import HoldKind
from evals.worlds.check import faults, shortage
from evals.worlds.generate import generate

SEEDS = range(50)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_generated_world_is_consistent(seed: int):
    assert faults(generate(seed).facts) == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_delay_makes_a_real_shortage_where_there_was_next_to_none(seed: int):
    world = generate(seed)
    after = shortage(world.facts, world.events, world.hot)
    before = shortage(world.facts, (), world.hot)
    assert after > 0
    assert before < after


@pytest.mark.parametrize("seed", SEEDS)
def test_a_generated_world_has_everything_the_story_needs(seed: int):
    facts = generate(seed).facts
    assert 2 <= len(facts.sites) <= 4
    assert 5 <= len(facts.skus) <= 12
    assert 8 <= len(facts.customers) <= 25
    assert 20 <= len(facts.orders) <= 60
    assert any(c.contract and c.contract.strict and c.contract.fill_floor > 0 for c in facts.customers)
    assert any(c.on_credit_hold for c in facts.customers)
    assert any(hold.kind is HoldKind.COMPLIANCE for order in facts.orders for hold in order.holds)
    assert any(wave.state is WaveState.RELEASED for wave in facts.waves)
    states = {task.state for wave in facts.waves for task in wave.tasks}
    assert {TaskState.OPEN, TaskState.PICKED} <= states
    assert {r.kind for r in facts.reservations} == {ReservationKind.HARD, ReservationKind.SOFT}
    assert any("gnore all earlier" in order.notes for order in facts.orders)
    assert facts.transfers and facts.substitutes and facts.demand
    assert any(supply.expedite for supply in facts.inbound)


def test_over_many_worlds_every_rarer_thing_occurs():
    worlds = [generate(seed).facts for seed in SEEDS]
    lines = [line for facts in worlds for order in facts.orders for line in order.lines]
    tasks = [task for facts in worlds for wave in facts.waves for task in wave.tasks]
    assert any(task.state is TaskState.HELD for task in tasks)
    assert any(line.ship_complete for line in lines) and any(line.frozen for line in lines)
    assert any(line.allowed_sites for line in lines) and any(line.shipped for line in lines)
    assert {line.uom for line in lines} == {"EA", "CS"}
    assert len({order.currency for facts in worlds for order in facts.orders}) == 3
    assert any(facts.shipments for facts in worlds)


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    script = "from evals.worlds.generate import generate; print(*(generate(s).facts.id for s in (1, 99, -3)))"
    ids = [generate(seed).facts.id for seed in (1, 99, -3)]
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ids


def test_other_seeds_give_other_worlds():
    assert len({generate(seed).facts.id for seed in SEEDS}) == len(SEEDS)


def _without_first_sku(facts: Facts) -> Facts:
    return facts.replace(skus=facts.skus[1:])


def _over_reserved(facts: Facts) -> Facts:
    first = facts.reservations[0]
    return facts.replace(
        reservations=(first.model_copy(update={"quantity": first.quantity + 10_000}), *facts.reservations[1:])
    )


def _order_twice(facts: Facts) -> Facts:
    return facts.replace(orders=(*facts.orders, facts.orders[0]))


def _no_way_out(facts: Facts) -> Facts:
    return facts.replace(lanes=())


def _picked_nothing_reserved(facts: Facts) -> Facts:
    return facts.replace(reservations=())


def _over_granted(facts: Facts) -> Facts:
    first = facts.transfers[0]
    return facts.replace(transfers=(first.model_copy(update={"granted": first.quantity + 1}),))


def _read_in_the_future(facts: Facts) -> Facts:
    return facts.replace(taken_at=facts.taken_at - timedelta(days=3))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_without_first_sku, "which is not there"),
        (_over_reserved, "reserved of"),
        (_order_twice, "stands 2 times"),
        (_no_way_out, "no lane to"),
        (_picked_nothing_reserved, "reserved there"),
        (_over_granted, "granted of"),
        (_read_in_the_future, "read in the future"),
    ],
)
def test_the_check_finds_what_was_spoiled(spoil, says: str):
    found = faults(spoil(generate(7).facts))
    assert any(says in fault for fault in found), found
