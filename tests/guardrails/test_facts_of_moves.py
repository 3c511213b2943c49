"""The facts that rules compare, as worked examples: stock drawn on, trust in the facts, who gains, and where."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.actions import SubstituteItem
from domain.facts import Facts, SourceState
from domain.inventory import Lot, Position
from guardrails.subject import describe
from tests.guardrails.test_judge import CREDIT, shift
from tests.guardrails.world import NOW, TODAY, case, facts, move, reallocation, reserve


def value(name: str, subject=None, world: Facts | None = None):
    return describe(subject or reallocation(), world or facts(), case()).facts[name]


def stocked(*ages: int, life: int | None = None, here: int = 200, there: int = 200) -> Facts:
    lots = tuple(Lot(id=f"L{age}", quantity=10, received=TODAY - timedelta(days=age)) for age in ages)
    ours = Position(sku="WIDGET", site="EAST", on_hand=here, lots=lots, as_of=NOW)
    theirs = Position(sku="WIDGET", site="EAST", on_hand=there, as_of=NOW)
    skus = tuple(sku.model_copy(update={"shelf_life_days": life}) for sku in facts().skus)
    return facts(positions=(ours,), warehouse_positions=(theirs,), skus=skus)


def test_the_oldest_lot_says_how_old_the_stock_is():
    assert value("stock_age", world=stocked(3, 40, 12)) == 40
    assert value("stock_age", world=stocked()) == 0
    assert value("stock_age", move(reserve("a1", "SO-STD2/1", 5, inbound="PO-1")), stocked(40)) == 0
    assert value("stock_age", shift(5), stocked(40)) == 40


@pytest.mark.parametrize(("life", "spent"), [(100, "40.00"), (60, "66.67"), (20, "100.00"), (None, "0.00")])
def test_spent_shelf_life_is_the_share_of_the_oldest_lot(life: int | None, spent: str):
    assert value("shelf_life_spent", world=stocked(3, 40, life=life)) == Decimal(spent)


def test_site_capacity_is_what_is_to_pick_of_what_the_site_picks_a_day():
    assert value("site_capacity", reallocation(units=25)) == Decimal("2.50")
    assert value("site_capacity", shift(1500)) == Decimal("150.00")
    assert value("site_capacity", move(reserve("a1", "SO-STD2/1", 5, inbound="PO-1"))) == 0
    closed = facts(sites=tuple(site.model_copy(update={"pick_capacity": 0}) for site in facts().sites))
    assert value("site_capacity", reallocation(units=25), closed) == 2500


def test_confidence_falls_with_age_beyond_the_limit_and_with_disagreement():
    """100 x min(1, 240 / age in minutes) x smaller count / larger count, rounded down."""

    def aged(minutes: int, world: Facts) -> Facts:
        return world.replace(sources=(SourceState(system="wms", as_of=NOW - timedelta(minutes=minutes)),))

    assert value("confidence") == 100
    assert value("confidence", world=aged(240, facts())) == 100
    assert value("confidence", world=aged(720, facts())) == Decimal("33.33")
    assert value("confidence", world=stocked(here=200, there=150)) == 75
    assert value("confidence", world=aged(480, stocked(here=150, there=200))) == Decimal("37.50")
    assert value("confidence", world=stocked(here=0, there=0)) == 100
    other = move(reserve("a1", "SO-STD2/1", 5, site="WEST"))
    assert value("confidence", other, stocked(here=200, there=150)) == 100, "WEST is not what they disagree about"


def test_units_below_the_floor_are_counted():
    """30 held, floor 20."""
    assert [value("units_below_floor", reallocation("SO-SLA/1", units)) for units in (10, 11, 15)] == [0, 1, 5]


def test_who_gains_and_where():
    assert value("tier_gaining", reallocation(winner="SO-KEY1/1", units=1)) == "key"
    assert value("tier_gaining", CREDIT) == "none"
    assert value("regions") == ("domestic",)
    assert value("channels") == ("portal",)
    assert value("channels", shift(5)) == ()
    assert value("regions", shift(5)) == ("domestic",)


def test_a_substitute_stands_in_the_class_of_either_sku():
    swap = move(
        SubstituteItem(id="a1", line="SO-STD2/1", sku="WIDGET", alternative="GADGET", site="EAST", quantity=5),
        kind="reserve",
    )
    found = describe(swap, facts(), case()).places
    assert {place.sku_class for place in found} == {"A", "C"}
    assert {place.customer for place in found} == {"STD2"}
