"""The detector of real shortages: open demand against supply by due date, per SKU, over all sites. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from agent.triage.books import Books
from domain.canonical import digest
from domain.facts import Facts
from domain.inventory import Inbound
from domain.noun import Id, Noun, Units
from domain.orders import OrderLine


class Short(Noun):
    """A SKU whose open demand is not covered in time.

    `units`: the most units missing on any due date (cumulative demand up to it less stock and supply arrived by it);
    `since`: the first such date; `mark`: a digest of the demand, by the dates customers asked for, and the supply: a
    new promise is an answer to a shortage, and makes no new one.
    """

    sku: Id
    units: Units
    since: date
    demand: Units
    stock: Units
    inbound: Units
    mark: Id


def shortages(facts: Facts) -> tuple[Short, ...]:
    """Every SKU that is short, the most units first, then by id."""
    books = Books(facts)
    known = (short_of(facts, sku.id, books.lines_of[sku.id], books.coming[sku.id]) for sku in facts.skus)
    return tuple(sorted((short for short in known if short), key=lambda short: (-short.units, short.sku)))


def short_of(facts: Facts, sku: str, lines: Sequence[OrderLine], supplies: Sequence[Inbound]) -> Short | None:
    """What is missing of one SKU, given its open lines and its inbound supply; None when nothing is."""
    transfers = [
        (item.needed_by, item.quantity - item.granted, item.id)
        for item in facts.transfers
        if item.sku == sku and item.quantity > item.granted
    ]
    wanted = [(line.due, line.open_quantity, line.id) for line in lines] + transfers
    stock = sum(position.sellable for position in facts.positions if position.sku == sku)
    coming = [(supply.eta, supply.quantity, supply.id) for supply in supplies]
    worst, since = 0, None
    for due in sorted({day for day, _, _ in wanted}):
        asked = sum(units for day, units, _ in wanted if day <= due)
        there = stock + sum(units for day, units, _ in coming if day <= max(due, facts.today))
        if asked > there:
            since = since or due
            worst = max(worst, asked - there)
    if since is None:
        return None
    asked_for = sorted([(line.requested, line.open_quantity, line.id) for line in lines] + transfers)
    basis = {"sku": sku, "wanted": asked_for, "stock": stock, "coming": sorted(coming)}
    return Short(
        sku=sku,
        units=worst,
        since=since,
        demand=sum(units for _, units, _ in wanted),
        stock=stock,
        inbound=sum(units for _, units, _ in coming),
        mark=f"sweep:{digest('sweep/1', basis)[:16]}",
    )
