"""Contract floors that cannot all be met: those that are met now are kept.

`allocate` meets as many units of floors as it can, and may take from one contract to serve another. That is a decision
no policy lets anybody make unasked, so it is not proposed: each floor then asks for no more than its line holds now.
"""

from __future__ import annotations

from domain.allocation.solve import allocate
from domain.allocation.types import AllocationPlan, Demand, Problem


def allocate_keeping_floors(problem: Problem) -> AllocationPlan:
    """`allocate`, unless it would take a line below its floor; then with floors of what lines hold now, and a note."""
    return keeping_floors(problem)[1]


def keeping_floors(problem: Problem) -> tuple[Problem, AllocationPlan]:
    """The same with the problem whose optimum it is."""
    plan = allocate(problem)
    broken = _broken(problem, plan)
    if not broken:
        return problem, plan
    capped = problem.model_copy(update={"demand": tuple(_capped(line) for line in problem.demand)})
    kept = allocate(capped)
    note = f"Not every contract floor can be met. Floors that are met now are kept: {', '.join(broken[:8])}."
    return capped, kept.model_copy(update={"notes": (*kept.notes, note)})


def _held(line: Demand) -> int:
    return sum(holding.quantity for holding in line.holdings)


def _broken(problem: Problem, plan: AllocationPlan) -> list[str]:
    """Lines that hold units of their floor now and would hold fewer of them."""
    granted: dict[str, int] = {}
    for grant in plan.grants:
        granted[grant.line] = granted.get(grant.line, 0) + grant.quantity
    return sorted(
        line.id
        for line in problem.demand
        if not line.blocked and granted.get(line.id, 0) < min(line.floor, _held(line), line.quantity)
    )


def _capped(line: Demand) -> Demand:
    return line.model_copy(update={"floor": min(line.floor, _held(line))})
