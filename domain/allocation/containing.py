"""The best allocation that contains what a person has set, and what that costs against the optimum.

The person's units per line and supply are decided; everything else is allocated anew by the same engine under the same
rules. Money is `evaluate.value` of the original problem in both, so the difference is the value given up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from domain.allocation.budget import within_budget
from domain.allocation.check import check, written
from domain.allocation.evaluate import per_line, value
from domain.allocation.fixed import Decided, Grants, Rest, decide
from domain.allocation.types import AllocationPlan, Demand, Problem
from domain.allocation.weights import strict_ranks, weigh
from domain.errors import BadInput
from domain.noun import Noun, Units

Fixed = Mapping[tuple[str, str], int]
"""Units that a person has set, per (line id, supply id)."""


class GivenUp(Noun):
    """What an override costs, in minor units of the objective.

    `floors` and `ranked` are units of contract floors and strict ranks that it trades away: no money stands against
    them. `cost` is never negative: what is gained by setting such a rule aside is no saving. `exact`: both allocations
    are proven to be the best; else each is the best that was found.
    """

    optimum: int
    chosen: int
    floors: Units
    ranked: Units
    exact: bool = True

    @property
    def cost(self) -> int:
        """The value given up."""
        return max(0, self.optimum - self.chosen)


def containing(problem: Problem, plan: AllocationPlan, fixed: Fixed) -> GivenUp:
    """What it costs to fix these units; `plan` is the optimum of `problem`.

    A person's units stand above limits, packs and locks of their own line and supply, and such a line (or its order)
    need not be complete. BadInput when a line or supply is not in the problem, or the units are more than either has.
    """
    check(problem)
    problem = written(problem)
    _known(problem, fixed)
    lifted = _lifted(problem, frozenset(line for line, _ in fixed))
    decided, lost = _decided(lifted, fixed)
    if lifted.rules.budget is not None:
        left = max(0, lifted.rules.budget - lost)
        lifted = lifted.model_copy(update={"rules": lifted.rules.model_copy(update={"budget": left})})
    total = Counter(decided.grants)
    answer = within_budget(lifted, decided, weigh(lifted)).answer
    total.update(answer.grants)
    chosen = {key: units for key, units in total.items() if units}
    optimum = {(grant.line, grant.supply): grant.quantity for grant in plan.grants}
    before, after = _above(problem, optimum), _above(problem, chosen)
    return GivenUp(
        optimum=value(problem, optimum),
        chosen=value(problem, chosen),
        floors=max(0, before[0] - after[0]),
        ranked=sum(max(0, was - now) for was, now in zip(before[1:], after[1:], strict=True)),
        exact=plan.proven_optimal and answer.worth == answer.bound,
    )


def _known(problem: Problem, fixed: Fixed) -> None:
    lines = {line.id: line for line in problem.demand}
    set_on: dict[str, int] = defaultdict(int)
    for (name, supply), units in fixed.items():
        line = lines.get(name)
        if line is None or all(arc.supply != supply for arc in line.arcs):
            missing = name if line is None else f"a way from {supply} to {name}"
            raise BadInput(f"the allocation does not know {missing}", field="fixed", fix="name a line and its supply")
        set_on[name] += units
        locked = sum(held.locked for held in line.holdings if (name, held.supply) not in fixed)
        if units < 0 or set_on[name] + locked > line.quantity:
            raise BadInput(f"{name} asks for {line.quantity} units", field="fixed", fix="give at most that many")


def _lifted(problem: Problem, lines: frozenset[str]) -> Problem:
    """The problem in which these lines, and the orders they belong to, need not be complete."""
    orders = {line.order for line in problem.demand if line.id in lines}
    demand = tuple(
        line.model_copy(
            update={
                "atomic": line.atomic and line.id not in lines,
                "order_atomic": line.order_atomic and line.order not in orders,
            }
        )
        for line in problem.demand
    )
    return problem.model_copy(update={"demand": demand})


def _decided(problem: Problem, fixed: Fixed) -> tuple[Decided, int]:
    """The problem split with the person's units among what is decided; and held units that are broken whatever else
    happens."""
    decided = decide(problem)
    grants: Grants = {key: units for key, units in decided.grants.items() if key not in fixed}
    grants |= {key: units for key, units in fixed.items() if units}
    named = {line for line, _ in fixed}
    rest = [item for item in decided.rest if item.line.id not in named]
    lost = 0
    for line in problem.demand:
        if line.id in named and not line.frozen:
            item, broken = _rest(line, {supply: units for (name, supply), units in fixed.items() if name == line.id})
            lost += broken
            rest += [item] if item is not None else []
    left = {supply.id: supply.quantity for supply in problem.supply}
    for (_, supply), units in grants.items():
        left[supply] -= units
    for supply, units in left.items():
        if units < 0:
            has = next(item.quantity for item in problem.supply if item.id == supply)
            raise BadInput(f"{supply} has {has} units, {has - units} are set", field="fixed", fix="set fewer")
    return Decided(grants, tuple(sorted(rest, key=lambda item: item.line.id)), left), lost


def _rest(line: Demand, mine: Mapping[str, int]) -> tuple[Rest | None, int]:
    """What is left of a line of which a person has set units, and its held units that nothing can replace.

    A set or locked unit takes the slot of the earliest held unit that it can stand for. Of the slots that stay, only as
    many as there are open units matter: the latest, because whatever fills an earlier one fills a later one too.
    """
    kept = dict(mine) | {h.supply: h.locked for h in line.holdings if h.supply not in mine and h.locked}
    slots, late = _slots(line, kept), line.quantity - sum(kept.values())
    held: dict[str, int] = defaultdict(int)
    for _, supply in slots[max(0, len(slots) - late) :]:
        held[supply] += 1
    broken = max(0, len(slots) - late)
    if late <= 0:
        return None, broken
    floor = 0 if line.blocked else max(0, line.floor - sum(kept.values()))
    owned = {holding.supply: holding.quantity for holding in line.holdings}
    arcs = []
    for arc in line.arcs:
        limit = 0 if arc.supply in mine else arc.limit
        if line.blocked and arc.supply not in mine:
            limit = min(owned.get(arc.supply, 0), owned.get(arc.supply, 0) if arc.limit is None else arc.limit)
        arcs.append(arc.model_copy(update={"limit": limit}))
    holdings = tuple(
        holding.model_copy(update={"locked": 0}) if holding.supply in mine else holding for holding in line.holdings
    )
    update: dict[str, object] = {"arcs": tuple(arcs), "holdings": holdings}
    if line.blocked:  # as before it gets nothing new, and counts in no rank
        update |= {"blocked": "", "rank": line.rank + 1_000_000}
    return Rest(line.model_copy(update=update), late, min(floor, late), dict(held)), broken


def _slots(line: Demand, kept: Mapping[str, int]) -> list[tuple[str, str]]:
    """(day, supply) of the held units for which no set or locked unit stands, earliest first."""
    day = {arc.supply: arc.arrives.isoformat() for arc in line.arcs}
    slots = sorted((day[held.supply], held.supply) for held in line.holdings for _ in range(held.quantity))
    slots = slots[: line.quantity]
    for arrives, supply in sorted(((day[key], key) for key, units in kept.items() for _ in range(units)), reverse=True):
        fits = [slot for slot in slots if slot[0] >= arrives]
        if fits:
            slots.remove(min(fits, key=lambda slot: (slot[0], slot[1] != supply, slot[1])))
    return slots


def _above(problem: Problem, grants: Grants) -> tuple[int, ...]:
    """Units of floors met, then units of every strict rank."""
    granted = {line: sum(ways.values()) for line, ways in per_line(grants).items()}
    alive = [line for line in problem.demand if not line.blocked]
    return (
        sum(min(line.floor, granted.get(line.id, 0)) for line in alive),
        *(sum(granted.get(line.id, 0) for line in alive if line.rank == rank) for rank in range(strict_ranks(problem))),
    )
