"""Sites, waves, shipments with their milestones, and replenishment: what is bought and what moves between sites."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from fastapi import APIRouter

from api.http.identity import App
from api.http.paging import After, Limit, Page, page_of
from api.http.resources.skus import CaseLink, case_links
from domain.errors import UnknownReference
from domain.execution import Milestone, Shipment, Wave
from domain.inventory import PurchaseRequest, TransferRequest
from domain.noun import Id, Noun, Text
from domain.sites import Lane, Site
from tools.holdings import HoldingEntry, HoldingsArgs, holdings
from tools.inventory import InventoryArgs, StockRow, inventory


class SiteStock(Noun):
    """What lies at a site of one SKU, and who holds it."""

    sku: Id
    stock: StockRow
    holders: tuple[HoldingEntry, ...]


class SiteDetail(Noun):
    """One site: calendar and capacity, stock with its holders, waves, lanes out, and the cases about it."""

    site: Site
    stock: tuple[SiteStock, ...]
    waves: tuple[Wave, ...]
    lanes: tuple[Lane, ...]
    cases: tuple[CaseLink, ...]


class ShipmentRow(Noun):
    """One shipment with the last thing that happened to it."""

    shipment: Id
    order: Id
    customer: Id | None
    site: Id
    carrier: Id
    last: Milestone | None
    milestones: tuple[Milestone, ...]


class InboundSupply(Noun):
    """Supply on its way, in base units; `late_days` against its first ETA; `expedite_cost` in base currency."""

    inbound: Id
    sku: Id
    site: Id
    supplier: Id | None
    quantity: int
    free: int
    eta: date
    original_eta: date
    late_days: int
    reliability: Decimal
    expedite_eta: date | None
    expedite_cost: Decimal | None


class Replenishment(Noun):
    """What is on its way, what is asked to be bought, and what sites ask of each other."""

    inbound: tuple[InboundSupply, ...]
    purchases: tuple[PurchaseRequest, ...]
    transfers: tuple[TransferRequest, ...]


class SiteRow(Noun):
    """One site with its units over all SKUs."""

    site: Id
    name: Text
    region: Id
    timezone: Text
    pick_capacity: int
    on_hand: int
    waves: int


def list_sites(app: App) -> tuple[SiteRow, ...]:
    """Sites by id."""
    facts = app.browse.facts()
    return tuple(
        SiteRow(
            site=site.id,
            name=site.name,
            region=site.region,
            timezone=site.timezone,
            pick_capacity=site.pick_capacity,
            on_hand=sum(position.on_hand for position in facts.positions if position.site == site.id),
            waves=sum(wave.site == site.id for wave in facts.waves),
        )
        for site in facts.sites
    )


def read_site(app: App, site: Id) -> SiteDetail:
    """One site: who holds what there."""
    context = app.browse.context()
    facts = context.facts
    found = facts.site(site)
    stock = []
    for sku in sorted({position.sku for position in facts.positions if position.site == site}):
        (row,) = inventory(context, InventoryArgs(sku=sku, site=site)).stock
        stock.append(SiteStock(sku=sku, stock=row, holders=holdings(context, HoldingsArgs(sku=sku, site=site)).holders))
    return SiteDetail(
        site=found,
        stock=tuple(stock),
        waves=tuple(wave for wave in facts.waves if wave.site == site),
        lanes=tuple(lane for lane in facts.lanes if lane.origin == site),
        cases=case_links(app, "sites", site),
    )


def list_waves(app: App, site: Id | None = None, limit: Limit = 50, after: After = None) -> Page[Wave]:
    """Waves by id, with their picks and cutoffs."""
    facts = app.browse.facts()
    rows = [wave for wave in facts.waves if site in (None, wave.site)]
    return page_of(rows, lambda wave: wave.id, after, limit)


def list_shipments(app: App, order: Id | None = None, limit: Limit = 50, after: After = None) -> Page[ShipmentRow]:
    """Shipments of orders with open lines, by id, with their milestones."""
    facts = app.browse.facts()
    if order is not None:
        facts.order(order)
    rows = [_shipment(app, one) for one in facts.shipments if order in (None, one.order)]
    return page_of(rows, lambda row: row.shipment, after, limit)


def read_shipment(app: App, shipment: Id) -> ShipmentRow:
    """One shipment and its milestones."""
    for one in app.browse.facts().shipments:
        if one.id == shipment:
            return _shipment(app, one)
    raise UnknownReference(f"there is no shipment '{shipment}'", field="shipment", fix="list the shipments")


def read_replenishment(app: App, sku: Id | None = None, site: Id | None = None) -> Replenishment:
    """Inbound supply by ETA, open purchase requests, and transfer requests that are not fully granted."""
    context = app.browse.context()
    facts = context.facts
    if sku is not None:
        facts.sku(sku)
    if site is not None:
        facts.site(site)
    inbound = [
        InboundSupply(
            inbound=one.id,
            sku=one.sku,
            site=one.site,
            supplier=one.supplier,
            quantity=one.quantity,
            free=context.free(one.sku, one.site, one.id),
            eta=one.eta,
            original_eta=one.original_eta,
            late_days=(one.eta - one.original_eta).days,
            reliability=one.reliability,
            expedite_eta=one.expedite.eta if one.expedite else None,
            expedite_cost=one.expedite.cost if one.expedite else None,
        )
        for one in sorted(facts.inbound, key=lambda item: (item.eta, item.id))
        if sku in (None, one.sku) and site in (None, one.site)
    ]
    return Replenishment(
        inbound=tuple(inbound),
        purchases=tuple(p for p in facts.purchases if sku in (None, p.sku) and site in (None, p.site)),
        transfers=tuple(t for t in facts.transfers if sku in (None, t.sku) and site in (None, t.to_site)),
    )


def _shipment(app: App, one: Shipment) -> ShipmentRow:
    facts = app.browse.facts()
    told = tuple(sorted(one.milestones, key=lambda milestone: (milestone.at, milestone.kind)))
    return ShipmentRow(
        shipment=one.id,
        order=one.order,
        customer=facts.order(one.order).customer if facts.has("order", one.order) else None,
        site=one.site,
        carrier=one.carrier,
        last=told[-1] if told else None,
        milestones=told,
    )


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api", tags=["logistics"])
    routes.add_api_route("/sites", list_sites, methods=["GET"])
    routes.add_api_route("/sites/{site:path}", read_site, methods=["GET"])
    routes.add_api_route("/waves", list_waves, methods=["GET"])
    routes.add_api_route("/shipments", list_shipments, methods=["GET"])
    routes.add_api_route("/shipments/{shipment:path}", read_shipment, methods=["GET"])
    routes.add_api_route("/replenishment", read_replenishment, methods=["GET"])
    return routes
