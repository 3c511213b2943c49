"""Small allocation problems, generated or made by hand, and the slow truth about them: every feasible plan, tried."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from hypothesis import strategies as st

from domain.allocation.types import AllocationPlan, Arc, Demand, Holding, Problem, Rules, Supply

DAY = date(2026, 3, 2)
Ways = tuple[tuple[str, int], ...]


def line(
    key: str, quantity: int, arcs: dict[str, int], *, sku: str = "BOLT", days: dict[str, int] | None = None, **more
) -> Demand:
    """A line served from the supplies of `arcs` at these values per unit; `days` after DAY it arrives (0 otherwise)."""
    days = days or {}
    given = {"order": key, "customer": "C-" + key, "ordered": "2026-02-01", "due": DAY}
    return Demand(
        id=key,
        sku=sku,
        quantity=quantity,
        arcs=tuple(
            Arc(supply=supply, arrives=DAY + timedelta(days=days.get(supply, 0)), value=worth)
            for supply, worth in arcs.items()
        ),
        **{**given, **more},
    )


def supply(key: str, quantity: int, sku: str = "BOLT") -> Supply:
    """Units that are there on DAY."""
    return Supply(id=key, sku=sku, site=key, available=DAY, quantity=quantity)


def problem(demand: list[Demand], supplies: list[Supply], **rules) -> Problem:
    """A problem of these."""
    return Problem(demand=tuple(demand), supply=tuple(supplies), rules=Rules(**rules))


@st.composite
def problems(
    draw: st.DrawFn, *, whole: bool = True, orders: bool = False, packs: bool = False, budget: bool = False
) -> Problem:
    """Up to four lines of up to two SKUs with every feature: holds, frozen and locked units, ranks, floors, limits."""
    pack = draw(st.sampled_from([1, 2])) if packs else 1
    demand: list[Demand] = []
    supplies: list[Supply] = []
    skus = draw(st.integers(1, 2)) if orders else 1
    for number in range(skus):
        sku = f"SKU-{number}"
        mine = [supply(f"{sku}@{s}", draw(st.integers(0, 5)), sku) for s in "AB"[: draw(st.integers(1, 2))]]
        supplies += mine
        days = {item.id: draw(st.integers(0, 2)) for item in mine}
        held = {item.id: 0 for item in mine}
        for place in range(draw(st.integers(1, 2 if skus > 1 else 3))):
            demand.append(_line(draw, f"L{number}{place}", sku, mine, days, held, pack, whole, orders))
    rules = Rules(budget=draw(st.integers(0, 3)) if budget else None, strict_ranks=draw(st.booleans()))
    return Problem(demand=tuple(demand), supply=tuple(supplies), rules=rules)


def _line(
    draw: st.DrawFn,
    key: str,
    sku: str,
    supplies: list[Supply],
    days: dict[str, int],
    taken: dict[str, int],
    pack: int,
    whole: bool,
    orders: bool,
) -> Demand:
    quantity = draw(st.integers(1, 4))
    arcs, holdings, room = [], [], quantity
    for item in supplies:
        if draw(st.integers(0, 3)):
            mine = draw(st.integers(0, min(2, room, item.quantity - taken[item.id])))
            limit = mine + draw(st.integers(0, 2)) if draw(st.integers(0, 5)) == 0 else None
            arcs.append(
                Arc(
                    supply=item.id,
                    arrives=DAY + timedelta(days=days[item.id]),
                    value=draw(st.integers(-3, 12)),
                    limit=limit,
                )
            )
            if mine:
                room -= mine
                taken[item.id] += mine
                locked = draw(st.integers(0, mine)) if draw(st.integers(0, 4)) == 0 and pack == 1 else 0
                holdings.append(Holding(supply=item.id, quantity=mine, locked=locked))
    return Demand(
        id=key,
        order=f"O{draw(st.integers(0, 1))}" if orders else key,
        customer=f"C{draw(st.integers(0, 1))}",
        sku=sku,
        quantity=quantity,
        rank=draw(st.integers(0, 1)),
        tier=draw(st.integers(0, 2)),
        ordered=f"2026-02-0{draw(st.integers(1, 9))}",
        due=DAY + timedelta(days=draw(st.integers(0, 2))),
        atomic=whole and draw(st.integers(0, 2)) == 0,
        order_atomic=orders and draw(st.booleans()),
        floor=draw(st.integers(0, quantity)) if draw(st.integers(0, 2)) == 0 else 0,
        pack=pack,
        frozen=draw(st.integers(0, 7)) == 0,
        blocked="credit hold" if draw(st.integers(0, 7)) == 0 else "",
        break_cost=draw(st.integers(0, 4)),
        arcs=tuple(arcs),
        holdings=tuple(holdings),
    )


def choices(item: Demand) -> Iterator[dict[str, int]]:
    """Every way to serve one line, supply aside."""
    held = {holding.supply: holding.quantity for holding in item.holdings}
    locked = {holding.supply: holding.locked for holding in item.holdings}
    if item.frozen:
        yield held
        return
    tops = [
        range(
            locked.get(arc.supply, 0),
            1
            + min(
                held.get(arc.supply, 0) if item.blocked else item.quantity,
                item.quantity if arc.limit is None else max(arc.limit, locked.get(arc.supply, 0)),
            ),
        )
        for arc in item.arcs
    ]
    fixed = sum(locked.values())
    for amounts in itertools.product(*tops):
        total = sum(amounts)
        whole = (item.atomic or item.order_atomic) and not item.blocked
        if total > item.quantity or (whole and total not in (fixed, item.quantity)):
            continue
        if total % item.pack and total != item.quantity:
            continue
        if sum(units % item.pack > 0 for units in amounts) > 1:
            continue
        yield {arc.supply: units for arc, units in zip(item.arcs, amounts, strict=True) if units}


def lost(item: Demand, got: dict[str, int]) -> int:
    """Held units left without a granted unit of equal or earlier arrival, by matching them one by one."""
    days = {arc.supply: arc.arrives for arc in item.arcs}
    units = sorted(days[supply] for supply, count in got.items() for _ in range(count))
    missing = 0
    for day in sorted(days[holding.supply] for holding in item.holdings for _ in range(holding.quantity)):
        if units and units[0] <= day:
            units.pop(0)
        else:
            missing += 1
    return missing


def worth(task: Problem, plan: dict[str, dict[str, int]]) -> tuple[int, ...]:
    """Floors met, then units and units on time per strict rank, then money: what a plan is compared by."""
    depth = max([1, *(item.rank for item in task.demand)]) if task.rules.strict_ranks else 0
    ranks, floors, money = [0] * (2 * depth), 0, 0
    for item in task.demand:
        got = plan[item.id]
        values = {arc.supply: arc.value for arc in item.arcs}
        units = sum(got.values())
        if not item.blocked:
            floors += min(units, item.floor) if not item.frozen else 0
            if item.rank < depth and not item.frozen:
                ranks[2 * item.rank] += units
                ranks[2 * item.rank + 1] += sum(got.get(arc.supply, 0) for arc in item.arcs if arc.arrives <= item.due)
        money += sum(count * values[key] for key, count in got.items()) - item.break_cost * lost(item, got)
    return (floors, *ranks, money)


def feasible(task: Problem) -> Iterator[dict[str, dict[str, int]]]:
    """Every plan that breaks no rule; the budget aside."""
    stock = {item.id: item.quantity for item in task.supply}
    for combination in itertools.product(*(list(choices(item)) for item in task.demand)):
        used: dict[str, int] = defaultdict(int)
        for got in combination:
            for key, units in got.items():
                used[key] += units
        if any(units > stock[key] for key, units in used.items()):
            continue
        plan = {item.id: got for item, got in zip(task.demand, combination, strict=True)}
        if _orders_whole(task, plan):
            yield plan


def _orders_whole(task: Problem, plan: dict[str, dict[str, int]]) -> bool:
    """Orders that ship complete are whole or get nothing beyond locked and frozen units."""
    orders: dict[str, list[Demand]] = defaultdict(list)
    for item in task.demand:
        if item.order_atomic:
            orders[item.order].append(item)
    for items in orders.values():
        full = [sum(plan[item.id].values()) >= item.quantity for item in items if not item.blocked]
        gains = [
            sum(plan[item.id].values()) > sum(holding.locked for holding in item.holdings)
            for item in items
            if not item.frozen and not item.blocked
        ]
        stuck = any(item.blocked for item in items)
        if any(gains) and (stuck or not all(full)):
            return False
    return True


def best(task: Problem) -> tuple[int, ...]:
    """The best worth of all feasible plans."""
    return max(worth(task, plan) for plan in feasible(task))


def granted(task: Problem, plan: AllocationPlan) -> dict[str, dict[str, int]]:
    """Units per line and supply of an answer."""
    result: dict[str, dict[str, int]] = {item.id: {} for item in task.demand}
    for grant in plan.grants:
        result[grant.line][grant.supply] = grant.quantity
    return result
