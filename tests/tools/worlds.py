"""Small worlds with a described purpose, built by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from domain.cases import Scope
from domain.customers import Contract, Credit, CreditStatus, Customer, Tier
from domain.events import Event
from domain.execution import PickTask, Wave, WaveState
from domain.facts import Facts, SourceState, sorted_facts
from domain.inventory import (
    DemandSignal,
    Expedite,
    Inbound,
    Position,
    Reservation,
    ReservationKind,
    Sku,
    Substitute,
    Supplier,
    TransferRequest,
)
from domain.orders import Hold, HoldKind, LineState, Order, OrderLine, Promise
from domain.requests import Request, ToolCall
from domain.sites import Cutoff, Lane, Site
from tools.context import ToolContext
from tools.toolbox import Toolbox

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
TODAY = NOW.date()


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def site(key: str) -> Site:
    return Site(
        id=key,
        name=f"Warehouse {key}",
        region="north",
        pick_capacity=960,
        cutoffs=(Cutoff(carrier="ROAD", at=time(16, 0)), Cutoff(carrier="RAIL", at=time(12, 0))),
    )


def customer(key: str, tier: Tier = Tier.STANDARD, *, strict: bool = False, held: bool = False) -> Customer:
    contract = None
    if strict:
        contract = Contract(
            id=f"K-{key}",
            otif_target=Decimal("0.95"),
            penalty_share=Decimal("0.30"),
            fill_floor=Decimal(0),
            strict=True,
            starts=day(-100),
            ends=day(300),
        )
    return Customer(
        id=key,
        name=f"Customer {key} Ltd",
        tier=tier,
        region="north",
        contract=contract,
        credit=Credit(
            limit=Decimal(1000),
            exposure=Decimal(1500) if held else Decimal(100),
            overdue_days=40 if held else 0,
            status=CreditStatus.HOLD if held else CreditStatus.OK,
        ),
    )


def order(
    key: str,
    buyer: str,
    quantity: int,
    *,
    sku: str = "X",
    price: str = "20",
    due: int = 3,
    age: int = 10,
    notes: str = "",
    holds: tuple[HoldKind, ...] = (),
    **line: Any,
) -> Order:
    return Order(
        id=key,
        customer=buyer,
        ordered_at=NOW - timedelta(days=age),
        region="north",
        notes=notes,
        holds=tuple(Hold(kind=kind, placed_at=NOW) for kind in holds),
        lines=(
            OrderLine(
                id=f"{key}-1",
                order=key,
                sku=sku,
                quantity=quantity,
                unit_price=Decimal(price),
                requested=day(due),
                promise=Promise(first=day(due), current=day(due)),
                **line,
            ),
        ),
    )


def reserved(key: str, line: str, quantity: int, *, sku: str = "X", at: str = "EAST", inbound: str | None = None):
    return Reservation(
        id=key,
        sku=sku,
        site=at,
        quantity=quantity,
        kind=ReservationKind.SOFT if inbound else ReservationKind.HARD,
        line=line,
        inbound=inbound,
        owner=line.rsplit("-", 1)[0],
        created_at=NOW - timedelta(days=2),
    )


def stock(quantity: int, *, sku: str = "X", at: str = "EAST") -> Position:
    return Position(sku=sku, site=at, on_hand=quantity, as_of=NOW)


def world(**changes: Any) -> Facts:
    """Constrained: 100 of X at EAST, held by PLAIN (60) and KEYED (40); GOLD, strict, lacks 50; PO-1 brings 80 late."""
    fields: dict[str, Any] = {
        "taken_at": NOW,
        "sources": (SourceState(system="erp", as_of=NOW), SourceState(system="wms", as_of=NOW)),
        "customers": (
            customer("GOLD", Tier.STRATEGIC, strict=True),
            customer("PLAIN"),
            customer("KEYED", Tier.KEY),
            customer("STUCK", held=True),
        ),
        "skus": (
            Sku(id="X", name="Blue pump", abc_class="A", unit_cost=Decimal(10), supplier="MAKER"),
            Sku(id="Y", name="Green pump", unit_cost=Decimal(11), supplier="MAKER"),
        ),
        "suppliers": (Supplier(id="MAKER", name="Pump maker", lead_time_days=14, lead_time_sd=Decimal("1.5")),),
        "sites": (site("EAST"), site("WEST")),
        "lanes": (
            Lane(origin="EAST", destination="north", carrier="ROAD", transit_days=1, freight=Decimal("0.50")),
            Lane(origin="EAST", destination="north", carrier="RAIL", transit_days=2, freight=Decimal("0.30")),
            Lane(origin="WEST", destination="north", carrier="ROAD", transit_days=2, freight=Decimal("0.80")),
            Lane(origin="EAST", destination="WEST", carrier="ROAD", transit_days=1, freight=Decimal("0.40")),
        ),
        "positions": (stock(100), stock(30, sku="Y", at="WEST")),
        "warehouse_positions": (stock(98),),
        "inbound": (
            Inbound(
                id="PO-1",
                sku="X",
                site="EAST",
                quantity=80,
                eta=day(10),
                original_eta=day(1),
                supplier="MAKER",
                expedite=Expedite(eta=day(2), cost=Decimal("15")),
            ),
        ),
        "reservations": (reserved("R-1", "SO-2-1", 60), reserved("R-2", "SO-3-1", 40)),
        "orders": (
            order("SO-1", "GOLD", 50, price="24"),
            order("SO-2", "PLAIN", 60, substitutes_ok=True),
            order("SO-3", "KEYED", 40, price="22"),
            order("SO-4", "STUCK", 20),
        ),
        "transfers": (),
        "demand": (DemandSignal(sku="X", site="EAST", week=TODAY, forecast=200, run_rate=180),),
        "substitutes": (Substitute(sku="X", alternative="Y"),),
        "waves": (
            Wave(
                id="W-1",
                site="EAST",
                state=WaveState.RELEASED,
                carrier="ROAD",
                cutoff_at=NOW.replace(hour=15),
                tasks=(
                    PickTask(id="T-1", wave="W-1", line="SO-2-1", sku="X", quantity=60, sequence=1),
                    PickTask(id="T-2", wave="W-1", line="SO-3-1", sku="X", quantity=40, sequence=2),
                ),
            ),
        ),
    }
    return sorted_facts(Facts(**{**fields, **changes}))


def transfer_request(quantity: int, value: str) -> TransferRequest:
    return TransferRequest(
        id="TR-1", sku="X", to_site="WEST", quantity=quantity, needed_by=day(5), value=Decimal(value)
    )


def request(kind: str = "sweep", *events: Event, **changes: Any) -> Request:
    fields: dict[str, Any] = {
        "case": "C-1",
        "case_kind": events[0].data.kind if events else kind,
        "revision": 1,
        "kind": kind,
        "now": NOW,
        "by": "paula",
        "scope": Scope(skus=("X",)),
        "events": events,
    }
    return Request(**{**fields, **changes})


def event(data: Any, key: str = "E-1") -> Event:
    return Event(id=key, source="test", at=NOW, data=data)


def toolbox(facts: Facts | None = None, asked: Request | None = None) -> tuple[Toolbox, list[ToolCall]]:
    calls: list[ToolCall] = []
    context = ToolContext(facts or world(), asked or request())
    return Toolbox(context, calls.append), calls


FROZEN = LineState.PICKED
