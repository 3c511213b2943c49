"""What an event tells is true for planning, once, whether or not the systems have booked it."""

from __future__ import annotations

from typing import Any

import pytest

from domain.customers import CreditStatus
from domain.events import CreditHold, InventoryDiscrepancy, OrderChange, ShortStock, SupplierDelay, SystemOutage
from domain.orders import LineState
from domain.told import as_told
from tests.tools.worlds import NOW, day, event, reserved, world

EVENTS: list[Any] = [
    SupplierDelay(inbound="PO-1", new_eta=day(20), new_quantity=50),
    ShortStock(sku="X", site="EAST", counted=70),
    InventoryDiscrepancy(sku="X", site="EAST", erp_units=100, wms_units=90),
    CreditHold(customer="PLAIN"),
    OrderChange(order="SO-2", line="SO-2-1", quantity=10, requested=day(9)),
    SystemOutage(system="wms", since=NOW),
]


@pytest.mark.parametrize("data", EVENTS, ids=lambda data: data.kind)
def test_telling_twice_is_telling_once(data: Any):
    once = as_told(world(), [event(data)])
    assert once.id != world().id
    assert as_told(once, [event(data)]).id == once.id


def test_each_event_changes_what_it_is_about():
    facts = as_told(world(), [event(data, f"E-{n}") for n, data in enumerate(EVENTS)])
    assert (facts.inbound_supply("PO-1").eta, facts.inbound_supply("PO-1").quantity) == (day(20), 50)
    position = facts.position("X", "EAST")
    assert position is not None and position.on_hand == 70
    assert facts.customer("PLAIN").credit.status is CreditStatus.HOLD
    assert (facts.line("SO-2-1").quantity, facts.line("SO-2-1").requested) == (10, day(9))
    assert {source.system: source.degraded for source in facts.sources} == {"erp": False, "wms": True}


def test_a_cancelled_line_is_closed_and_a_cancelled_supply_is_gone_with_what_hung_on_it():
    facts = world(reservations=(reserved("R", "SO-1-1", 30, inbound="PO-1"),))
    told = as_told(facts, [event(SupplierDelay(inbound="PO-1", new_eta=day(20), new_quantity=0))])
    assert told.inbound == () and told.reservations == ()
    closed = as_told(facts, [event(OrderChange(order="SO-2", line="SO-2-1", quantity=0))])
    assert closed.line("SO-2-1").state is LineState.CANCELLED
