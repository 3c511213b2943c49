"""What people did with the units of some lines between two looks at the systems: holdings later, less holdings then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from domain.facts import Facts
from domain.orders import LineState
from domain.plans import Move
from guardrails.supply import Bucket, held_by

Changes = dict[tuple[str, Bucket], int]
"""(line, supply) -> units more (or, negative, fewer)."""


def done(then: Facts, later: Facts, skus: Collection[str]) -> Changes:
    """How holdings of these SKUs' lines changed. Nobody decided it when a line is no longer there (it shipped, or was
    cancelled), when held units shipped, or when held inbound supply came in: those are no changes."""
    before, after = held_by(then), held_by(later)
    found: Changes = defaultdict(int)
    for key in before.keys() | after.keys():
        line, bucket = key
        if bucket[0] in skus and then.has("line", line) and open_still(later, line):
            found[key] = after.get(key, 0) - before.get(key, 0)
    for line in sorted({line for line, _ in found}):
        _received(found, line, later)
        _shipped(found, line, later.line(line).shipped - then.line(line).shipped)
    return {key: units for key, units in sorted(found.items(), key=_key) if units}


def open_still(later: Facts, line: str) -> bool:
    """Whether a line is still to be served."""
    return later.has("line", line) and later.line(line).state not in (LineState.SHIPPED, LineState.CANCELLED)


def granted(then: Facts, later: Facts, skus: Collection[str]) -> dict[str, int]:
    """Units granted to each transfer request of these SKUs since; one that is gone was granted whole."""
    now = {item.id: item.granted for item in later.transfers}
    found = {item.id: now.get(item.id, item.quantity) - item.granted for item in then.transfers if item.sku in skus}
    return {key: units for key, units in found.items() if units}


def planned(move: Move) -> Changes:
    """How a move changes holdings of lines."""
    found: Changes = defaultdict(int)
    for action in move.actions:
        if action.kind in ("reserve", "release_reservation"):
            sign = 1 if action.kind == "reserve" else -1
            found[action.line, (action.sku, action.site, action.inbound)] += sign * action.quantity
    return {key: units for key, units in sorted(found.items(), key=_key) if units}


def sent(move: Move) -> dict[str, int]:
    """Units that a move grants to transfer requests."""
    found: dict[str, int] = defaultdict(int)
    for action in move.actions:
        if action.kind == "transfer" and action.request is not None:
            found[action.request] += action.quantity
    return dict(found)


def summed(parts: Collection[Mapping[tuple[str, Bucket], int]]) -> Changes:
    """Several changes together."""
    total: Changes = defaultdict(int)
    for part in parts:
        for key, units in part.items():
            total[key] += units
    return {key: units for key, units in sorted(total.items(), key=_key) if units}


def _received(found: Changes, line: str, later: Facts) -> None:
    """Units of inbound supply that is no longer on its way, and now stand in stock at its site, were held all along."""
    for owner, bucket in list(found):
        sku, site, inbound = bucket
        stock: Bucket = (sku, site, None)
        if owner == line and inbound is not None and not later.has("inbound", inbound):
            units = min(max(0, -found[line, bucket]), max(0, found.get((line, stock), 0)))
            found[line, bucket] += units
            found[line, stock] = found.get((line, stock), 0) - units


def _shipped(found: Changes, line: str, units: int) -> None:
    """Units that shipped were held: they go back to where the line holds fewer, stock before inbound."""
    mine = sorted((bucket for owner, bucket in found if owner == line), key=lambda b: (b[2] or "", b[1]))
    for bucket in mine:
        back = min(max(0, units), max(0, -found[line, bucket]))
        found[line, bucket] += back
        units -= back
    if units > 0 and mine:
        found[line, mine[0]] += units


def _key(item: tuple[tuple[str, Bucket], int]) -> tuple[str, str, str, str]:
    line, bucket = item[0]
    return (line, bucket[0], bucket[1], bucket[2] or "")
