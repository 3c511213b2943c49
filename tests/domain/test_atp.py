"""Available to promise, by site and date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.atp import available, can_promise, promisable_on
from domain.errors import UnknownReference
from domain.facts import Claim
from domain.orders import Promise
from tests.domain.world import NOW, TODAY, facts, inbound, order, reserve, stock


def claim(units: int, coming: str | None = None) -> Claim:
    expires = NOW + timedelta(hours=4)
    return Claim(move="M-1", case="CASE-9", sku="BOLT", site="EAST", inbound=coming, quantity=units, expires_at=expires)


def test_stock_less_reservations_is_there_today():
    world = facts(orders=(order("SO1", "MID", 30),), reservations=(reserve("SO1-1", 30),))
    assert [bucket.cumulative for bucket in available(world, "BOLT", "EAST")] == [70]


def test_quarantine_and_safety_stock_are_not_promised():
    world = facts(positions=(stock("EAST", 100, quarantined=10, safety_stock=15),))
    assert available(world, "BOLT", "EAST")[0].cumulative == 75


def test_supply_on_its_way_counts_from_its_eta():
    rows = available(facts(inbound=(inbound(units=50),)), "BOLT", "EAST")
    assert [(row.day, row.discrete, row.cumulative) for row in rows] == [
        (TODAY, 100, 100),
        (date(2026, 3, 16), 50, 150),
    ]


def test_supply_that_is_overdue_counts_today():
    assert available(facts(inbound=(inbound(eta=date(2026, 3, 1)),)), "BOLT", "EAST")[0].cumulative == 150


def test_look_ahead_never_promises_what_a_later_commitment_needs():
    promise = Promise(first=date(2026, 3, 25), current=date(2026, 3, 25))
    world = facts(orders=(order("SO1", "MID", 130, promise=promise),), inbound=(inbound(units=50),))
    rows = available(world, "BOLT", "EAST")
    assert [(row.day, row.projected, row.cumulative) for row in rows] == [
        (TODAY, 100, 20),
        (date(2026, 3, 16), 150, 20),
        (date(2026, 3, 23), 20, 20),
    ]


def test_claims_of_other_cases_count_and_ones_own_do_not():
    world = facts(claims=(claim(40),))
    assert available(world, "BOLT", "EAST")[0].cumulative == 60
    assert available(world, "BOLT", "EAST", case="CASE-9")[0].cumulative == 100


def test_oversold_stock_shows_as_negative_projection_and_promises_nothing():
    world = facts(orders=(order("SO1", "MID", 130),), reservations=(reserve("SO1-1", 130),))
    row = available(world, "BOLT", "EAST")[0]
    assert (row.projected, row.cumulative) == (-30, 0)


def test_a_promise_is_put_together_from_the_sites_and_dated():
    world = facts(inbound=(inbound(units=50),))
    now = can_promise(world, "BOLT", 120, TODAY)
    assert (now.ok, now.sites, now.units) == (True, (("EAST", 100), ("WEST", 20)), 140)
    later = can_promise(world, "BOLT", 180, TODAY)
    assert (later.ok, later.earliest) == (False, date(2026, 3, 16))
    assert can_promise(world, "BOLT", 999, TODAY).earliest is None


def test_an_unknown_sku_or_site_is_refused():
    with pytest.raises(UnknownReference):
        available(facts(), "NUT", "EAST")
    with pytest.raises(UnknownReference):
        available(facts(), "BOLT", "MOON")


@given(
    st.integers(0, 60),
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 9)), max_size=3),
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 12)), max_size=3),
    st.integers(0, 14),
    st.integers(0, 40),
)
def test_promising_all_that_is_available_on_a_day_oversells_on_no_day(hand, coming, promised, when, reserved):
    def world(extra: int, day: date):
        dates = [*((units, TODAY + timedelta(days=days)) for units, days in promised), (extra, day)]
        orders = tuple(
            order(f"SO{n}", "MID", units, promise=Promise(first=due, current=due), allowed_sites=("WEST",))
            for n, (units, due) in enumerate(dates)
            if units
        )
        return facts(
            positions=(stock("WEST", hand),),
            orders=(*orders, order("SO99", "MID", 99)),
            reservations=(reserve("SO99-1", reserved, "WEST"),) if reserved else (),
            inbound=tuple(
                inbound(f"PO-{n}", units, TODAY + timedelta(days=days), site="WEST")
                for n, (units, days) in enumerate(coming)
            ),
        )

    before = available(world(0, TODAY), "BOLT", "WEST")
    transit = timedelta(days=6)
    day = TODAY + timedelta(days=when)
    units = promisable_on(before, max(TODAY, day - transit))
    after = {row.day: row.projected for row in available(world(units, day), "BOLT", "WEST")}
    floor = min(0, *(row.projected for row in before))
    assert min(after.values()) >= floor
    assert [row.cumulative for row in before] == sorted(row.cumulative for row in before)
    assert sum(row.discrete for row in before) == before[-1].cumulative
