"""The outside world changes the distributor's systems, once per event, and never half."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.embedded.happenings import CHANGES
from domain.customers import CreditStatus
from domain.errors import BadInput, DependencyDown, EffectRefused, UnknownReference
from domain.events import (
    CarrierFailure,
    CreditHold,
    DemandSpike,
    Event,
    EventData,
    InventoryDiscrepancy,
    OrderChange,
    ShortStock,
    SupplierDelay,
    SystemOutage,
    WaveAtRisk,
)
from domain.execution import TaskState
from domain.orders import LineState
from tests.connectors.adapter import NOW, SOFT
from tests.connectors.conform_floor import states
from tests.connectors.conform_sequences import LINES, STEP, carry_out
from tests.connectors.embedded import EmbeddedAdapter
from tests.connectors.small import DAY, line_of, small_world

BIG, OTHER, HOLDER, PICKING, PICKED = (line_of(f"O-{name}") for name in ("BIG", "OTHER", "HOLDER", "PICKING", "PICKED"))
LATER = DAY + timedelta(days=14)


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[EmbeddedAdapter]:
    made = EmbeddedAdapter(f"sqlite:///{tmp_path}/distributor.db", small_world())
    yield made
    made.close()


def tell(adapter: EmbeddedAdapter, data: Any, key: str = "EV-1") -> tuple[str, ...]:
    said = adapter.distributor.happen(Event(id=key, source="test", at=NOW, data=data))
    assert adapter.audit() == []
    return said


def test_every_kind_of_event_has_its_change():
    union = get_args(EventData)[0]
    assert set(CHANGES) == {kind.model_fields["kind"].default for kind in get_args(union)}


def test_a_supplier_delay_moves_the_supply_and_keeps_what_is_reserved(adapter: EmbeddedAdapter):
    tell(adapter, SupplierDelay(inbound="PO-1", new_eta=LATER))
    supply = adapter.facts().inbound_supply("PO-1")
    assert (supply.eta, supply.original_eta, supply.quantity) == (LATER, DAY, 50)
    assert adapter.held(BIG, inbound="PO-1") == 30


def test_a_smaller_delivery_takes_from_the_newest_soft_reservation(adapter: EmbeddedAdapter):
    adapter.reserve("k1", OTHER, 20, inbound="PO-1", kind=SOFT)
    said = tell(adapter, SupplierDelay(inbound="PO-1", new_eta=LATER, new_quantity=25))
    assert adapter.held(OTHER) == 0 and adapter.held(BIG, inbound="PO-1") == 25
    assert [sentence.split(" of ")[0] for sentence in said[1:]] == [f"{OTHER} lost 20", f"{BIG} lost 5"]


def test_a_delivery_that_is_cancelled_is_gone_with_its_reservations(adapter: EmbeddedAdapter):
    tell(adapter, SupplierDelay(inbound="PO-1", new_eta=LATER, new_quantity=0))
    assert adapter.facts().inbound == () and adapter.held(BIG) == 0


def test_short_stock_takes_what_nobody_picks_first_and_then_holds_picks(adapter: EmbeddedAdapter):
    adapter.release("k1", HOLDER, 5, earmark="m1")
    tell(adapter, ShortStock(sku="ITEM-1", site="S-EAST", counted=70))  # 50 sellable for 60 reserved
    assert (adapter.held(), adapter.held(HOLDER)) == (
        0,
        25,
    )  # the earmark, then no more than the oldest that nobody picks
    assert adapter.held(line_of("O-FROZEN")) == 0
    tell(adapter, ShortStock(sku="ITEM-1", site="S-EAST", counted=35), "EV-2")  # 15 sellable
    assert (adapter.held(HOLDER), adapter.held(PICKED), adapter.held(PICKING)) == (0, 5, 10)
    assert states(adapter, "W-1") == [TaskState.PICKED, TaskState.HELD, TaskState.HELD]
    facts = adapter.facts()
    assert facts.line(PICKING).state is LineState.OPEN
    position = facts.position("ITEM-1", "S-EAST")
    assert position and sum(lot.quantity for lot in position.lots) == 35


def test_picked_units_cannot_be_counted_away(adapter: EmbeddedAdapter):
    before = adapter.facts()
    with pytest.raises(BadInput):
        tell(adapter, ShortStock(sku="ITEM-1", site="S-EAST", counted=22))
    assert adapter.facts() == before


def test_a_demand_spike_runs_over_the_weeks_until_its_day(adapter: EmbeddedAdapter):
    tell(adapter, DemandSpike(sku="ITEM-1", site="S-EAST", extra_units=25, until=date(2026, 4, 15)))
    signals = {signal.week: (signal.forecast, signal.run_rate) for signal in adapter.reads.erp.demand()}
    assert signals == {date(2026, 4, 6): (70, 103), date(2026, 4, 13): (0, 12)}


def test_finance_puts_a_customer_on_hold(adapter: EmbeddedAdapter):
    tell(adapter, CreditHold(customer="C-BIG"))
    assert adapter.facts().customer("C-BIG").credit.status is CreditStatus.HOLD
    adapter.refuses(adapter.reserve, "k1", BIG, 1)


def test_a_carrier_that_fails_cannot_be_booked_that_day(adapter: EmbeddedAdapter):
    tell(adapter, CarrierFailure(carrier="PLANE", site="S-EAST", day=date(2026, 4, 6)))
    adapter.refuses(adapter.writes.tms.rebook, "k1", wave="W-1", carrier="PLANE")


def test_a_count_changes_the_warehouse_and_not_the_erp(adapter: EmbeddedAdapter):
    tell(adapter, InventoryDiscrepancy(sku="ITEM-1", site="S-EAST", erp_units=100, wms_units=91))
    facts = adapter.facts()
    position = facts.position("ITEM-1", "S-EAST")
    counted = {(item.sku, item.site): item.on_hand for item in facts.warehouse_positions}
    assert position and position.on_hand == 100 and counted["ITEM-1", "S-EAST"] == 91


def test_a_customer_who_wants_less_gives_back_the_newest_units(adapter: EmbeddedAdapter):
    adapter.reserve("k1", BIG, 20)
    tell(adapter, OrderChange(order="O-BIG", line=BIG, quantity=35, requested=LATER))
    line = adapter.facts().line(BIG)
    assert (line.quantity, line.uom_quantity, line.requested) == (35, Decimal(35), LATER)
    assert (adapter.held(BIG, inbound="PO-1"), adapter.held(BIG)) == (15, 35)


def test_a_customer_who_cancels_gives_everything_back_and_the_picks_stop(adapter: EmbeddedAdapter):
    tell(adapter, OrderChange(order="O-PICKING", line=PICKING, quantity=0))
    order = adapter.reads.erp.order("O-PICKING")
    assert order and order.lines[0].state is LineState.CANCELLED and adapter.held(PICKING) == 0
    assert states(adapter, "W-1") == [TaskState.PICKED, TaskState.HELD, TaskState.HELD]
    with pytest.raises(BadInput):
        tell(adapter, OrderChange(order="O-PICKED", line=PICKED, quantity=4), "EV-2")


def test_a_wave_that_is_late_is_recorded(adapter: EmbeddedAdapter):
    assert tell(adapter, WaveAtRisk(wave="W-1", minutes_late=45)) == ("wave W-1 is 45 minutes behind",)


def test_an_outage_switches_the_system_off(adapter: EmbeddedAdapter):
    tell(adapter, SystemOutage(system="wms", since=NOW))
    with pytest.raises(DependencyDown):
        adapter.reads.wms.waves()
    adapter.on()
    assert adapter.reads.wms.waves()


def test_the_same_event_happens_once(adapter: EmbeddedAdapter):
    spike = DemandSpike(sku="ITEM-1", site="S-EAST", extra_units=10, until=date(2026, 4, 8))
    assert tell(adapter, spike) == tell(adapter, spike)
    assert [signal.run_rate for signal in adapter.reads.erp.demand()] == [100]


UNKNOWN = [
    (SupplierDelay(inbound="NO-SUCH", new_eta=LATER), "inbound"),
    (ShortStock(sku="NO-SUCH", site="S-EAST", counted=1), "sku"),
    (ShortStock(sku="ITEM-2", site="S-WEST", counted=1), "sku"),
    (DemandSpike(sku="NO-SUCH", site="S-EAST", extra_units=1, until=DAY), "sku"),
    (DemandSpike(sku="ITEM-1", site="NO-SUCH", extra_units=1, until=DAY), "site"),
    (CreditHold(customer="NO-SUCH"), "customer"),
    (CarrierFailure(carrier="NO-SUCH", site="S-EAST", day=DAY), "carrier"),
    (CarrierFailure(carrier="TRUCK", site="NO-SUCH", day=DAY), "site"),
    (WaveAtRisk(wave="NO-SUCH", minutes_late=1), "wave"),
    (InventoryDiscrepancy(sku="NO-SUCH", site="S-EAST", erp_units=1, wms_units=2), "sku"),
    (OrderChange(order="O-BIG", line="NO-SUCH", quantity=1), "line"),
    (OrderChange(order="O-OTHER", line=BIG, quantity=1), "order"),
    (SystemOutage(system="NO-SUCH", since=NOW), "system"),
]


@pytest.mark.parametrize(("data", "field"), UNKNOWN, ids=lambda value: getattr(value, "kind", value))
def test_what_no_system_knows_is_named_and_nothing_changes(adapter: EmbeddedAdapter, data: Any, field: str):
    before = adapter.facts()
    with pytest.raises(UnknownReference) as unknown:
        tell(adapter, data)
    assert unknown.value.field == field and unknown.value.fix
    assert adapter.facts() == before
    # and the event may be told again once it is right
    assert adapter.distributor.happen(Event(id="EV-1", source="test", at=NOW, data=CreditHold(customer="C-BIG")))


HAPPENS = st.one_of(
    st.builds(SupplierDelay, inbound=st.just("PO-1"), new_eta=st.just(LATER), new_quantity=st.integers(0, 60)),
    st.builds(
        ShortStock, sku=st.just("ITEM-1"), site=st.sampled_from(["S-EAST", "S-WEST"]), counted=st.integers(0, 110)
    ),
    LINES.flatmap(
        lambda line: st.builds(
            OrderChange, order=st.just(line.split("/")[0]), line=st.just(line), quantity=st.integers(0, 60)
        )
    ),
)


@given(steps=st.lists(STEP | STEP | HAPPENS.map(lambda data: ("happen", data)), min_size=6, max_size=20))
@settings(
    max_examples=settings().max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_books_are_right_whatever_happens_between_writes(adapter: EmbeddedAdapter, steps: list):
    adapter.load(small_world())
    done: list[str] = []
    for number, (verb, told) in enumerate(steps):
        try:
            if verb == "happen":
                adapter.distributor.happen(Event(id=f"EV-{number}", source="test", at=NOW, data=told))
            else:
                carry_out(adapter, f"k{number}", verb, told, done)
        except (EffectRefused, BadInput) as refused:
            assert refused.fix
        assert adapter.audit() == [], (verb, told)
