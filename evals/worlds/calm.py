"""The same company on a quiet day: plenty of stock, nobody late, easy waves. Nothing is an exception."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.execution import Milestone, MilestoneKind, Shipment
from domain.facts import Facts, SourceState, sorted_facts
from domain.inventory import Position
from domain.orders import Order, OrderLine, Promise
from domain.sites import Site
from evals.worlds.book import RATES, orders
from evals.worlds.catalog import Catalog, catalog
from evals.worlds.floor import shipments, waves, worked
from evals.worlds.generate import SYSTEMS, demand_signals, moment
from evals.worlds.network import Network, network
from evals.worlds.parties import customers
from evals.worlds.stock import reserve

LATER = timedelta(days=12)
"""By how much every date of the book lies further ahead than in the world of the same seed."""


def calm(seed: int) -> tuple[Facts, Network]:
    """Facts of the quiet world of this seed, and its network; the same seed gives the same bytes."""
    now = moment(seed)
    grid = network(seed, now.date())
    grid = Network(tuple(_staffed(site) for site in grid.sites), grid.lanes, grid.regions, grid.near)
    items = catalog(seed)
    people = customers(seed, now.date(), grid.regions)
    book = tuple(_later(order) for order in orders(seed, now, items, grid, people))
    signals = demand_signals(seed, now.date(), items, grid, book)
    positions = _plenty(items, grid, book, now - timedelta(hours=18))
    held = reserve(book, positions, [], grid, now, items)
    floor = waves(seed, now, grid, book, held, items.hot.id)
    facts = Facts(
        taken_at=now,
        base_currency="USD",
        fx=RATES,
        sources=tuple(SourceState(system=system, as_of=now) for system in SYSTEMS),
        customers=people,
        skus=items.skus,
        suppliers=items.suppliers,
        sites=grid.sites,
        lanes=grid.lanes,
        positions=tuple(positions),
        warehouse_positions=tuple(positions),
        reservations=held,
        orders=worked(book, floor),
        demand=signals,
        substitutes=items.substitutes,
        waves=floor,
        shipments=tuple(_delivered(item, now) for item in shipments(seed, now, grid, book)),
    )
    return sorted_facts(facts), grid


def _staffed(site: Site) -> Site:
    return site.model_copy(update={"pick_capacity": site.pick_capacity * 20})


def _later(order: Order) -> Order:
    return order.model_copy(update={"lines": tuple(_line_later(line) for line in order.lines)})


def _line_later(line: OrderLine) -> OrderLine:
    promise = line.promise and Promise(first=line.promise.first + LATER, current=line.promise.current + LATER)
    return line.model_copy(update={"requested": line.requested + LATER, "promise": promise})


def _plenty(items: Catalog, grid: Network, book: tuple[Order, ...], read: datetime) -> list[Position]:
    """At every site enough of every SKU for all open lines and more than a quarter's demand."""
    result = []
    for sku in items.skus:
        asked = sum(line.open_quantity for order in book for line in order.lines if line.sku == sku.id)
        have = -(-(asked * 6 + 400) // sku.pack) * sku.pack
        result += [Position(sku=sku.id, site=site.id, on_hand=have, as_of=read) for site in grid.sites]
    return result


def _delivered(shipment: Shipment, now: datetime) -> Shipment:
    done = Milestone(kind=MilestoneKind.DELIVERED, at=now - timedelta(hours=20))
    return shipment.model_copy(update={"milestones": (*shipment.milestones, done)})
