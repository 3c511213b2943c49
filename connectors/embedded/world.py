"""The built-in world: the classic constrained case, read from `built_in.yaml` into nouns.

A supplier delay hits the high-volume SKU; first come, first served then leaves strategic customers short while small
and retail orders hold the stock. Fixed instant, invented names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import resources
from random import Random
from typing import Any

import yaml

from domain.customers import Contract, Credit, Customer
from domain.events import Event, SupplierDelay
from domain.execution import Milestone, PickTask, Shipment, Wave
from domain.facts import Facts, FxRate, SourceState, sorted_facts
from domain.inventory import (
    DemandSignal,
    Inbound,
    Lot,
    Position,
    Reservation,
    ReservationKind,
    Sku,
    Substitute,
    Supplier,
    TransferRequest,
    UnitOfMeasure,
)
from domain.orders import Hold, Order, OrderLine, Promise
from domain.sites import Cutoff, Lane, Site

BUILT_IN_NOW = datetime.fromisoformat("2026-03-02T08:00:00+00:00")
BUILT_IN_SKU = "SKU-1042"
SYSTEMS = ("crm", "erp", "finance", "procurement", "tms", "wms")

Row = dict[str, Any]


def built_in(seed: int | None = None) -> Facts:
    """The world at BUILT_IN_NOW, before the event; with a seed, the same people with other quantities and prices."""
    facts = _written()
    return facts if seed is None else _varied(facts, Random(seed))


def _varied(facts: Facts, dice: Random) -> Facts:
    """Up to 12 units more in stock and 40 more on the way, lines up to a quarter larger, prices 5 % apart."""
    more: dict[tuple[str, str], int] = {}
    positions = []
    for position in facts.positions:
        extra = more[position.sku, position.site] = dice.randint(0, 12)
        positions.append(_with_more(position, extra))
    counted = [_with_more(p, more.get((p.sku, p.site), 0)) for p in facts.warehouse_positions]
    inbound = [i.model_copy(update={"quantity": i.quantity + dice.randint(0, 40)}) for i in facts.inbound]
    packs = {sku.id: sku.pack for sku in facts.skus}
    orders = []
    for order in facts.orders:
        lines = []
        for line in order.lines:
            most = line.quantity // (4 * packs[line.sku]) if line.uom == "EA" else 0
            price = line.unit_price * dice.randint(95, 105) / 100
            quantity = line.quantity + packs[line.sku] * dice.randint(0, most)
            update = {"quantity": quantity, "unit_price": price}
            if line.uom == "EA":
                update["uom_quantity"] = Decimal(quantity)
            lines.append(OrderLine.model_validate(line.model_dump() | update))
        orders.append(order.model_copy(update={"lines": tuple(lines)}))
    return facts.replace(
        positions=tuple(positions), warehouse_positions=tuple(counted), inbound=tuple(inbound), orders=tuple(orders)
    )


def _with_more(position: Position, extra: int) -> Position:
    lots = tuple(
        lot.model_copy(update={"quantity": lot.quantity + (extra if index == 0 else 0)})
        for index, lot in enumerate(position.lots)
    )
    return position.model_copy(update={"on_hand": position.on_hand + extra, "lots": lots})


def _written() -> Facts:
    return _facts(_read())


def _facts(data: Mapping[str, Any]) -> Facts:
    now = datetime.fromisoformat(data["now"]) if "now" in data else BUILT_IN_NOW
    skus = tuple(_sku(row) for row in _rows(data, "skus"))
    known = {sku.id: sku for sku in skus}
    facts = Facts(
        taken_at=now,
        base_currency=data["base_currency"],
        fx=tuple(FxRate(currency=code, rate=Decimal(rate)) for code, rate in data.get("rates", {}).items()),
        sources=tuple(SourceState(system=system, as_of=now) for system in SYSTEMS),
        customers=tuple(_customer(row) for row in _rows(data, "customers")),
        skus=skus,
        suppliers=tuple(Supplier(**row) for row in _rows(data, "suppliers")),
        sites=tuple(_site(row) for row in _rows(data, "sites")),
        lanes=tuple(lane for row in _rows(data, "lanes") for lane in _lanes(row)),
        positions=tuple(_position(row, known, now, counted=False) for row in _rows(data, "positions")),
        warehouse_positions=tuple(_position(row, known, now, counted=True) for row in _rows(data, "positions")),
        inbound=tuple(Inbound(**row, original_eta=row["eta"]) for row in _rows(data, "inbound")),
        orders=tuple(_orders(data, known)),
        transfers=tuple(TransferRequest(**row) for row in _rows(data, "transfers")),
        demand=tuple(signal for row in _rows(data, "demand") for signal in _signals(row, now.date())),
        substitutes=tuple(Substitute(**row) for row in _rows(data, "substitutes")),
        shipments=tuple(_shipment(row) for row in _rows(data, "shipments")),
    )
    waves = tuple(_wave(facts, row) for row in _rows(data, "waves"))
    return sorted_facts(facts.replace(reservations=tuple(_reservations(facts, data)), waves=waves))


def read_world(text: str) -> Facts:
    """A world written in the tables of `built_in.yaml`, which may leave out what its nouns have a default for.

    `now` is its instant (BUILT_IN_NOW without). Raises ValueError, KeyError or UnknownReference for what is no world.
    """
    return _facts(_parsed(text))


def built_in_event() -> Event:
    """What happens next: the supplier of the high-volume SKU is two weeks late, with fewer units."""
    return Event(
        id="EV-1001", source="supplier-portal", at=BUILT_IN_NOW, sequence=1, data=SupplierDelay(**_read()["event"])
    )  # fmt: skip


def _read() -> dict[str, Any]:
    """The file; every scalar is text, so that amounts stay exact and the nouns do the reading."""
    text = resources.files("connectors.embedded").joinpath("built_in.yaml").read_text(encoding="utf-8")
    return _parsed(text, getattr(yaml, "CBaseLoader", yaml.BaseLoader))


def _parsed(text: str, loader: Any = yaml.BaseLoader) -> dict[str, Any]:
    """A world as plain data. The loader in C is ten times faster, and for our own file: it ends on no nesting."""
    data: dict[str, Any] = yaml.load(text, Loader=loader)
    return data


def _rows(data: Mapping[str, Any], block: str) -> Iterator[Row]:
    table = data.get(block, {"columns": [], "rows": []})
    columns = table["columns"]
    for cells in table["rows"]:
        yield {name: None if cell == "-" else cell for name, cell in zip(columns, cells, strict=True)}


def _sku(row: Row) -> Sku:
    case = row.pop("case", None)
    return Sku(**row, units_of_measure=(UnitOfMeasure(code="CS", factor=case),) if case else ())


def _site(row: Row) -> Site:
    cutoffs = tuple(Cutoff(carrier=carrier, at=at) for carrier, at in row.pop("cutoffs").items())
    return Site(**row, cutoffs=cutoffs)


def _lanes(row: Row) -> Iterator[Lane]:
    """A row names its carrier, or has the two of the built-in world side by side."""
    if "carrier" in row:
        yield Lane(**row)
        return
    for way, carrier in (("ground", "OAKFREIGHT"), ("express", "REDLINE")):
        if row[f"{way}_days"] is not None:
            yield Lane(
                origin=row["origin"], destination=row["destination"], carrier=carrier,
                transit_days=row[f"{way}_days"], freight=row[f"{way}_freight"],
            )  # fmt: skip


def _position(row: Row, skus: Mapping[str, Sku], now: datetime, *, counted: bool) -> Position:
    days = skus[row["sku"]].shelf_life_days
    lots = []
    for day, units in row.get("lots", {}).items():
        expires = date.fromisoformat(day) + timedelta(days=days) if days else None
        lots.append(Lot(id=f"LOT-{row['sku']}-{row['site']}-{day}", quantity=units, received=day, expires=expires))
    on_hand = row["counted"] if counted and row.get("counted") else row["on_hand"]
    given = {name: row[name] for name in ("sku", "site", "quarantined", "safety_stock") if name in row}
    read = now - timedelta(minutes=2 if counted else 5)
    return Position(**given, on_hand=on_hand, lots=tuple(lots), as_of=read)


def _customer(row: Row) -> Customer:
    terms, credit = row.pop("contract"), row.pop("credit")
    contract = terms and Contract(
        id=f"{row['id']}/2026", otif_target=terms[0], penalty_share=terms[1], fill_floor=terms[2], strict=terms[3],
        starts=date(2026, 1, 1), ends=date(2026, 12, 31),
    )  # fmt: skip
    standing = Credit(limit=credit[0], exposure=credit[1], overdue_days=credit[2], status=credit[3])
    return Customer(**row, contract=contract, credit=standing)


def _orders(data: Mapping[str, Any], skus: Mapping[str, Sku]) -> Iterator[Order]:
    regions = {row["id"]: row["region"] for row in _rows(data, "customers")}
    lines: dict[str, list[OrderLine]] = {}
    for row in _rows(data, "lines"):
        order = row["id"].rsplit("-", 1)[0]
        lines.setdefault(order, []).append(_line(row, order, skus[row["sku"]]))
    for row in _rows(data, "orders"):
        hold = row.pop("hold")
        holds = (Hold(kind=hold[0], reason=hold[1], placed_at=hold[2]),) if hold else ()
        yield Order(**row, region=regions[row["customer"]], holds=holds, lines=tuple(lines[row["id"]]))


def _line(row: Row, order: str, sku: Sku) -> OrderLine:
    count, _, code = row.pop("ordered").partition(" ")
    promised, flags = row.pop("promised"), row.pop("flags")
    factor = next((unit.factor for unit in sku.units_of_measure if unit.code == code), 1)
    return OrderLine(
        **row, order=order, quantity=int(count) * factor, uom=code or "EA", uom_quantity=Decimal(count),
        promise=Promise(first=promised, current=promised) if promised else None,
        ship_complete="whole" in flags, substitutes_ok="swap" in flags,
    )  # fmt: skip


def _reservations(facts: Facts, data: Mapping[str, Any]) -> Iterator[Reservation]:
    for number, row in enumerate(_rows(data, "reservations"), start=1):
        line = facts.line(row["line"])
        inbound = row["source"] if facts.has("inbound", row["source"]) else None
        yield Reservation(
            id=f"R-{number:04}",
            sku=line.sku,
            site=facts.inbound_supply(inbound).site if inbound else row["source"],
            quantity=row["quantity"],
            kind=ReservationKind.SOFT if inbound else ReservationKind.HARD,
            line=line.id,
            inbound=inbound,
            owner=line.order,
            created_at=facts.order(line.order).ordered_at + timedelta(minutes=10),
        )


def _wave(facts: Facts, row: Row) -> Wave:
    picks = row.pop("picks")
    tasks = tuple(
        PickTask(
            id=f"{row['id']}/{number}", wave=row["id"], line=line, sku=facts.line(line).sku, quantity=units,
            sequence=number, state=state,
        )
        for number, (line, units, state) in enumerate(picks, start=1)
    )  # fmt: skip
    return Wave(**row, tasks=tasks)


def _shipment(row: Row) -> Shipment:
    milestones = tuple(Milestone(kind=kind, at=at) for kind, at in row.pop("milestones").items())
    return Shipment(**row, milestones=milestones)


def _signals(row: Row, monday: date) -> Iterator[DemandSignal]:
    for number, (forecast, rate) in enumerate(zip(row["forecast"], row["run_rate"], strict=True)):
        week = monday + timedelta(weeks=number)
        yield DemandSignal(sku=row["sku"], site=row["site"], week=week, forecast=forecast, run_rate=rate)
