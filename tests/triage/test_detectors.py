"""Detectors find what is labelled, the same whatever order the facts come in, and nothing in a world that is well."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from agent.triage.grouping import grouped, root_of
from agent.triage.table import DETECTORS, detect, is_over, seen
from connectors.embedded.world import built_in
from domain.facts import Facts, sorted_facts
from domain.signals import SIGNAL_KINDS, Thresholds
from evals.injector import Night, night

FRESH = random.SystemRandom().randrange(10**6)


@pytest.fixture(scope="module", params=(11, FRESH), ids=("known", "drawn"))
def dark(request: pytest.FixtureRequest) -> Night:
    print(f"night {request.param}")
    return night(request.param, 60, 30)


def shuffled(facts: Facts, seed: int) -> Facts:
    """The same facts with every collection in another order."""
    dice = random.Random(seed)
    parts = {name: value for name in Facts.model_fields if isinstance(value := getattr(facts, name), tuple)}
    return facts.replace(**{name: tuple(dice.sample(value, len(value))) for name, value in parts.items()})


def test_every_kind_has_its_detector():
    assert tuple(DETECTORS) == SIGNAL_KINDS


def test_what_the_facts_show_is_found_and_nothing_else(dark: Night):
    found = {signal.key for signal in detect(dark.after, seen(dark.before))}
    told = {(label.kind, label.subject) for label in dark.labels if label.told}
    assert found <= dark.of(near=False)
    assert dark.of(near=False) - found <= told


def test_the_order_of_the_facts_changes_nothing(dark: Night):
    found = detect(dark.after, seen(dark.before))
    for seed in (1, 2):
        assert detect(shuffled(dark.after, seed), seen(shuffled(dark.before, seed))) == found
    assert detect(sorted_facts(dark.after), seen(dark.before)) == found


def test_a_well_world_and_an_unchanged_one_say_nothing_of_change(dark: Night):
    assert detect(dark.before) == ()
    assert detect(dark.before, seen(dark.before)) == ()
    again = {signal.kind for signal in detect(dark.after, seen(dark.after))}
    assert again.isdisjoint({"eta_moved", "credit_changed"})


def test_every_signal_says_what_it_is_about_and_what_is_at_stake(dark: Night):
    for signal in detect(dark.after, seen(dark.before)):
        assert signal.scope.skus and signal.title and signal.detail
        assert signal.value_at_stake is not None and signal.value_at_stake >= 0
        assert signal.mark.partition(":")[0] in (signal.kind, "sweep")


def test_marks_differ_between_subjects_and_stay_while_the_facts_do(dark: Night):
    first, second = (detect(dark.after, seen(dark.before)) for _ in range(2))
    assert [signal.mark for signal in first] == [signal.mark for signal in second]
    assert len({signal.mark for signal in first}) == len(first)


def test_causes_are_over_when_they_are_cured_and_not_before(dark: Night):
    found = detect(dark.after, seen(dark.before))
    now_seen = frozenset(signal.key for signal in found)
    limits = Thresholds()
    assert not [signal.key for signal in found if is_over(signal, dark.after, now_seen, limits)]
    well = detect(dark.before, seen(dark.after))
    back = frozenset(signal.key for signal in well)
    assert [signal.key for signal in found if not is_over(signal, dark.before, back, limits)] == []


def test_wider_thresholds_find_less_and_narrower_ones_find_the_near_misses(dark: Night):
    wide = Thresholds(
        horizon_days=1, oversold_units=10**6, shortage_units=10**6, eta_days=300, wave_minutes=0, backorder_days=300,
        promise_days=0, discrepancy_units=10**6, shipment_days=60,
    )  # fmt: skip
    left = {signal.kind for signal in detect(dark.after, seen(dark.before), wide)}
    assert left <= {"credit_changed", "stock_out_ahead", "wave_at_risk"}
    narrow = Thresholds(eta_days=1, wave_minutes=31, backorder_days=4, promise_days=6, discrepancy_units=2,
                        discrepancy_share=Decimal("0.001"), shipment_days=1)  # fmt: skip
    more = {signal.key for signal in detect(dark.after, seen(dark.before), narrow)} & dark.of(near=True)
    assert {kind for kind, _ in more} >= {
        "eta_moved", "wave_at_risk", "aging_backorder", "promise_at_risk", "inventory_discrepancy", "shipment_late",
    }  # fmt: skip


def test_signals_of_one_sku_are_one_group_and_the_cause_leads(dark: Night):
    groups = grouped(detect(dark.after, seen(dark.before)), dark.after.taken_at)
    for group in groups:
        assert len({root_of(signal) for signal in group}) == 1
        assert [SIGNAL_KINDS.index(s.kind) for s in group] == sorted(SIGNAL_KINDS.index(s.kind) for s in group)
    leads = [group[0].kind for group in groups if len(group) > 1]
    assert leads and set(leads) <= {"eta_moved", "shortage"}


def test_the_built_in_world_has_few_exceptions_and_each_is_explained():
    found = {signal.kind: signal for signal in detect(built_in())}
    assert "shortage" in found or "inventory_discrepancy" in found
    assert all(str(signal.figure("units")) in f"{signal.title} {signal.detail}" or not signal.figure("units")
               for signal in found.values() if signal.kind == "shortage")  # fmt: skip
