"""Grants in whole packs: turn a flow of packs into units, and use what is left over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from domain.allocation.evaluate import lost, per_line
from domain.allocation.fixed import Grants, Rest
from domain.allocation.weights import Weights, arrival_order, standing


def even(rest: Sequence[Rest], pack: int) -> bool:
    """Whether every quantity and holding is whole packs; then a flow of packs loses nothing against one of units."""
    return all(item.quantity % pack == 0 and all(units % pack == 0 for units in item.held.values()) for item in rest)


def in_units(
    rest: Sequence[Rest], packs: Grants, pack: int, supply: Mapping[str, int], strict: int, banned: frozenset[str]
) -> Grants:
    """Units for packs. A line's last pack may be smaller; left-over units go, in the written order, to whoever may take
    them: a whole pack or the end of a line; never to a `banned` line.
    `strict`: how many ranks are strict.
    """
    grants: Grants = defaultdict(int)
    left = dict(supply)
    packed = per_line(packs)
    for item in rest:
        need = item.quantity
        for way in sorted(item.line.arcs, key=arrival_order):
            units = min(need, packed.get(item.line.id, {}).get(way.supply, 0) * pack)
            if units:
                grants[item.line.id, way.supply] += units
                left[way.supply] -= units
                need -= units
    for item in sorted((item for item in rest if item.line.id not in banned), key=lambda item: standing(item.line)):
        _refill(item, grants, left, pack, item.line.rank < strict)
    return {key: units for key, units in grants.items() if units}


def _need(item: Rest, grants: Grants) -> int:
    return item.quantity - sum(units for (line, _), units in grants.items() if line == item.line.id)


def _refill(item: Rest, grants: Grants, left: dict[str, int], pack: int, strict: bool) -> None:
    need = _need(item, grants)
    if item.line.blocked or not need:
        return
    part: dict[str, int] = {}
    late = {way.supply: strict and way.arrives > item.line.due for way in item.line.arcs}
    for way in sorted(item.line.arcs, key=lambda way: (late[way.supply], -way.value, arrival_order(way))):
        units = min(need, left[way.supply], item.room(way) - grants.get((item.line.id, way.supply), 0))
        if units < need:
            units -= units % pack
        if units > 0 and (way.value >= 0 or strict):
            part[way.supply] = units
            need -= units
    if need and (item.line.atomic or item.line.order_atomic):
        return
    for supply, units in part.items():
        grants[item.line.id, supply] += units
        left[supply] -= units


def worth(rest: Sequence[Rest], grants: Grants, weights: Weights, extra: int) -> int:
    """What grants in units are worth on the scale of the weights, as the network of units would count them."""
    granted = per_line(grants)
    total = 0
    for item in rest:
        line, mine = item.line, granted.get(item.line.id, {})
        units = sum(mine.values())
        total += (weights.rank(line) + weights.places[line.id]) * units + weights.floor * min(units, item.floor)
        for order, way in enumerate(sorted(line.arcs, key=arrival_order)):
            here = mine.get(way.supply, 0)
            total += here * (weights.money * way.value + weights.prompt(line, way) - order * weights.haste(line))
            total += weights.kept * min(here, item.held.get(way.supply, 0))
        if item.held:
            total -= (weights.money * line.break_cost + extra) * lost(line, item.held, mine, item.quantity)
    return total
