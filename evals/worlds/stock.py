"""Stock, supply on its way and who has reserved what, first come first served, before anything goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.inventory import Expedite, Inbound, Lot, Position, Reservation, ReservationKind, Sku
from domain.orders import Order, OrderLine
from evals.worlds.catalog import Catalog
from evals.worlds.network import Network
from evals.worlds.world import Dice

SOON = timedelta(days=14)


@dataclass(frozen=True)
class Stock:
    """Positions, inbound supply and reservations; `late` is the inbound of the hot SKU that will be delayed."""

    positions: tuple[Position, ...]
    inbound: tuple[Inbound, ...]
    reservations: tuple[Reservation, ...]
    late: Inbound


def stock(seed: int, now: datetime, items: Catalog, grid: Network, book: tuple[Order, ...]) -> Stock:
    """Stock sized from the order book: of the hot SKU 40 to 65 percent of what is due in two weeks, the rest coming."""
    dice = Dice(seed, "stock")
    today = now.date()
    positions: list[Position] = []
    inbound: list[Inbound] = []
    for sku in items.skus:
        due = demand_due(book, sku.id, today + SOON)
        share = dice.between(40, 65) if sku is items.hot else dice.between(85, 170)
        have = max(sku.pack, due * share // 100 // sku.pack * sku.pack)
        positions += _positions(dice, sku, have, grid, now)
        gap = max(due - have, sku.pack * 4)
        coming = sku is items.hot or dice.chance(50)
        if coming:
            inbound.append(_inbound(dice, sku, gap, len(inbound), grid, today))
    late = inbound[0]
    return Stock(tuple(positions), tuple(inbound), reserve(book, positions, inbound, grid, now, items), late)


def demand_due(book: tuple[Order, ...], sku: str, by: date) -> int:
    """Units of a SKU on open lines that are due on or before a day."""
    return sum(line.open_quantity for order in book for line in order.lines if line.sku == sku and line.due <= by)


def _positions(dice: Dice, sku: Sku, have: int, grid: Network, now: datetime) -> list[Position]:
    """`have` sellable units spread over the sites in whole packs, with safety stock and quarantine on top."""
    packs, result = have // sku.pack, []
    weights = [dice.between(1, 4) for _ in grid.sites]
    shares = [packs * weight // sum(weights) for weight in weights]
    shares[0] += packs - sum(shares)
    for site, share in zip(grid.sites, shares, strict=True):
        quarantined = dice.between(1, 9) if dice.chance(15) else 0
        safety = dice.between(1, 12) if dice.chance(30) else 0
        on_hand = share * sku.pack + quarantined + safety
        arrived = now.date() - timedelta(days=dice.between(3, 50))
        lots = () if sku.shelf_life_days is None else _lots(dice, sku, site.id, on_hand, arrived)
        result.append(
            Position(
                sku=sku.id, site=site.id, on_hand=on_hand, quarantined=quarantined, safety_stock=safety, lots=lots,
                as_of=now - timedelta(minutes=dice.between(1, 45)),
            )
        )  # fmt: skip
    return result


def _lots(dice: Dice, sku: Sku, site: str, on_hand: int, arrived: date) -> tuple[Lot, ...]:
    older = on_hand * dice.between(20, 80) // 100
    life = timedelta(days=sku.shelf_life_days or 0)
    days = (arrived - timedelta(days=12), arrived)
    return tuple(
        Lot(id=f"LOT-{sku.id}-{site}-{number}", quantity=units, received=day, expires=day + life)
        for number, (units, day) in enumerate(zip((older, on_hand - older), days, strict=True), 1)
        if units
    )


def _inbound(dice: Dice, sku: Sku, gap: int, number: int, grid: Network, today: date) -> Inbound:
    eta = today + timedelta(days=dice.between(2, 5))
    units = -(-gap * dice.between(90, 120) // 100 // sku.pack) * sku.pack
    faster = Expedite(eta=eta + timedelta(days=dice.between(2, 5)), cost=Decimal(dice.between(150, 1500)))
    return Inbound(
        id=f"PO-{7000 + number}",
        sku=sku.id,
        site=dice.pick(grid.sites).id,
        quantity=max(sku.pack, units),
        eta=eta,
        original_eta=eta - timedelta(days=dice.pick((0, 0, 2))),
        supplier=sku.supplier,
        reliability=Decimal(dice.between(60, 98)) / 100,
        expedite=faster if number == 0 or dice.chance(30) else None,
    )


def reserve(
    book: tuple[Order, ...], positions: list[Position], inbound: list[Inbound], grid: Network, now: datetime,
    items: Catalog,
) -> tuple[Reservation, ...]:  # fmt: skip
    """First come first served: hard on the nearest stock, then soft on inbound, in whole packs, holds not looked at."""
    free = {(position.sku, position.site, ""): position.sellable for position in positions}
    free |= {(supply.sku, supply.site, supply.id): supply.quantity for supply in inbound}
    packs = {sku.id: sku.pack for sku in items.skus}
    result: list[Reservation] = []
    queue = sorted(
        ((order, line) for order in book for line in order.lines), key=lambda pair: (pair[0].ordered_at, pair[1].id)
    )
    for order, line in queue:
        for bucket, units in _takes(order, line, free, grid, packs[line.sku]):
            free[bucket] -= units
            result.append(_reservation(len(result), line, bucket, units, min(now, order.ordered_at)))
    return tuple(result)


Bucket = tuple[str, str, str]


def _takes(
    order: Order, line: OrderLine, free: dict[Bucket, int], grid: Network, pack: int
) -> list[tuple[Bucket, int]]:
    """What the line takes from which bucket; nothing from a kind of supply that cannot complete an atomic line."""
    sites = [site for site in grid.near[order.region] if not line.allowed_sites or site in line.allowed_sites]
    near = sorted(
        (bucket for bucket in free if bucket[0] == line.sku and bucket[1] in sites),
        key=lambda bucket: (bucket[2] != "", sites.index(bucket[1]), bucket[2]),
    )
    left, takes = line.open_quantity, []
    for bucket in near:
        units = left if left <= free[bucket] else free[bucket] // pack * pack
        if units:
            takes.append((bucket, units))
            left -= units
    return takes if not (left and line.ship_complete) else []


def _reservation(number: int, line: OrderLine, bucket: Bucket, units: int, made: datetime) -> Reservation:
    return Reservation(
        id=f"R-{number + 1:04}",
        sku=bucket[0],
        site=bucket[1],
        quantity=units,
        kind=ReservationKind.SOFT if bucket[2] else ReservationKind.HARD,
        line=line.id,
        inbound=bucket[2] or None,
        owner=line.order,
        created_at=made,
    )
