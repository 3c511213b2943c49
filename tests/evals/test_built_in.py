"""The built-in world stands the same check as generated ones, and its event makes the shortage it promises."""

from __future__ import annotations

from connectors.embedded.world import built_in, built_in_event
from domain.events import SupplierDelay
from evals.accounting import audit
from evals.worlds.check import faults, shortage


def test_the_built_in_world_is_consistent():
    assert faults(built_in()) == ()


def test_its_delay_makes_a_real_shortage():
    facts, event = built_in(), built_in_event()
    assert isinstance(event.data, SupplierDelay)
    sku = facts.inbound_supply(event.data.inbound).sku
    assert shortage(facts, (event,), sku) > max(0, shortage(facts, (), sku))


def test_doing_nothing_to_it_breaks_no_law():
    assert audit(built_in(), built_in(), ()) == ()
