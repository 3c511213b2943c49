"""First come, first served, written out by the judge: the yardstick that every result is laid beside.

It hands out all supply of the SKUs from scratch in the order in which orders came in, each line taking what is there
first; holds get nothing, lines that are frozen or picked keep what they have, what ships complete is whole or empty.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import count

from domain.facts import Facts
from domain.inventory import Reservation, ReservationKind
from domain.orders import LineState, Order, OrderLine
from evals.accounting.arrivals import best_lane
from evals.accounting.books import Bucket, earmarked, held, supply


def first_come(facts: Facts, skus: Collection[str]) -> Facts:
    """The facts as they would stand if these SKUs had been shared out first come, first served."""
    numbers = count(1)
    touched = [line for order in facts.orders for line in order.lines if line.sku in skus and not _fixed(line)]
    again = {line.id for line in touched}
    kept = tuple(item for item in facts.reservations if item.line not in again)
    free = supply(facts)
    for bucket, units in earmarked(facts).items():
        free[bucket] = free.get(bucket, 0) - units
    for (holder, bucket), units in held(facts).items():
        if holder not in again:
            free[bucket] = free.get(bucket, 0) - units
    given: list[Reservation] = []
    for order, line in sorted(_pairs(facts, touched), key=lambda pair: (pair[0].ordered_at, pair[0].id, pair[1].id)):
        for bucket, units in _take(facts, order, line, free).items():
            free[bucket] -= units
            given.append(_reservation(f"FCFS-{next(numbers)}", order, line, bucket, units))
    return facts.replace(reservations=(*kept, *given))


def _fixed(line: OrderLine) -> bool:
    return line.frozen or line.state is LineState.PICKED


def _pairs(facts: Facts, lines: list[OrderLine]) -> list[tuple[Order, OrderLine]]:
    return [(facts.order(line.order), line) for line in lines]


def _take(facts: Facts, order: Order, line: OrderLine, free: dict[Bucket, int]) -> dict[Bucket, int]:
    """What the line can get, earliest arrival first; nothing while on hold, or when it must be whole and is not."""
    if order.holds or facts.customer(order.customer).on_credit_hold:
        return {}
    ways = []
    for bucket in free:
        allowed = not line.allowed_sites or bucket[1] in line.allowed_sites
        if bucket[0] == line.sku and allowed and (lane := best_lane(facts, order.region, bucket)) is not None:
            ways.append((lane[1], lane[0].freight, bucket))
    need, part = line.open_quantity, {}
    for _, _, bucket in sorted(ways):
        if units := min(need, max(0, free[bucket])):
            part[bucket] = units
            need -= units
    return {} if need and (line.ship_complete or order.ship_complete) else part


def _reservation(key: str, order: Order, line: OrderLine, bucket: Bucket, units: int) -> Reservation:
    sku, site, inbound = bucket
    kind = ReservationKind.SOFT if inbound else ReservationKind.HARD
    return Reservation(
        id=key, sku=sku, site=site, quantity=units, kind=kind, line=line.id, inbound=inbound or None, owner=order.id,
        created_at=order.ordered_at,
    )  # fmt: skip
