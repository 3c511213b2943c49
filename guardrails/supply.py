"""What supply a bucket has left, and what a move draws from it. A bucket is stock of a site or one inbound supply."""

from __future__ import annotations

from domain.facts import Facts
from domain.plans import Move

Bucket = tuple[str, str, str | None]
"""(SKU, site, inbound supply or None for stock)."""


def free_units(facts: Facts) -> dict[Bucket, int]:
    """Units of every bucket that no reservation and no earmark holds; claims are not counted. May be negative."""
    free: dict[Bucket, int] = {(p.sku, p.site, None): p.sellable for p in facts.positions}
    free |= {(supply.sku, supply.site, supply.id): supply.quantity for supply in facts.inbound}
    for held in facts.reservations:
        bucket = (held.sku, held.site, held.inbound)
        free[bucket] = free.get(bucket, 0) - held.quantity
    return free


def given(move: Move, facts: Facts | None, done: frozenset[str] | None = None) -> dict[Bucket, int]:
    """Units the move puts on lines, transfers or substitutes, per bucket; with `done`, only by those actions.

    A substitute takes as many units as its ratio says for one of the line's (one for one without facts).
    """
    units: dict[Bucket, int] = {}
    ratio = {(pair.sku, pair.alternative): pair.ratio for pair in facts.substitutes} if facts else {}
    for action in move.actions:
        if done is not None and action.id not in done:
            continue
        bucket: Bucket
        times = 1
        if action.kind == "reserve":
            bucket = (action.sku, action.site, action.inbound)
        elif action.kind == "transfer":
            bucket = (action.sku, action.from_site, None)
        elif action.kind == "substitute":
            bucket = (action.alternative, action.site, None)
            times = ratio.get((action.sku, action.alternative), 1)
        else:
            continue
        units[bucket] = units.get(bucket, 0) + action.quantity * times
    return units


def released(move: Move) -> dict[tuple[str, Bucket], int]:
    """Units the move takes back, per line and bucket."""
    units: dict[tuple[str, Bucket], int] = {}
    for action in move.actions:
        if action.kind == "release_reservation":
            key = (action.line, (action.sku, action.site, action.inbound))
            units[key] = units.get(key, 0) + action.quantity
    return units


def drawn_free(move: Move, facts: Facts | None, done: frozenset[str] = frozenset()) -> dict[Bucket, int]:
    """Free units the move still has to draw per bucket: what it gives beyond what it releases there.

    `done` are actions carried out already: what they gave came out of the released units first.
    """
    back: dict[Bucket, int] = {}
    for (_, bucket), units in released(move).items():
        back[bucket] = back.get(bucket, 0) + units
    gone = given(move, facts, done)
    left = {
        bucket: max(0, units - back.get(bucket, 0)) - max(0, gone.get(bucket, 0) - back.get(bucket, 0))
        for bucket, units in given(move, facts).items()
    }
    return {bucket: units for bucket, units in left.items() if units > 0}


def held_by(facts: Facts) -> dict[tuple[str, Bucket], int]:
    """Units each line holds in each bucket."""
    held: dict[tuple[str, Bucket], int] = {}
    for item in facts.reservations:
        if item.line is not None:
            key = (item.line, (item.sku, item.site, item.inbound))
            held[key] = held.get(key, 0) + item.quantity
    return held
