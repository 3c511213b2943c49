"""Where a SKU lies and what is on its way: on hand, reserved, free, and whether ERP and WMS agree."""

from __future__ import annotations

from datetime import date

from domain.inventory import Position
from domain.noun import Id, Noun
from tools.context import ToolContext


class InventoryArgs(Noun):
    """One SKU, at one site or at all of them."""

    sku: Id
    site: Id | None = None


class LotRow(Noun):
    """Part of a position that arrived together (units)."""

    lot: Id
    quantity: int
    expires: date | None = None


class StockRow(Noun):
    """Stock of one site in base units. free = sellable - reserved - claimed, never negative."""

    site: Id
    on_hand: int
    quarantined: int
    safety_stock: int
    sellable: int
    reserved: int
    claimed: int
    free: int
    warehouse_on_hand: int | None
    differs: bool
    lots: tuple[LotRow, ...] = ()


class InboundRow(Noun):
    """One supply on its way, in base units; `late_days` against its original ETA."""

    inbound: Id
    site: Id
    quantity: int
    eta: date
    late_days: int
    free: int
    can_expedite: bool


class InventoryReport(Noun):
    """Stock and inbound of a SKU, by site."""

    sku: Id
    stock: tuple[StockRow, ...]
    inbound: tuple[InboundRow, ...]
    free_now: int
    """Units free today at the sites of this report."""


def inventory(context: ToolContext, args: InventoryArgs) -> InventoryReport:
    """Positions and inbound supply of a SKU. UnknownReference when SKU or site is unknown."""
    facts = context.facts
    facts.sku(args.sku)
    if args.site is not None:
        facts.site(args.site)
    sites = sorted({p.site for p in facts.positions if p.sku == args.sku} | {p.site for p in _counted(context, args)})
    stock = tuple(_stock(context, args.sku, site) for site in sites if args.site in (None, site))
    inbound = tuple(
        InboundRow(
            inbound=supply.id,
            site=supply.site,
            quantity=supply.quantity,
            eta=supply.eta,
            late_days=(supply.eta - supply.original_eta).days,
            free=context.free(supply.sku, supply.site, supply.id),
            can_expedite=supply.expedite is not None,
        )
        for supply in sorted(facts.inbound, key=lambda item: (item.eta, item.id))
        if supply.sku == args.sku and args.site in (None, supply.site)
    )
    return InventoryReport(sku=args.sku, stock=stock, inbound=inbound, free_now=sum(row.free for row in stock))


def _counted(context: ToolContext, args: InventoryArgs) -> list[Position]:
    return [p for p in context.facts.warehouse_positions if p.sku == args.sku]


def _stock(context: ToolContext, sku: str, site: str) -> StockRow:
    facts = context.facts
    position = facts.position(sku, site)
    counted = next((p.on_hand for p in facts.warehouse_positions if (p.sku, p.site) == (sku, site)), None)
    on_hand = position.on_hand if position else 0
    return StockRow(
        site=site,
        on_hand=on_hand,
        quarantined=position.quarantined if position else 0,
        safety_stock=position.safety_stock if position else 0,
        sellable=position.sellable if position else 0,
        reserved=sum(r.quantity for r in facts.reservations if (r.sku, r.site) == (sku, site) and r.inbound is None),
        claimed=sum(c.quantity for c in facts.claims if (c.sku, c.site) == (sku, site) and c.inbound is None),
        free=context.free(sku, site),
        warehouse_on_hand=counted,
        differs=counted is not None and counted != on_hand,
        lots=tuple(
            LotRow(lot=lot.id, quantity=lot.quantity, expires=lot.expires)
            for lot in (position.lots if position else ())
        ),
    )
