"""What it would take: each lever alone, verified."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.allocation.what_if import what_would_it_take
from domain.customers import Tier
from domain.errors import BadInput, UnknownReference
from domain.inventory import Expedite, Sku, Substitute
from domain.orders import LineState
from domain.sites import Lane
from tests.domain.world import LANES, D, customer, facts, inbound, order, request, reserve, stock

FRIDAY = date(2026, 3, 6)


def levers(world, line="SO2-1", by=FRIDAY):
    return {lever.kind: lever for lever in what_would_it_take(world, line, by, request())}


def scarce(**more):
    """20 in the east: the strategic customer gets them, the standard one is left without."""
    given = {
        "positions": (stock("EAST", 20),),
        "orders": (order("SO1", "BIG", 20), order("SO2", "SMALL", 10)),
    }
    return facts(**{**given, **more})


def test_a_line_that_is_served_in_time_needs_nothing():
    found = levers(facts(orders=(order("SO2", "SMALL", 10),)))
    assert list(found) == ["already"] and found["already"].complete_on == FRIDAY


def test_every_lever_is_listed_whether_it_works_or_not():
    found = levers(scarce())
    assert set(found) == {
        "reallocate", "other_site", "expedite", "substitute", "later_date", "rank", "value"
    }  # fmt: skip
    assert all(lever.text for lever in found.values())


def test_reallocation_names_who_loses_and_what_it_costs():
    lever = levers(scarce())["reallocate"]
    assert lever.works and lever.losers == (("SO1-1", 10),)
    assert lever.cost == 10 * 100
    assert lever.complete_on == FRIDAY


def test_the_least_extra_value_is_just_enough():
    lever = levers(scarce())["value"]
    assert lever.works and "worth 1.01 more" in lever.text


def test_a_strict_rank_would_do_it_too():
    assert levers(scarce())["rank"].works


def test_reallocation_does_not_help_where_units_are_missing():
    lever = levers(scarce(positions=(stock("EAST", 5),)))["reallocate"]
    assert not lever.works and "at most 5 units can reach it" in lever.text


def test_a_later_date_is_the_first_on_which_supply_completes_it():
    lever = levers(scarce(inbound=(inbound(units=30),)))["later_date"]
    assert lever.works and lever.complete_on == date(2026, 3, 18)


def test_expediting_brings_supply_in_time_for_its_price():
    world = scarce(inbound=(inbound(units=30, expedite=Expedite(eta=date(2026, 3, 5), cost=D("45.00"))),))
    lever = levers(world, by=date(2026, 3, 10))["expedite"]
    assert lever.works and lever.complete_on == date(2026, 3, 10)
    assert "expedite PO-1 to 2026-03-05" in lever.text


def test_another_site_is_opened_when_the_line_may_only_ship_from_one():
    world = scarce(
        positions=(stock("EAST", 20), stock("WEST", 15)),
        orders=(
            order("SO1", "BIG", 20, allowed_sites=("EAST",)),
            order("SO2", "SMALL", 10, allowed_sites=("EAST",)),
        ),
    )
    lever = levers(world, by=date(2026, 3, 10))["other_site"]
    assert lever.works and "let it ship from any site" in lever.text


def test_stock_left_at_another_site_is_moved_to_one_that_serves_the_line():
    lane = Lane(origin="WEST", destination="EAST", carrier="RAIL", transit_days=1, freight=Decimal("0.30"))
    world = scarce(positions=(stock("EAST", 20), stock("WEST", 15)), lanes=(LANES[0], lane))
    lever = levers(world, by=date(2026, 3, 12))["other_site"]
    assert lever.works and "transfer from WEST to EAST" in lever.text
    assert not lever.losers


def test_a_substitute_is_offered_where_the_line_accepts_one():
    bolt = Sku(id="BOLT", name="Bolt", unit_cost=D("6.00"))
    other = Sku(id="RIVET", name="Rivet", unit_cost=D("2.00"))
    rivets = stock("EAST", 30).model_copy(update={"sku": "RIVET"})
    world = scarce(
        skus=(bolt, other),
        positions=(stock("EAST", 20), rivets),
        substitutes=(Substitute(sku="BOLT", alternative="RIVET", ratio=2),),
        orders=(order("SO1", "BIG", 20), order("SO2", "SMALL", 10, substitutes_ok=True)),
    )
    lever = levers(world)["substitute"]
    assert lever.works and "send 20 units of RIVET instead" in lever.text
    assert not levers(scarce())["substitute"].works


def test_a_line_on_hold_needs_its_hold_released_first():
    people = (customer("BIG", Tier.STRATEGIC, hold=True),)
    found = levers(facts(customers=people, orders=(order("SO2", "BIG", 10),)))
    assert list(found) == ["release_hold"] and found["release_hold"].works


def test_a_frozen_line_cannot_be_helped():
    world = facts(orders=(order("SO2", "SMALL", 10, frozen=True),), reservations=(reserve("SO2-1", 4),))
    assert [lever.works for lever in levers(world).values()] == [False]


def test_unknown_and_closed_lines_are_refused():
    with pytest.raises(UnknownReference):
        levers(facts(), line="SO9-1")
    with pytest.raises(BadInput, match="not open"):
        levers(facts(orders=(order("SO2", "SMALL", 10, state=LineState.SHIPPED),)))
