"""What a unit is worth, factor by factor."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.customers import Tier
from domain.errors import UnknownReference
from domain.execution import PickTask, TaskState, Wave, WaveState
from domain.inventory import DemandSignal, Lot, Sku
from domain.scoring import score_line, score_transfer
from domain.sites import Lane
from tests.domain.world import (
    LANES,
    NOW,
    RATES,
    TODAY,
    contract,
    customer,
    facts,
    inbound,
    order,
    stock,
    transfer,
)


def factors(world, line="SO1-1", site="EAST", coming=None) -> dict[str, int]:
    score = score_line(world, line, site, coming, RATES)
    assert score is not None
    assert score.total_minor == sum(factor.minor for factor in score.factors)
    assert all(factor.text for factor in score.factors)
    return {factor.name: factor.minor for factor in score.factors}


def with_contract(**more):
    return (customer("MID", contract=contract(**more)),)


def test_margin_is_price_in_base_currency_less_cost():
    assert factors(facts(orders=(order("SO1", "MID", 5),)))["margin"] == 400
    assert factors(facts(orders=(order("SO1", "MID", 5, currency="EUR"),)))["margin"] == 500


def test_a_contract_penalty_is_avoided_by_arriving_on_time():
    world = facts(customers=with_contract(), orders=(order("SO1", "MID", 5),))
    assert factors(world)["service_level"] == 30
    late = facts(customers=with_contract(), orders=(order("SO1", "MID", 5, requested=TODAY),))
    assert factors(late)["service_level"] == 0


def test_inbound_supply_avoids_the_penalty_only_as_surely_as_its_supplier():
    due = date(2026, 3, 30)
    world = facts(customers=with_contract(), orders=(order("SO1", "MID", 5, requested=due),), inbound=(inbound(),))
    assert factors(world, coming="PO-1")["service_level"] == 24


def test_a_contract_not_in_force_on_the_due_date_counts_for_nothing():
    ended = with_contract(ends=date(2026, 3, 1))
    assert factors(facts(customers=ended, orders=(order("SO1", "MID", 5),)))["service_level"] == 0


def test_without_a_contract_every_late_day_costs_up_to_the_cap():
    def late(days: int) -> int:
        due = date(2026, 3, 6) - timedelta(days=days)
        return factors(facts(orders=(order("SO1", "MID", 5, requested=due),)))["service_level"]

    assert [late(0), late(1), late(10), late(90)] == [0, -3, -30, -90]


def test_tier_and_age_add_to_a_units_value():
    world = facts(orders=(order("SO1", "BIG", 5), order("SO2", "MID", 5), order("SO3", "SMALL", 5)))
    assert [factors(world, f"SO{n}-1")["tier"] for n in (1, 2, 3)] == [100, 50, 0]
    assert factors(world)["aging"] == 5
    old = facts(orders=(order("SO1", "BIG", 5, ordered_at=NOW - timedelta(days=400)),))
    assert factors(old)["aging"] == 30


def test_freight_is_that_of_the_lane_that_is_there_first_then_of_the_cheapest():
    world = facts(orders=(order("SO1", "MID", 5),))
    assert factors(world)["freight"] == -50
    dear = Lane(origin="EAST", destination="north", carrier="PLANE", transit_days=1, freight=Decimal("4.00"))
    same = Lane(origin="EAST", destination="north", carrier="BARGE", transit_days=2, freight=Decimal("0.40"))
    assert factors(world.replace(lanes=(*LANES, dear)))["freight"] == -400
    assert factors(world.replace(lanes=(*LANES, same)))["freight"] == -40


def test_a_missed_cutoff_shows_in_the_dates():
    world = facts(orders=(order("SO1", "MID", 5),))
    early = score_line(world, "SO1-1", "EAST", None, RATES)
    late = score_line(world.replace(taken_at=NOW + timedelta(hours=6)), "SO1-1", "EAST", None, RATES)
    assert early is not None and late is not None
    assert (early.ships, early.arrives) == (date(2026, 3, 4), date(2026, 3, 6))
    assert (late.ships, late.arrives) == (date(2026, 3, 5), date(2026, 3, 10))


def test_stock_near_the_end_of_its_life_is_worth_selling():
    sku = Sku(id="BOLT", name="Bolt", unit_cost=Decimal("6.00"), shelf_life_days=100)
    lot = Lot(id="LOT", quantity=5, received=TODAY, expires=TODAY + timedelta(days=25))
    world = facts(skus=(sku,), orders=(order("SO1", "MID", 5),), positions=(stock("EAST", 100, lots=(lot,)),))
    assert factors(world)["shelf_life"] == 4


def test_a_site_busy_with_picks_costs_a_little():
    tasks = (PickTask(id="T1", wave="W1", line="SO9-1", sku="BOLT", quantity=500, sequence=1, state=TaskState.OPEN),)
    wave = Wave(id="W1", site="EAST", state=WaveState.RELEASED, carrier="TRUCK", cutoff_at=NOW, tasks=tasks)
    assert factors(facts(orders=(order("SO1", "MID", 5),), waves=(wave,)))["capacity"] == -1


def test_a_site_whose_stock_does_not_cover_its_forecast_costs_a_little():
    signal = DemandSignal(sku="BOLT", site="EAST", week=date(2026, 3, 2), forecast=100, run_rate=50)
    assert factors(facts(orders=(order("SO1", "MID", 5),), demand=(signal,)))["demand_signal"] == -4


def test_an_unsteady_supplier_costs_a_little():
    world = facts(orders=(order("SO1", "MID", 5),), inbound=(inbound(),))
    assert factors(world, coming="PO-1")["lead_time"] == -2


def test_no_lane_no_score_and_an_unknown_line_is_refused():
    world = facts(orders=(order("SO1", "MID", 5),), lanes=())
    assert score_line(world, "SO1-1", "EAST", None, RATES) is None
    with pytest.raises(UnknownReference, match="no line 'SO9-9'"):
        score_line(world, "SO9-9", "EAST", None, RATES)


def test_a_transfer_request_is_worth_what_it_states_less_freight():
    lane = Lane(origin="EAST", destination="WEST", carrier="TRUCK", transit_days=3, freight=Decimal("0.20"))
    world = facts(lanes=(*LANES, lane), transfers=(transfer(),))
    score = score_transfer(world, world.transfers[0], "EAST", None, RATES)
    assert score is not None and score.total_minor == 280
    assert score_transfer(world, world.transfers[0], "WEST", None, RATES) is None


def test_tiers_are_named_as_in_the_rates():
    assert {name for name, _ in RATES.tier_bonus} == {tier.value for tier in Tier}
