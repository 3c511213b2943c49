"""Share out scarce SKUs: who gets what from where, with a reason for every line that stays short."""

from __future__ import annotations

from pydantic import Field

from domain.allocation.build import build
from domain.allocation.floors import allocate_keeping_floors
from domain.allocation.types import AllocationPlan, Demand, Problem, Supply
from domain.noun import Id, Noun, PositiveUnits
from tools.context import ToolContext


class AllocateArgs(Noun):
    """The SKUs to share out. `units`: only the last so many units of stock of one SKU (a person named the number)."""

    skus: tuple[Id, ...] = Field(min_length=1)
    units: PositiveUnits | None = None
    site: Id | None = None


def allocate(context: ToolContext, args: AllocateArgs) -> AllocationPlan:
    """The exact allocation of these SKUs under the request's rates, with bound, reasons and baselines.

    With `units`, current holders compete like everybody else, and the answer is only for showing: it cannot be turned
    into moves. UnknownReference when a SKU or site is unknown.
    """
    for sku in args.skus:
        context.facts.sku(sku)
    if args.site is not None:
        context.facts.site(args.site)
    problem = build(context.facts, tuple(sorted(set(args.skus))), context.request)
    if args.units is not None or args.site is not None:
        problem = _last(problem, args.units, args.site)
    return allocate_keeping_floors(problem)


def _last(problem: Problem, units: int | None, site: str | None) -> Problem:
    """The same lines competing for at most `units` of stock (at `site`), as if only frozen lines held any."""
    kept: dict[str, int] = {}
    for line in problem.demand:
        for holding in line.holdings if line.frozen else ():
            kept[holding.supply] = kept.get(holding.supply, 0) + holding.quantity
    stock = [item for item in problem.supply if item.inbound is None and site in (None, item.site)]
    left = units
    supply: list[Supply] = []
    for item in sorted(stock, key=lambda each: (kept.get(each.id, 0) - each.quantity, each.id)):
        quantity = max(0, item.quantity - kept.get(item.id, 0))
        if left is not None:
            quantity = min(quantity, left)
            left -= quantity
        supply.append(item.model_copy(update={"quantity": quantity}))
    names = {item.id for item in supply}
    return problem.model_copy(
        update={
            "supply": tuple(sorted(supply, key=lambda item: item.id)),
            "demand": tuple(_competing(line, names) for line in problem.demand if not line.frozen),
        }
    )


def _competing(line: Demand, names: set[str]) -> Demand:
    arcs = tuple(arc.model_copy(update={"limit": None}) for arc in line.arcs if arc.supply in names)
    return line.model_copy(update={"arcs": arcs, "holdings": ()})
