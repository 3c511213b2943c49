"""SKUs: stock, available-to-promise, and who holds what."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query

from api.http.identity import App
from api.http.paging import After, Limit, Page, page_of
from domain.atp import Promisable, can_promise
from domain.cases import CaseState
from domain.inventory import DemandSignal
from domain.noun import Id, Noun, PositiveUnits, Text
from tools.atp import AtpArgs, AtpReport, atp
from tools.holdings import HoldingsArgs, HoldingsReport, holdings
from tools.inventory import InventoryArgs, InventoryReport, inventory

Site = Annotated[Id | None, Query(description="Only this site.")]


class SkuRow(Noun):
    """One SKU with its stock over all sites, in base units; unit cost in base currency."""

    sku: Id
    name: Text
    abc_class: Id
    unit_cost: Decimal
    on_hand: int
    free: int
    inbound: int
    open_units: int
    uncovered_units: int


class CaseLink(Noun):
    """A case that touches what is shown."""

    case: Id
    kind: Id
    title: Text
    state: CaseState


class SkuDetail(Noun):
    """Everything a planner asks of one SKU."""

    summary: SkuRow
    inventory: InventoryReport
    atp: AtpReport
    holdings: HoldingsReport
    substitutes: tuple[Id, ...]
    demand: tuple[DemandSignal, ...]
    cases: tuple[CaseLink, ...]


def list_skus(app: App, q: Text = "", uncovered: bool = False, limit: Limit = 50, after: After = None) -> Page[SkuRow]:
    """SKUs by id; `q` finds them by id or name, `uncovered` those with lines that lack units."""
    wanted = q.strip().casefold()
    rows = [
        row
        for row in _rows(app)
        if (wanted in row.sku.casefold() or wanted in row.name.casefold()) and (row.uncovered_units or not uncovered)
    ]
    return page_of(rows, lambda row: row.sku, after, limit)


def read_sku(app: App, sku: Id) -> SkuDetail:
    """One SKU: stock by site, what can be promised, who holds it, and the cases about it."""
    context = app.browse.context()
    facts = context.facts
    facts.sku(sku)
    return SkuDetail(
        summary=next(row for row in _rows(app) if row.sku == sku),
        inventory=inventory(context, InventoryArgs(sku=sku)),
        atp=atp(context, AtpArgs(sku=sku)),
        holdings=holdings(context, HoldingsArgs(sku=sku)),
        substitutes=tuple(sorted(pair.alternative for pair in facts.substitutes if pair.sku == sku)),
        demand=tuple(signal for signal in facts.demand if signal.sku == sku),
        cases=case_links(app, "skus", sku),
    )


def read_inventory(app: App, sku: Id, site: Site = None) -> InventoryReport:
    """Stock by site (on hand, reserved, claimed, free; ERP against WMS) and what is on its way."""
    return inventory(app.browse.context(), InventoryArgs(sku=sku, site=site))


def read_atp(app: App, sku: Id, site: Site = None, case: Id | None = None) -> AtpReport:
    """Units that can be promised by site and date; claims of `case` itself do not count against it."""
    return atp(app.browse.context(case=case or ""), AtpArgs(sku=sku, site=site))


def read_holdings(app: App, sku: Id, site: Site = None) -> HoldingsReport:
    """Who holds units of a SKU: reservations, and claims of plans that wait."""
    return holdings(app.browse.context(), HoldingsArgs(sku=sku, site=site))


def check_promise(app: App, sku: Id, quantity: PositiveUnits, by: date) -> Promisable:
    """Whether so many units can leave our sites by a day, and the first day on which they can."""
    return can_promise(app.browse.facts(), sku, quantity, by)


def case_links(app: App, kind: str, key: str) -> tuple[CaseLink, ...]:
    """The cases whose scope names something."""
    found = app.browse.touching(kind, key)
    return tuple(CaseLink(case=one.id, kind=one.kind, title=one.title, state=one.state) for one in found)


def _rows(app: App) -> list[SkuRow]:
    context = app.browse.context()
    facts = context.facts
    rows = []
    for sku in facts.skus:
        stock = [position for position in facts.positions if position.sku == sku.id]
        lines = facts.lines_of_sku(sku.id)
        rows.append(
            SkuRow(
                sku=sku.id,
                name=sku.name,
                abc_class=sku.abc_class,
                unit_cost=sku.unit_cost,
                on_hand=sum(position.on_hand for position in stock),
                free=sum(context.free(sku.id, position.site) for position in stock),
                inbound=sum(supply.quantity for supply in facts.inbound if supply.sku == sku.id),
                open_units=sum(line.open_quantity for line in lines),
                uncovered_units=sum(context.uncovered(line) for line in lines),
            )
        )
    return rows


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api/skus", tags=["inventory"])
    routes.add_api_route("", list_skus, methods=["GET"])
    routes.add_api_route("/{sku:path}/inventory", read_inventory, methods=["GET"])
    routes.add_api_route("/{sku:path}/atp", read_atp, methods=["GET"])
    routes.add_api_route("/{sku:path}/holdings", read_holdings, methods=["GET"])
    routes.add_api_route("/{sku:path}/promise", check_promise, methods=["GET"])
    routes.add_api_route("/{sku:path}", read_sku, methods=["GET"])
    return routes
