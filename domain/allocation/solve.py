"""`allocate(problem) -> plan`: who gets what from where, exactly, with a bound, a reason for every shortage, and the
baselines on the same input. A pure function: equal problems, in whatever order, give equal plans."""

from __future__ import annotations

from collections import Counter

from domain.allocation.baselines import ORDERS, baseline
from domain.allocation.budget import within_budget
from domain.allocation.check import check, written
from domain.allocation.engine import Answer, Engine
from domain.allocation.evaluate import kpis, today, value, ways
from domain.allocation.fixed import Decided, Grants, decide
from domain.allocation.reasons import Outcome, shortages
from domain.allocation.types import AllocationPlan, Grant, NonGrant, Problem
from domain.allocation.weights import Weights, above_money, weigh
from domain.canonical import digest

SEARCH_STEPS = 7
"""Steps of the search for a good price of floors and ranks, two solves each, where the answer is not proven best."""

WORDS = {
    "hold": "on hold",
    "no_supply": "nothing reaches it",
    "displaced": "others have it",
    "rank": "others have it",
    "atomic": "it ships complete",
    "frozen": "frozen",
    "late": "only at a loss",
    "budget": "churn budget",
    "pack": "packs",
    "rejected": "refused",
}
"""The constraint of a shortage in two words."""


def allocate(problem: Problem) -> AllocationPlan:
    """The plan for `problem` under its rules.

    Frozen and locked units stay; holds get nothing new; then, each before the next: floors, strict ranks (of each its
    units, then those on time), money (arc values minus break costs), units that stay where they are, the written order
    (`weights`). Lines and orders that ship complete are full or empty, packs whole, the churn budget kept. Exact where
    `proven_optimal`; `bound` is always valid.
    Raises BadInput when the problem contradicts itself.
    """
    check(problem)
    problem = written(problem)
    decided = decide(problem)
    policy = problem.rules.policy
    result = _optimal(problem, decided) if policy == "optimal" else _rule_of_thumb(problem, decided, policy)
    worth = value(problem, result.grants)
    bound = max(result.bound, worth) if policy == "optimal" else result.bound
    short = shortages(problem, result)
    return AllocationPlan(
        id="AL-" + digest("allocation/1", problem)[:16],
        skus=tuple(sorted({line.sku for line in problem.demand} | {supply.sku for supply in problem.supply})),
        grants=_grants(problem, result.grants),
        shortages=short,
        value=worth,
        bound=bound,
        gap=max(0, bound - worth) * 1_000_000 // max(1, abs(bound)),
        proven_optimal=bound == worth and result.settled,
        shadow_prices=tuple(sorted(result.prices.items())),
        kpis=(
            kpis(problem, result.grants, policy),
            *(kpis(problem, baseline(problem, decided, name), name) for name in ORDERS if name != policy),
            today(problem),
        ),
        notes=(*problem.notes, *result.notes, *_unmet_floors(problem, short)),
    )


def _optimal(problem: Problem, decided: Decided) -> Outcome:
    weights = weigh(problem)
    budgeted = within_budget(problem, decided, weights)
    answer = budgeted.answer
    grants = _together(decided, answer.grants)
    return Outcome(
        grants=grants,
        bound=_bound(problem, decided, weights, answer, grants),
        prices=dict(answer.prices),
        settled=answer.bound - _above(answer.grants, weights, decided) < weights.least,
        without_budget=None if budgeted.free is None else _together(decided, budgeted.free.grants),
        notes=(budgeted.note,) if budgeted.note else (),
    )


def _rule_of_thumb(problem: Problem, decided: Decided, policy: str) -> Outcome:
    """A baseline; its bound is what money could be at most with no floor, rank or budget in the way."""
    weights = weigh(problem, price=0)
    answer = Engine(problem, decided, weights).solve()
    grants = baseline(problem, decided, policy)
    return Outcome(
        grants=grants,
        bound=_bound(problem, decided, weights, answer, _together(decided, answer.grants)),
        prices=dict(answer.prices),
        settled=False,
        without_budget=None,
        notes=(),
    )


def _together(decided: Decided, grants: Grants) -> Grants:
    total = Counter(decided.grants)
    total.update(grants)
    return {key: units for key, units in total.items() if units}


def _bound(problem: Problem, decided: Decided, weights: Weights, answer: Answer, grants: Grants) -> int:
    """The bound in money (see `engine`): of plans with our floors, strict ranks and units on time in them.

    Where the answer is not proven best the exact weights say little: a relaxation that meets one floor unit more counts
    for more than all money. Then floors and ranks are priced in money instead (Lagrange multipliers): with any price
    t >= 0 on each such unit, and again on each that is on time, a plan with our L of them is worth v <= Z(t) - t * L.
    That is convex in t, so a ternary search finds a good t; each step is a valid bound, and the smallest is taken.
    """
    worth = value(problem, grants)
    fixed = worth - _money(answer, weights, decided)
    bound = fixed + (answer.bound - _above(answer.grants, weights, decided)) // weights.money
    if bound > worth:
        low, high = 0, 4 * max([1, *(abs(arc.value) for line in problem.demand for arc in line.arcs)])
        for _ in range(SEARCH_STEPS):
            left, right = low + (high - low) // 3, high - (high - low) // 3
            first, second = (_priced(problem, decided, answer.grants, fixed, price) for price in (left, right))
            bound = min(bound, first, second)
            low, high = (low, right) if first <= second else (left, high)
            if bound <= worth or high - low < 3:
                break
    return max(bound, worth)


def _priced(problem: Problem, decided: Decided, grants: Grants, fixed: int, price: int) -> int:
    """The bound with `price` minor units on every unit of a floor or strict rank, and on every one on time."""
    weights = weigh(problem, price=price)
    answer = Engine(problem, decided, weights).solve()
    return fixed + (answer.bound - _above(grants, weights, decided)) // weights.money


def _above(grants: Grants, weights: Weights, decided: Decided) -> int:
    """What floors, strict ranks and being on time in them are worth in grants of undecided lines."""
    floors = {item.line.id: item.floor for item in decided.rest}
    return above_money(weights, (item.line for item in decided.rest), grants, floors)


def _money(answer: Answer, weights: Weights, decided: Decided) -> int:
    """Money of an answer's own worth, without what stands above it."""
    return (answer.worth - _above(answer.grants, weights, decided)) // weights.money


def _unmet_floors(problem: Problem, short: tuple[NonGrant, ...]) -> tuple[str, ...]:
    """Floors that are not met, with what stands against each, in plain numbers."""
    reasons = {item.line: item for item in short}
    notes = []
    for sku in sorted({line.sku for line in problem.demand}):
        lines = [line for line in problem.demand if line.sku == sku and line.floor and not line.blocked]
        got = {line.id: line.quantity - (reasons[line.id].units if line.id in reasons else 0) for line in lines}
        unmet = [line for line in lines if got[line.id] < line.floor]
        if unmet:
            supply = sum(item.quantity for item in problem.supply if item.sku == sku)
            asked = sum(line.floor for line in lines)
            who = ", ".join(
                f"{line.id} {got[line.id]} of {line.floor} ({WORDS[reasons[line.id].constraint]})" for line in unmet
            )
            notes.append(f"contract floors of {sku} ask for {asked} units, supply is {supply}; not met: {who}")
    return tuple(notes)


def _grants(problem: Problem, grants: Grants) -> tuple[Grant, ...]:
    result = []
    for line in problem.demand:
        arcs = ways(line)
        for supply in sorted(arcs):
            units = grants.get((line.id, supply), 0)
            if units:
                way = arcs[supply]
                result.append(Grant(line=line.id, supply=supply, quantity=units, arrives=way.arrives, value=way.value))
    return tuple(result)
