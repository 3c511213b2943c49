"""Audit an allocation against its problem: sums, supply, holds, floors, packs, completeness, and its own value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from domain.allocation.types import AllocationPlan, Demand, Grant, Problem
from evals.accounting.books import Finding


def audit_grants(problem: Problem, plan: AllocationPlan) -> tuple[Finding, ...]:
    """Every broken law of an allocation, sorted; empty when it is feasible and its numbers are its own."""
    grants: dict[str, list[Grant]] = defaultdict(list)
    for grant in plan.grants:
        grants[grant.line].append(grant)
    found: list[Finding] = [*_supply(problem, plan), *_sums(problem, plan), *_orders(problem, grants)]
    for demand in problem.demand:
        found += _line(demand, grants[demand.id])
    worth = value(problem, plan)
    if worth != plan.value:
        found.append(Finding("money", plan.id, f"says it is worth {plan.value}, its grants are worth {worth}"))
    if plan.bound < plan.value:
        found.append(Finding("money", plan.id, f"bound {plan.bound} is below its value {plan.value}"))
    return tuple(sorted(set(found)))


def value(problem: Problem, plan: AllocationPlan) -> int:
    """Arc values of the grants minus break costs (minor units), from the problem's own numbers.

    A held unit breaks when the line gets fewer units that arrive as early: counted per arrival date, latest shortfall.
    """
    worth = {(demand.id, arc.supply): arc.value for demand in problem.demand for arc in demand.arcs}
    total = sum(worth.get((grant.line, grant.supply), 0) * grant.quantity for grant in plan.grants)
    got: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for grant in plan.grants:
        got[grant.line][grant.supply] += grant.quantity
    return total - sum(demand.break_cost * broken(demand, got[demand.id]) for demand in problem.demand)


def broken(demand: Demand, got: dict[str, int]) -> int:
    """Held units that are not matched by a granted unit arriving no later (the largest shortfall over dates)."""
    days = {arc.supply: arc.arrives for arc in demand.arcs}
    far = {item.supply for item in demand.holdings} - days.keys()
    worst = 0
    for day in sorted({days[item.supply] for item in demand.holdings if item.supply in days}):
        before = sum(item.quantity for item in demand.holdings if item.supply in days and days[item.supply] <= day)
        after = sum(units for supply, units in got.items() if days.get(supply, day) <= day)
        worst = max(worst, min(before, demand.quantity) - after)
    stranded = sum(item.quantity for item in demand.holdings if item.supply in far)
    every = min(demand.quantity, sum(item.quantity for item in demand.holdings))
    return max(worst, every - sum(got.values())) if stranded else worst


def _supply(problem: Problem, plan: AllocationPlan) -> Iterator[Finding]:
    has = {supply.id: supply.quantity for supply in problem.supply}
    used: dict[str, int] = defaultdict(int)
    for grant in plan.grants:
        used[grant.supply] += grant.quantity
    for supply, units in sorted(used.items()):
        if units > has.get(supply, 0):
            yield Finding("oversell", supply, f"{units} granted of {has.get(supply, 0)}")


def _sums(problem: Problem, plan: AllocationPlan) -> Iterator[Finding]:
    granted: dict[str, int] = defaultdict(int)
    short: dict[str, int] = defaultdict(int)
    for grant in plan.grants:
        granted[grant.line] += grant.quantity
    for item in plan.shortages:
        short[item.line] += item.units
        if not item.text.strip():
            yield Finding("reason", item.line, "short without a reason")
    known = {demand.id for demand in problem.demand}
    for line in sorted((granted.keys() | short.keys()) - known):
        yield Finding("sum", line, "granted or short, but nobody asked")
    for demand in problem.demand:
        if granted[demand.id] + short[demand.id] != demand.quantity:
            says = f"{granted[demand.id]} granted + {short[demand.id]} short, {demand.quantity} asked"
            yield Finding("sum", demand.id, says)


def _line(demand: Demand, grants: list[Grant]) -> Iterator[Finding]:
    arcs = {arc.supply: arc for arc in demand.arcs}
    held = {item.supply: item.quantity for item in demand.holdings}
    got: dict[str, int] = defaultdict(int)
    for grant in grants:
        got[grant.supply] += grant.quantity
        if grant.supply not in arcs:
            yield Finding("arc", demand.id, f"cannot be served from {grant.supply}")
    total = sum(got.values())
    if demand.frozen:
        if dict(got) != {key: units for key, units in held.items() if units}:
            yield Finding("frozen", demand.id, f"held {held}, granted {dict(got)}")
        return
    for arc in demand.arcs:
        if arc.limit is not None and got[arc.supply] > arc.limit:
            yield Finding(
                "limit", demand.id, f"{got[arc.supply]} from {arc.supply}, at most {arc.limit} may come that way"
            )
    for item in demand.holdings:
        if got[item.supply] < item.locked:
            yield Finding("locked", demand.id, f"{got[item.supply]} of {item.supply}, {item.locked} may not be taken")
    if demand.blocked and any(units > held.get(supply, 0) for supply, units in got.items()):
        yield Finding("hold", demand.id, f"gains while blocked ({demand.blocked})")
    if total > demand.quantity:
        yield Finding("overgrant", demand.id, f"{total} of {demand.quantity}")
    complete = total in (0, demand.quantity, _locked(demand)) or demand.blocked  # what is on hold does not ship
    if demand.atomic and not complete:
        yield Finding("atomic", demand.id, f"{total} of {demand.quantity}")
    broken_packs = [units for units in got.values() if units % demand.pack]
    if len(broken_packs) > (total == demand.quantity):
        yield Finding("pack", demand.id, f"grants of {sorted(got.values())} are no whole packs of {demand.pack}")


def _locked(demand: Demand) -> int:
    return sum(item.locked for item in demand.holdings)


def _orders(problem: Problem, grants: dict[str, list[Grant]]) -> Iterator[Finding]:
    """An order that ships complete is whole or empty. A line that is frozen short or on hold keeps it from being whole;
    what such lines keep, and locked units, do not count as granted."""
    orders: dict[str, list[Demand]] = defaultdict(list)
    for demand in problem.demand:
        if demand.order_atomic:
            orders[demand.order].append(demand)
    for order, demands in sorted(orders.items()):
        got = {demand.id: sum(grant.quantity for grant in grants[demand.id]) for demand in demands}
        full = all(got[demand.id] == demand.quantity and not demand.blocked for demand in demands)
        some = any(got[d.id] > _locked(d) for d in demands if not d.frozen and not d.blocked)
        if some and not full:
            yield Finding("atomic", order, "an order that ships complete is granted in part")
