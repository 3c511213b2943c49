"""A small distributor by hand: two sites, one SKU, four customers; tests change one thing at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

from domain.customers import Contract, Credit, CreditStatus, Customer, Tier
from domain.facts import Facts, FxRate
from domain.inventory import (
    Inbound,
    Position,
    Reservation,
    ReservationKind,
    Sku,
    Supplier,
    TransferRequest,
)
from domain.orders import Order, OrderLine
from domain.requests import Rates, Request
from domain.sites import Cutoff, Lane, Site

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
"""A Wednesday: 10:00 in the east, 07:00 in the west."""

TODAY = NOW.date()
D = Decimal


def reserve(line: str, units: int, site: str = "EAST", inbound: str | None = None) -> Reservation:
    return Reservation(
        id=f"R-{line}-{site}-{inbound or 'stock'}",
        sku="BOLT",
        site=site,
        quantity=units,
        kind=ReservationKind.SOFT if inbound else ReservationKind.HARD,
        line=line,
        inbound=inbound,
        owner=line.split("-")[0],
        created_at=NOW,
    )


def order(key: str, customer: str, quantity: int, **more) -> Order:
    """An order of one line, `key`-1, of BOLT at 10.00, wanted in a week."""
    of_order = {name: more.pop(name) for name in ("holds", "currency", "ship_complete", "ordered_at") if name in more}
    given = {"unit_price": D("10.00"), "requested": date(2026, 3, 11)}
    return Order(
        id=key,
        customer=customer,
        region="north",
        **{"ordered_at": datetime(2026, 2, 27, 9, 0, tzinfo=UTC), **of_order},
        lines=(OrderLine(id=f"{key}-1", order=key, sku="BOLT", quantity=quantity, **{**given, **more}),),
    )


def customer(key: str, tier: Tier = Tier.STANDARD, *, hold: bool = False, contract: Contract | None = None) -> Customer:
    status = CreditStatus.HOLD if hold else CreditStatus.OK
    credit = Credit(limit=D(9000), exposure=D(100), status=status)
    return Customer(id=key, name=key.title(), tier=tier, region="north", credit=credit, contract=contract)


def contract(**more) -> Contract:
    given = {
        "id": "SLA-1",
        "otif_target": D("0.95"),
        "penalty_share": D("0.05"),
        "fill_floor": D("0"),
        "starts": date(2026, 1, 1),
        "ends": date(2026, 12, 31),
    }
    return Contract(**{**given, **more})


def inbound(key: str = "PO-1", units: int = 50, eta: date = date(2026, 3, 16), **more) -> Inbound:
    given = {"sku": "BOLT", "site": "EAST", "original_eta": eta, "supplier": "ACME", "reliability": D("0.8")}
    return Inbound(id=key, quantity=units, eta=eta, **{**given, **more})


def stock(site: str, units: int, **more) -> Position:
    return Position(sku="BOLT", site=site, on_hand=units, as_of=NOW, **more)


SITES = (
    Site(
        id="EAST",
        name="East",
        region="east",
        timezone="America/New_York",
        pick_capacity=1000,
        holidays=(date(2026, 3, 9),),
        cutoffs=(Cutoff(carrier="TRUCK", at=time(14, 0)),),
    ),
    Site(id="WEST", name="West", region="west", timezone="America/Los_Angeles", pick_capacity=500),
)

LANES = (
    Lane(origin="EAST", destination="north", carrier="TRUCK", transit_days=2, freight=D("0.50")),
    Lane(origin="WEST", destination="north", carrier="RAIL", transit_days=4, freight=D("0.80")),
)


def facts(**changes) -> Facts:
    """100 BOLTs in the east, 40 in the west; nothing reserved, nobody asks."""
    given = {
        "taken_at": NOW,
        "fx": (FxRate(currency="EUR", rate=D("1.10")),),
        "customers": (customer("BIG", Tier.STRATEGIC), customer("MID", Tier.KEY), customer("SMALL"), customer("TINY")),
        "skus": (Sku(id="BOLT", name="Bolt", unit_cost=D("6.00"), supplier="ACME"),),
        "suppliers": (Supplier(id="ACME", name="Acme", lead_time_days=10, lead_time_sd=D(3)),),
        "sites": SITES,
        "lanes": LANES,
        "positions": (stock("EAST", 100), stock("WEST", 40)),
    }
    return Facts(**{**given, **changes})


def request(**changes) -> Request:
    given = {"case": "CASE-1", "case_kind": "test", "revision": 1, "kind": "event", "now": NOW, "by": "planner"}
    return Request(**{**given, **changes})


def transfer(units: int = 20, **more) -> TransferRequest:
    given = {"id": "TR-1", "sku": "BOLT", "to_site": "WEST", "needed_by": date(2026, 3, 20), "value": D("3.00")}
    return TransferRequest(quantity=units, **{**given, **more})


RATES = Rates()
