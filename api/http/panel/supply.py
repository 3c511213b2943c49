"""Supply and demand as pages: SKUs, a site, an order, a customer. Who holds what, and who was promised what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from agent.runtime.application import Application
from api.http.identity import App, Me
from api.http.panel.pages import page
from domain.atp import available
from domain.cases import Case
from domain.customers import Customer
from domain.execution import Shipment, Wave
from domain.facts import Facts
from domain.inventory import Inbound, Reservation, Sku
from domain.noun import Id, Noun, Text
from domain.orders import Order, OrderLine
from storage.records import MoveRecord, MoveState
from tools.context import ToolContext
from tools.holdings import HoldingsArgs, holdings
from tools.inventory import InventoryArgs, inventory

HISTORY = 60
"""Moves in a history; the rest is in the ledger."""
LINES = 300
"""Rows of one table."""


class SkuRow(Noun):
    """One SKU over all sites, in units. `late`: inbound supply that comes after its first date."""

    sku: Id
    name: Text
    abc: Text
    on_hand: int
    held: int
    free: int
    inbound: int
    late: int
    open: int
    uncovered: int


class LineView(Noun):
    """An order line with what it holds and what of it nothing is reserved for."""

    line: OrderLine
    order: Order
    customer: Customer
    held: int
    uncovered: int
    reservations: tuple[Reservation, ...]
    on_hold: bool
    late: bool


class Happening(Noun):
    """A move that named something, and what it did to one line."""

    record: MoveRecord
    change: Text


class Untouched(Noun):
    """What the newest plan of a case says it leaves alone."""

    case: Case
    text: Text


def supply(request: Request, app: App, me: Me, short: bool = False) -> HTMLResponse:
    """Every SKU, those with most uncovered units first: what is there, held, free, coming, and uncovered."""
    context = app.browse.context(me.id)
    rows = sorted(sku_rows(context), key=lambda row: (-row.uncovered, row.sku))
    uncovered = [row for row in rows if row.uncovered]
    shown = uncovered if short else rows
    return page(
        request,
        "supply.html",
        "supply",
        rows=tuple(shown[:LINES]),
        left_out=max(0, len(shown) - LINES),
        short=short,
        uncovered=len(uncovered),
        sites=context.facts.sites,
        all=len(rows),
    )


def sku_rows(context: ToolContext) -> list[SkuRow]:
    """Every SKU over all sites; each collection is gone through once."""
    facts = context.facts
    sums: dict[str, Counter[str]] = {sku.id: Counter() for sku in facts.skus}
    for position in facts.positions:
        if position.sku in sums:
            sums[position.sku]["on_hand"] += position.on_hand
            sums[position.sku]["free"] += context.free(position.sku, position.site)
    for held in facts.reservations:
        if held.sku in sums and held.inbound is None:
            sums[held.sku]["held"] += held.quantity
    for coming in facts.inbound:
        if coming.sku in sums:
            sums[coming.sku]["inbound"] += coming.quantity
            sums[coming.sku]["late"] += coming.quantity if coming.eta > coming.original_eta else 0
    for order in facts.orders:
        for line in order.lines:
            if line.sku in sums:
                sums[line.sku]["open"] += line.open_quantity
                sums[line.sku]["uncovered"] += context.uncovered(line)
    return [_row(sku, sums[sku.id]) for sku in facts.skus]


def _row(sku: Sku, units: Counter[str]) -> SkuRow:
    return SkuRow(
        sku=sku.id,
        name=sku.name,
        abc=sku.abc_class,
        on_hand=units["on_hand"],
        held=units["held"],
        free=units["free"],
        inbound=units["inbound"],
        late=units["late"],
        open=units["open"],
        uncovered=units["uncovered"],
    )


def show_sku(request: Request, app: App, me: Me, sku: str) -> HTMLResponse:
    """One SKU: stock by site, what comes, who holds it, what can be promised, who waits."""
    context = app.browse.context(me.id)
    facts = context.facts
    item = facts.sku(sku)
    return page(
        request,
        "sku.html",
        "supply",
        facts=facts,
        item=item,
        row=next(row for row in sku_rows(context) if row.sku == sku),
        report=inventory(context, InventoryArgs(sku=sku)),
        holders=holdings(context, HoldingsArgs(sku=sku)),
        promisable=tuple((site, available(facts, sku, site.id)) for site in facts.sites),
        lines=tuple(line_view(context, line) for line in facts.lines_of_sku(sku))[:LINES],
        history=history(app, sku),
        untouched=untouched(app, "skus", sku),
    )


def show_site(request: Request, app: App, me: Me, site: str) -> HTMLResponse:
    """One site: its stock, what comes, its waves."""
    context = app.browse.context(me.id)
    facts = context.facts
    known = facts.site(site)
    positions = tuple(position for position in facts.positions if position.site == site)
    waves: tuple[Wave, ...] = tuple(wave for wave in facts.waves if wave.site == site)
    inbound: tuple[Inbound, ...] = tuple(one for one in facts.inbound if one.site == site)
    return page(
        request,
        "site.html",
        "supply",
        facts=facts,
        site=known,
        positions=tuple((item, facts.sku(item.sku), context.free(item.sku, site)) for item in positions),
        counted={item.sku: item.on_hand for item in facts.warehouse_positions if item.site == site},
        waves=waves,
        inbound=tuple(sorted(inbound, key=lambda one: (one.eta, one.id))),
        history=history(app, site),
        untouched=untouched(app, "sites", site),
    )


def show_order(request: Request, app: App, me: Me, order: str) -> HTMLResponse:
    """One order: its lines, what they hold, promises, shipments, and what was done to it."""
    context = app.browse.context(me.id)
    facts = context.facts
    known = facts.order(order)
    shipments: tuple[Shipment, ...] = tuple(one for one in facts.shipments if one.order == order)
    tasks = {task.line: (wave, task) for wave in facts.waves for task in wave.tasks}
    return page(
        request,
        "order.html",
        "supply",
        facts=facts,
        order=known,
        customer=facts.customer(known.customer),
        lines=tuple(line_view(context, line) for line in known.lines),
        tasks=tasks,
        shipments=shipments,
        history=history(app, order, {line.id for line in known.lines}),
        untouched=untouched(app, "orders", order),
        cases=app.browse.touching("orders", order),
    )


def show_customer(request: Request, app: App, me: Me, customer: str) -> HTMLResponse:
    """One customer: standing, contract, and every open line."""
    context = app.browse.context(me.id)
    facts = context.facts
    known = facts.customer(customer)
    orders = [order for order in facts.orders if order.customer == customer]
    lines = [line_view(context, line) for order in orders for line in order.lines]
    return page(
        request,
        "customer.html",
        "supply",
        facts=facts,
        customer=known,
        lines=tuple(lines[:LINES]),
        history=history(app, customer, {view.line.id for view in lines}),
        cases=app.browse.touching("customers", customer),
    )


def line_view(context: ToolContext, line: OrderLine) -> LineView:
    """A line as pages show it."""
    order = context.order_of(line)
    return LineView(
        line=line,
        order=order,
        customer=context.facts.customer(order.customer),
        held=context.held(line.id),
        uncovered=context.uncovered(line),
        reservations=context.reservations_of(line.id),
        on_hold=context.on_hold(line),
        late=_late(context.facts, line),
    )


def _late(facts: Facts, line: OrderLine) -> bool:
    promised: date | None = line.promise.current if line.promise else None
    return bool(line.open_quantity) and (promised or line.requested) < facts.today


def history(app: Application, key: str, lines: Iterable[str] = ()) -> tuple[Happening, ...]:
    """Moves that named an entity, the newest first, with what they did to these lines."""
    mine = set(lines)
    found = []
    for record in reversed(app.browse.moves_about(key)):
        if record.state is MoveState.SUPERSEDED:
            continue
        effects = [effect for effect in record.move.effects if effect.line in mine]
        told = [f"{effect.line} {effect.units:+d}" for effect in effects if effect.units]
        told += [
            f"{effect.line} {abs(effect.sooner)} {'sooner' if effect.sooner > 0 else 'later'}"
            for effect in effects
            if effect.sooner
        ]
        told += [
            f"{effect.line} promised {effect.promise_after:%Y-%m-%d} instead of {effect.promise_before:%Y-%m-%d}"
            for effect in effects
            if effect.promise_before and effect.promise_after and effect.promise_before != effect.promise_after
        ]
        found.append(Happening(record=record, change="; ".join(told)[:4000]))
    return tuple(found[:HISTORY])


def untouched(app: Application, kind: str, key: str) -> tuple[Untouched, ...]:
    """What the newest plans of the cases about something leave alone."""
    found = []
    for case in app.browse.touching(kind, key):
        plans = app.browse.plans(case.id)
        if plans and plans[-1].untouched:
            found.append(Untouched(case=case, text=plans[-1].untouched))
    return tuple(found)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("/supply", supply, methods=["GET"])
    routes.add_api_route("/skus/{sku:path}", show_sku, methods=["GET"])
    routes.add_api_route("/sites/{site:path}", show_site, methods=["GET"])
    routes.add_api_route("/orders/{order:path}", show_order, methods=["GET"])
    routes.add_api_route("/customers/{customer:path}", show_customer, methods=["GET"])
    return routes
