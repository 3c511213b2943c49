"""The shipped mapping for Northwind against the real files, where they are."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.csvfiles import Imported, load_mapping, read
from evals.worlds.check import faults

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "northwind"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the Northwind files are not at {DATA}; they are not ours to ship"
)


@pytest.fixture(scope="module")
def northwind() -> Imported:
    return read(DATA, load_mapping(ROOT / "examples" / "northwind.yaml"))


def test_twenty_one_orders_are_open_with_seventy_three_lines(northwind: Imported):
    orders = northwind.facts.orders
    assert len(orders) == 21
    assert sum(len(order.lines) for order in orders) == 73
    assert northwind.rejected == ()
    assert northwind.facts.today == date(1998, 5, 6)


def test_seventeen_products_are_short_open_lines_ask_for_more_than_is_in_stock(northwind: Imported):
    asked = Counter[str]()
    for order in northwind.facts.orders:
        for line in order.lines:
            asked[line.sku] += line.open_quantity
    stock = {position.sku: position.sellable for position in northwind.facts.positions}
    short = {sku for sku, units in asked.items() if units > stock[sku]}
    assert len(short) == 17


def test_every_row_is_counted_and_the_rest_is_left_out_on_purpose(northwind: Imported):
    counts = {count.noun: count for count in northwind.counts}
    assert (counts["orders"].rows, counts["orders"].left_out) == (830, 809)
    assert (counts["lines"].rows, counts["lines"].left_out) == (2155, 2082)
    assert (counts["skus"].accepted, counts["customers"].accepted, counts["suppliers"].accepted) == (77, 93, 29)
    assert counts["inbound"].accepted == 17


def test_the_facts_are_consistent_and_every_line_has_a_margin_that_is_assumed(northwind: Imported):
    assert faults(northwind.facts) == ()
    chai = northwind.facts.sku("P-1")
    assert chai.unit_cost == Decimal("11.70"), "65 percent of 18"
    assumed = {(item.noun, item.field) for item in northwind.assumed}
    assert {("skus", "unit_cost"), ("positions", "safety_stock"), ("inbound", "eta"), ("lanes", "freight")} <= assumed
