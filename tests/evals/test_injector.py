"""The injector labels truly: what it says is an exception is one by the definitions, and nothing else is."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from evals.injector import KINDS, Night, census, night
from evals.worlds.calm import calm
from evals.worlds.check import faults

FRESH = random.SystemRandom().randrange(10**6)
SEEDS = (7, FRESH)


@pytest.fixture(scope="module", params=SEEDS, ids=("known", "drawn"))
def dark(request: pytest.FixtureRequest) -> Night:
    print(f"night {request.param}")
    return night(request.param, 100, 50)


def test_the_quiet_world_has_no_exception(dark: Night):
    facts, _ = calm(dark.seed)
    assert faults(facts) == ()
    assert census(facts, facts) == frozenset()


def test_a_night_has_as_many_labels_as_were_asked_for_and_of_every_kind(dark: Night):
    assert Counter(label.near for label in dark.labels) == {False: 100, True: 50}
    assert set(Counter(label.kind for label in dark.labels if not label.near).values()) == {10}
    assert {label.kind for label in dark.labels if label.near} == set(KINDS)


def test_in_the_evening_nothing_is_an_exception(dark: Night):
    assert faults(dark.before) == ()
    assert census(dark.before, None) == frozenset()
    assert census(dark.before, dark.before) == frozenset()


def test_in_the_morning_exactly_what_is_labelled_is_an_exception(dark: Night):
    told = {(label.kind, label.subject) for label in dark.labels if label.told}
    real = dark.of(near=False)
    found = census(dark.after, dark.before)
    assert found - real == frozenset()
    assert real - found <= told
    assert not found & dark.of(near=True)


def test_causes_share_no_item_customer_or_order(dark: Night):
    owners = Counter(line.sku for order in dark.after.orders for line in order.lines if line.sku.startswith("ITEM-"))
    assert max(owners.values()) <= 2
    cells = {(line.sku.removeprefix("ITEM-"), order.customer) for order in dark.after.orders for line in order.lines
             if line.sku.startswith("ITEM-")}  # fmt: skip
    assert all(customer == f"C-{cell}" for cell, customer in cells)


def test_every_cure_leaves_its_cell_without_exception(dark: Night):
    for cure in dark.cures:
        world = cure.facts.replace(
            sites=tuple({site.id: site for site in (*dark.after.sites, *cure.facts.sites)}.values()),
            lanes=(*dark.after.lanes, *(lane for lane in cure.facts.lanes if lane not in dark.after.lanes)),
            suppliers=dark.after.suppliers,
        )  # fmt: skip
        assert census(world, world) == frozenset(), cure.cell


def test_the_same_seed_gives_the_same_night():
    assert night(5, 30, 15) == night(5, 30, 15)
    assert night(5, 30, 15).after.id != night(6, 30, 15).after.id
