"""Is this a problem that can be solved as it stands? And its one written form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from domain.allocation.types import Demand, Problem
from domain.errors import BadInput


def check(problem: Problem) -> None:
    """Raise BadInput, naming the field and the fix, when the problem contradicts itself."""
    _unique("demand", (line.id for line in problem.demand))
    _unique("supply", (supply.id for supply in problem.supply))
    skus = {supply.id: supply.sku for supply in problem.supply}
    packs: dict[str, int] = {}
    for line in problem.demand:
        _check_line(line, skus)
        if packs.setdefault(line.sku, line.pack) != line.pack:
            raise BadInput(
                f"lines of {line.sku} have different packs ({packs[line.sku]} and {line.pack})",
                field=f"demand.{line.id}.pack",
                fix="give all lines of one SKU its pack",
            )


def _check_line(line: Demand, skus: dict[str, str]) -> None:
    _unique(f"demand.{line.id}.arcs", (arc.supply for arc in line.arcs))
    _unique(f"demand.{line.id}.holdings", (held.supply for held in line.holdings))
    for supply in (*(arc.supply for arc in line.arcs), *(held.supply for held in line.holdings)):
        if skus.get(supply) != line.sku:
            raise BadInput(
                f"line {line.id} of {line.sku} points to supply {supply}, which is "
                + (f"of {skus[supply]}" if supply in skus else "unknown"),
                field=f"demand.{line.id}.arcs",
                fix="name a supply of the same SKU",
            )
    reach = {arc.supply for arc in line.arcs}
    for held in line.holdings:
        if held.supply not in reach:
            raise BadInput(
                f"line {line.id} holds units of {held.supply} but has no arc from it",
                field=f"demand.{line.id}.holdings",
                fix="add the arc by which these units would arrive",
            )
        if held.locked > held.quantity:
            raise BadInput(
                f"line {line.id}: {held.locked} units of {held.supply} are locked but only {held.quantity} are held",
                field=f"demand.{line.id}.holdings",
                fix="lock at most what is held",
            )
    for field, units, what in (
        ("floor", line.floor, "floor"),
        ("holdings", sum(held.locked for held in line.holdings), "locked units"),
        ("frozen", sum(held.quantity for held in line.holdings) if line.frozen else 0, "frozen units"),
    ):
        if units > line.quantity:
            raise BadInput(
                f"line {line.id}: {what} {units} exceed its quantity {line.quantity}",
                field=f"demand.{line.id}.{field}",
                fix="lower it to the line's quantity",
            )


def _unique(field: str, ids: Iterable[str]) -> None:
    for key, count in Counter(ids).items():
        if count > 1:
            raise BadInput(f"'{key}' stands {count} times", field=field, fix="give every item its own id")


def written(problem: Problem) -> Problem:
    """The same problem in its written order, everything by id: equal problems have equal bytes."""
    lines = tuple(
        line.model_copy(
            update={
                "arcs": tuple(sorted(line.arcs, key=lambda arc: arc.supply)),
                "holdings": tuple(sorted(line.holdings, key=lambda held: held.supply)),
            }
        )
        for line in sorted(problem.demand, key=lambda line: line.id)
    )
    supply = tuple(sorted(problem.supply, key=lambda supply: supply.id))
    return problem.model_copy(update={"demand": lines, "supply": supply, "notes": tuple(sorted(problem.notes))})
