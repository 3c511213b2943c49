"""Facts as bookkeeping: buckets of supply, who holds what, and a fingerprint of an end state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.actions import Action, ReleaseReservation, Reserve, SubstituteItem, Transfer
from domain.canonical import digest
from domain.facts import Facts

Bucket = tuple[str, str, str]
"""(SKU, site, inbound id); the inbound id is empty for stock."""


@dataclass(frozen=True, order=True)
class Finding:
    """Something that must not be: which law it breaks, where, and the numbers."""

    law: str
    where: str
    says: str

    def __str__(self) -> str:
        return f"{self.law}: {self.where}: {self.says}"


def supply(facts: Facts) -> dict[Bucket, int]:
    """Units that may be reserved, per bucket."""
    result = {(item.sku, item.site, ""): item.sellable for item in facts.positions}
    return result | {(item.sku, item.site, item.id): item.quantity for item in facts.inbound}


def held(facts: Facts) -> dict[tuple[str, Bucket], int]:
    """Units per (line, bucket) that lines hold."""
    result: dict[tuple[str, Bucket], int] = defaultdict(int)
    for item in facts.reservations:
        if item.line is not None:
            result[item.line, (item.sku, item.site, item.inbound or "")] += item.quantity
    return dict(result)


def earmarked(facts: Facts) -> dict[Bucket, int]:
    """Units per bucket that are reserved for no line."""
    result: dict[Bucket, int] = defaultdict(int)
    for item in facts.reservations:
        if item.line is None:
            result[item.sku, item.site, item.inbound or ""] += item.quantity
    return dict(result)


def per_bucket(holdings: Mapping[tuple[str, Bucket], int]) -> dict[Bucket, int]:
    """Units held per bucket, whoever holds them."""
    result: dict[Bucket, int] = defaultdict(int)
    for (_, bucket), units in holdings.items():
        result[bucket] += units
    return dict(result)


def served_for(before: Facts, after: Facts, actions: Sequence[Action]) -> dict[str, str]:
    """Companion line -> the line it serves: new lines of an order for the SKU that an executed substitution named."""
    old = {line.id: line.order for order in before.orders for line in order.lines}
    swaps = [(a.line, a.alternative, a.quantity) for a in actions if isinstance(a, SubstituteItem)]
    ratio = {(pair.sku, pair.alternative): pair.ratio for pair in before.substitutes}
    result: dict[str, str] = {}
    for order in after.orders:
        for line in order.lines:
            for swap in swaps:
                original, alternative, units = swap
                wanted = units * ratio.get((before.line(original).sku, alternative), 1) if original in old else 0
                if line.id not in old and (old.get(original), alternative, wanted) == (
                    order.id,
                    line.sku,
                    line.quantity,
                ):
                    result[line.id] = original
                    swaps.remove(swap)
                    break
    return result


def change(actions: Sequence[Action], ratio: Mapping[tuple[str, str], int]) -> dict[tuple[str, Bucket], int]:
    """How the holdings of lines change when these actions are carried out; `ratio` of (SKU, alternative)."""
    result: dict[tuple[str, Bucket], int] = defaultdict(int)
    for action in actions:
        if isinstance(action, Reserve):
            result[action.line, (action.sku, action.site, action.inbound or "")] += action.quantity
        elif isinstance(action, ReleaseReservation):
            result[action.line, (action.sku, action.site, action.inbound or "")] -= action.quantity
        elif isinstance(action, SubstituteItem):
            units = action.quantity * ratio.get((action.sku, action.alternative), 1)
            result[action.line, (action.alternative, action.site, "")] += units
    return dict(result)


def sent(actions: Sequence[Action]) -> dict[Bucket, int]:
    """Units of stock that transfers take out of a bucket."""
    result: dict[Bucket, int] = defaultdict(int)
    for action in actions:
        if isinstance(action, Transfer):
            result[action.sku, action.from_site, ""] += action.quantity
    return dict(result)


def end_state(facts: Facts) -> str:
    """Fingerprint of what the systems hold, whatever the time, the order of reading and the names of reservations."""
    return digest(
        "end-state/1",
        {
            "stock": sorted((item.sku, item.site, item.on_hand, item.quarantined) for item in facts.positions),
            "inbound": sorted((item.id, item.quantity, item.eta) for item in facts.inbound),
            "held": sorted((line, *bucket, units) for (line, bucket), units in held(facts).items()),
            "earmarked": sorted((*bucket, units) for bucket, units in earmarked(facts).items()),
            "lines": sorted(
                (line.id, line.state, line.shipped, str(line.promise.current) if line.promise else "")
                for order in facts.orders
                for line in order.lines
            ),
            "picks": sorted(
                (wave.id, wave.state, wave.carrier, task.id, task.sequence, task.state)
                for wave in facts.waves
                for task in wave.tasks
            ),
            "transfers": sorted((item.id, item.granted) for item in facts.transfers),
        },
    )
