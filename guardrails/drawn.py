"""The stock that a move draws on: how old it is, and how much of a site's day it takes to pick it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from domain.facts import Facts
from domain.noun import CENT
from domain.plans import Move
from guardrails.vocabulary import FactValue

ZERO = Decimal("0.00")
HUNDRED = Decimal("100.00")


def drawn(move: Move, facts: Facts) -> dict[str, FactValue]:
    """`stock_age` (days), `shelf_life_spent` and `site_capacity` (percent); 0 when nothing comes from stock.

    The oldest lot of a SKU at a site counts, whichever lot will be picked. A site without any capacity counts as one
    that picks one unit a day.
    """
    lots = list(_lots(move, facts))
    picks: dict[str, int] = {}
    for _, site, units in _from_stock(move):
        picks[site] = picks.get(site, 0) + units
    return {
        "stock_age": max((days for days, _ in lots), default=0),
        "shelf_life_spent": max((min(HUNDRED, _share(days, life)) for days, life in lots if life), default=ZERO),
        "site_capacity": max(
            (_share(units, facts.site(site).pick_capacity) for site, units in picks.items() if facts.has("site", site)),
            default=ZERO,
        ),
    }


def _from_stock(move: Move) -> Iterator[tuple[str, str, int]]:
    """(SKU, site, units) of every draw on stock."""
    for action in move.actions:
        if action.kind == "reserve" and action.inbound is None:
            yield action.sku, action.site, action.quantity
        elif action.kind == "substitute":
            yield action.alternative, action.site, action.quantity
        elif action.kind == "transfer":
            yield action.sku, action.from_site, action.quantity


def _lots(move: Move, facts: Facts) -> Iterator[tuple[int, int]]:
    """(Age of the oldest lot in days, shelf life of its SKU in days or 0) of every draw on stock."""
    for sku, site, _ in _from_stock(move):
        position = facts.position(sku, site)
        received = [lot.received for lot in position.lots if lot.quantity] if position else []
        if received:
            life = facts.sku(sku).shelf_life_days if facts.has("sku", sku) else None
            yield max(0, (facts.today - min(received)).days), life or 0


def _share(part: int, whole: int) -> Decimal:
    return (Decimal(100 * part) / max(1, whole)).quantize(CENT)
