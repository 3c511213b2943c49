"""The rules of thumb everybody is compared with: first come first served, earliest due date, strict tiers.

They hand out all supply from scratch in their order, each line taking its earliest arrivals first; they respect holds,
frozen and locked units, ship-complete and packs, and know nothing of value, floors, ranks or budgets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from domain.allocation.fixed import Decided, Grants, Rest
from domain.allocation.types import Demand, Problem
from domain.allocation.weights import arrival_order

Key = Callable[[Demand], tuple[str | int, ...]]

ORDERS: dict[str, Key] = {
    "fcfs": lambda line: (line.ordered, line.order, line.id),
    "earliest_due": lambda line: (line.due.isoformat(), line.ordered, line.order, line.id),
    "tiers": lambda line: (line.tier, line.ordered, line.order, line.id),
}
"""The order in which each baseline serves; ids make it total."""


def baseline(problem: Problem, decided: Decided, policy: str) -> Grants:
    """Grants of one baseline policy ('fcfs', 'earliest_due' or 'tiers')."""
    left = dict(decided.supply)
    grants: Grants = defaultdict(int, decided.grants)
    groups: dict[str, list[Rest]] = defaultdict(list)
    for item in sorted(decided.rest, key=lambda item: ORDERS[policy](item.line)):
        groups[item.line.order if item.line.order_atomic else item.line.id].append(item)
    stuck = {line.order for line in problem.demand if line.order_atomic and line.blocked}
    for group in groups.values():
        together = group[0].line.order_atomic
        if together and group[0].line.order in stuck:
            continue
        trial, taken = dict(left), []
        for item in group:
            if not item.line.blocked:
                taken.append(_take(item, trial))
        if together and sum(sum(part.values()) for part in taken) < sum(item.quantity for item in group):
            continue
        left = trial
        for item, part in zip((item for item in group if not item.line.blocked), taken, strict=True):
            for supply, units in part.items():
                grants[item.line.id, supply] += units
    return dict(grants)


def _take(item: Rest, left: dict[str, int]) -> dict[str, int]:
    """What the line can get, earliest arrival first, then most valuable; nothing when it must be whole and is not."""
    need, part = item.quantity, {}
    for way in sorted(item.line.arcs, key=arrival_order):
        units = min(need, left.get(way.supply, 0), item.room(way))
        if units < need:
            units -= units % item.line.pack
        if units > 0:
            part[way.supply] = units
            need -= units
    if need and (item.line.atomic or item.line.order_atomic):
        return {}
    for supply, units in part.items():
        left[supply] -= units
    return part
