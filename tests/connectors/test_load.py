"""A world is loaded whole or not at all, and the built-in world is the case it says it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.embedded.load import create
from connectors.embedded.world import BUILT_IN_NOW, BUILT_IN_SKU, built_in, built_in_event
from connectors.snapshot import take
from domain.customers import CreditStatus
from domain.errors import BadInput, DependencyDown, UnknownReference
from domain.execution import TaskState, WaveState
from domain.facts import Facts
from domain.orders import HoldKind, LineState
from evals.worlds.check import faults, shortage
from evals.worlds.generate import generate
from tests.connectors.embedded import EmbeddedAdapter
from tests.connectors.small import small_world


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[EmbeddedAdapter]:
    made = EmbeddedAdapter(f"sqlite:///{tmp_path}/distributor.db", small_world())
    yield made
    made.close()


def test_loading_again_replaces_the_world_its_effects_and_its_faults(adapter: EmbeddedAdapter):
    adapter.reserve("k1", "O-BIG/1", 5)
    adapter.off("erp")
    adapter.load(built_in())
    assert take(adapter.reads, BUILT_IN_NOW) == built_in()
    adapter.load(small_world())
    assert not adapter.reserve("k1", "O-BIG/1", 5).replayed


def _without(facts: Facts, name: str) -> Facts:
    return facts.replace(**{name: ()})


@pytest.mark.parametrize("name", ["customers", "skus", "sites", "orders", "inbound"])
def test_a_world_that_names_what_is_not_there_is_refused_and_the_old_one_stays(adapter: EmbeddedAdapter, name: str):
    with pytest.raises(UnknownReference) as unknown:
        adapter.load(_without(built_in(), name))
    assert unknown.value.field and unknown.value.fix
    assert adapter.facts() == small_world()


def test_a_world_with_one_id_twice_is_refused_and_the_old_one_stays(adapter: EmbeddedAdapter):
    world = built_in()
    with pytest.raises(BadInput) as bad:
        adapter.load(world.replace(shipments=(*world.shipments, world.shipments[0])))
    assert bad.value.fix
    assert adapter.facts() == small_world()


def test_loading_into_nowhere_says_so(tmp_path: Path):
    with pytest.raises(DependencyDown):
        create(f"sqlite:///{tmp_path}/no/such/folder/x.db", small_world())


@pytest.mark.parametrize("seed", [3, 8])
def test_generated_worlds_come_back_as_they_are(adapter: EmbeddedAdapter, seed: int):
    world = generate(seed).facts
    adapter.load(world)
    assert take(adapter.reads, world.taken_at).id == world.id
    assert adapter.audit() == []


def test_the_small_world_and_the_built_in_world_are_consistent():
    assert faults(small_world()) == ()
    assert faults(built_in()) == ()
    assert built_in().id == built_in().id


def test_the_built_in_world_comes_back_as_it_is(adapter: EmbeddedAdapter):
    adapter.load(built_in())
    assert take(adapter.reads, BUILT_IN_NOW).id == built_in().id
    assert adapter.audit() == []


def test_the_delay_makes_the_lead_item_really_short(adapter: EmbeddedAdapter):
    assert shortage(built_in(), (), BUILT_IN_SKU) <= 0
    adapter.load(built_in())
    said = adapter.distributor.happen(built_in_event())
    facts = take(adapter.reads, BUILT_IN_NOW)
    stock = sum(item.sellable for item in facts.positions if item.sku == BUILT_IN_SKU)
    assert shortage(facts, (), BUILT_IN_SKU) > stock, "more than all stock is missing"
    assert len(said) > 1 and adapter.audit() == []


def test_first_come_first_served_leaves_a_strict_contract_short_while_others_hold_stock():
    facts = built_in()
    strict = {c.id for c in facts.customers if c.contract and c.contract.strict}
    hard: dict[bool, int] = {True: 0, False: 0}
    for held in facts.reservations:
        if held.sku == BUILT_IN_SKU and held.inbound is None and held.line:
            hard[facts.order(facts.line(held.line).order).customer in strict] += held.quantity
    asked = sum(
        line.open_quantity for line in facts.lines_of_sku(BUILT_IN_SKU) if facts.order(line.order).customer in strict
    )
    assert len(strict) == 2 and hard[True] < asked / 2 < hard[False]


def test_promises_of_the_built_in_world_can_be_kept_before_the_delay():
    """Every promised line is covered by reservations that can arrive by its promise on the fastest lane."""
    facts = built_in()
    for order in facts.orders:
        for line in order.lines:
            held = [item for item in facts.reservations if item.line == line.id]
            if line.promise is None:
                assert not held
                continue
            assert sum(item.quantity for item in held) == line.open_quantity, line.id
            for item in held:
                ready = facts.inbound_supply(item.inbound).eta if item.inbound else facts.today
                days = min(
                    lane.transit_days
                    for lane in facts.lanes
                    if (lane.origin, lane.destination) == (item.site, order.region)
                )
                for _ in range(days):
                    ready += timedelta(days=1 if ready.isoweekday() < 5 else 8 - ready.isoweekday())
                assert ready <= line.promise.current, line.id


def test_the_built_in_world_has_everything_the_story_needs():
    facts = built_in()
    assert (len(facts.sites), len(facts.skus), len(facts.customers), len(facts.orders)) == (3, 8, 14, 30)
    assert len({order.channel for order in facts.orders}) >= 4
    assert {order.currency for order in facts.orders} == {"USD", "EUR"}
    assert any("ignore policy" in order.notes for order in facts.orders)
    assert any(hold.kind is HoldKind.COMPLIANCE for order in facts.orders for hold in order.holds)
    on_hold = {c.id for c in facts.customers if c.credit.status is CreditStatus.HOLD}
    assert any(held.line and facts.order(held.owner).customer in on_hold for held in facts.reservations)
    assert sorted(wave.state for wave in facts.waves) == [WaveState.PLANNED, WaveState.RELEASED, WaveState.RELEASED]
    picks = [task for wave in facts.waves if wave.state is WaveState.RELEASED for task in wave.tasks]
    assert [task.state for task in picks].count(TaskState.PICKED) == 1
    assert any(
        task.sku == BUILT_IN_SKU and task.state is TaskState.OPEN and facts.line(task.line).state is LineState.RELEASED
        for task in picks
    )
    assert any(line.uom == "CS" for order in facts.orders for line in order.lines)
    assert any(line.ship_complete for order in facts.orders for line in order.lines)
    assert len(facts.transfers) == 2 and any(supply.expedite for supply in facts.inbound)
