"""What a hand-out is worth and how well it serves: the same arithmetic for optimum, baselines and today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from domain.allocation.fixed import Grants
from domain.allocation.types import Arc, Demand, Kpis, Problem
from domain.allocation.weights import standing, strict_ranks


def ways(line: Demand) -> dict[str, Arc]:
    """The arcs of a line by supply id."""
    return {arc.supply: arc for arc in line.arcs}


def per_line(grants: Grants) -> dict[str, dict[str, int]]:
    """Units per supply for each line that has any."""
    result: dict[str, dict[str, int]] = defaultdict(dict)
    for (line, supply), units in grants.items():
        if units:
            result[line][supply] = units
    return dict(result)


def broken(line: Demand, granted: Mapping[str, int]) -> int:
    """Units of the line's holdings taken away without an equal or earlier arrival.

    The largest excess, over all days, of held units that arrive by then over granted units that do: by Hall's theorem
    that many held units cannot be matched to a granted unit of equal or earlier arrival. Holdings beyond the line's
    quantity (the latest ones) do not count.
    """
    held: dict[str, int] = defaultdict(int)
    for holding in line.holdings:
        held[holding.supply] += holding.quantity
    return lost(line, held, granted, line.quantity)


def lost(line: Demand, held: Mapping[str, int], granted: Mapping[str, int], quantity: int) -> int:
    """The same for any `held` and `granted` units per supply of a line that asks for `quantity`."""
    arcs = ways(line)
    change: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for place, units_of in enumerate((held, granted)):
        for supply, units in units_of.items():
            change[arcs[supply].arrives.isoformat()][place] += units
    worst = before = served = 0
    for day in sorted(change):
        before += change[day][0]
        served += change[day][1]
        worst = max(worst, min(before, quantity) - served)
    return worst


def value(problem: Problem, grants: Grants) -> int:
    """Arc values of the grants minus break costs, in minor units."""
    granted = per_line(grants)
    total = 0
    for line in problem.demand:
        mine = granted.get(line.id, {})
        arcs = ways(line)
        total += sum(units * arcs[supply].value for supply, units in mine.items())
        if line.break_cost and line.holdings:
            total -= line.break_cost * broken(line, mine)
    return total


def moved(problem: Problem, grants: Grants) -> int:
    """Units moved off confirmed orders: holdings of all lines taken away without an equal or earlier arrival."""
    granted = per_line(grants)
    return sum(broken(line, granted.get(line.id, {})) for line in problem.demand if line.holdings)


def current(problem: Problem) -> Grants:
    """What lines hold now, as far as supply and quantity carry it; the first in the written order keep theirs."""
    left = {supply.id: supply.quantity for supply in problem.supply}
    grants: Grants = {}
    for line in sorted(problem.demand, key=lambda line: (not line.frozen, standing(line))):
        room = line.quantity
        for holding in sorted(line.holdings, key=lambda held: held.supply):
            units = min(holding.quantity, left[holding.supply], room)
            if units > 0:
                grants[line.id, holding.supply] = units
                left[holding.supply] -= units
                room -= units
    return grants


def today(problem: Problem) -> Kpis:
    """KPIs of leaving everything as it is. Units held by a line or order that ships complete and is not complete cannot
    ship: they count for nothing."""
    grants = current(problem)
    held = per_line(grants)
    waiting = {line.id for line in problem.demand if sum(held.get(line.id, {}).values()) < line.quantity}
    torn = {line.order for line in problem.demand if line.order_atomic and line.id in waiting}
    stuck = {line.id for line in problem.demand if line.order_atomic and line.order in torn}
    stuck |= {line.id for line in problem.demand if line.atomic and line.id in waiting}
    ships = {key: units for key, units in grants.items() if key[0] not in stuck}
    unheld = tuple(line.model_copy(update={"holdings": ()}) for line in problem.demand)
    return kpis(problem.model_copy(update={"demand": unheld}), ships, "current")


def kpis(problem: Problem, grants: Grants, policy: str) -> Kpis:
    """The KPIs of one hand-out. Fill and Jain's index in basis points; on time and in full: whole line by its due date.

    `contract_on_time`: on-time share of the units that lines in strict ranks ask for (all, where there are none).
    Units kept by a line on hold do not count as filled: they cannot ship. Jain's index over customers' unit fill
    ratios x: (sum x)^2 / (n * sum x^2) [Jain, Chiu, Hawe 1984]; 0 when nobody gets anything.
    """
    granted = per_line(grants)
    asked = filled = full = timely = contracted = in_time = 0
    strict = strict_ranks(problem)
    orders: dict[str, bool] = {}
    customers: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in problem.demand:
        mine = {} if line.blocked else granted.get(line.id, {})
        units = sum(mine.values())
        whole = units >= line.quantity
        arcs = ways(line)
        asked += line.quantity
        filled += units
        full += whole
        timely += whole and all(arcs[supply].arrives <= line.due for supply in mine)
        if line.rank < strict and not line.blocked:
            contracted += line.quantity
            in_time += sum(units for supply, units in mine.items() if arcs[supply].arrives <= line.due)
        orders[line.order] = orders.get(line.order, True) and whole
        customers[line.customer][0] += units
        customers[line.customer][1] += line.quantity
    ratios = [units * 10_000 // quantity for units, quantity in customers.values()]
    squares = len(ratios) * sum(ratio * ratio for ratio in ratios)
    return Kpis(
        policy=policy,
        value=value(problem, grants),
        units=filled,
        unit_fill=_share(filled, asked),
        line_fill=_share(full, len(problem.demand)),
        order_fill=_share(sum(orders.values()), len(orders)),
        on_time_in_full=_share(timely, len(problem.demand)),
        contract_on_time=_share(in_time, contracted),
        jain=sum(ratios) ** 2 * 10_000 // squares if squares else 0,
        units_moved=moved(problem, grants),
    )


def _share(part: int, whole: int) -> int:
    return part * 10_000 // whole if whole else 10_000
