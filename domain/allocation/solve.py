"""`allocate(problem) -> plan`: who gets what from where, exactly, with a bound, a reason for every shortage, and the
baselines on the same input. A pure function: equal problems, in whatever order, give equal plans."""

from __future__ import annotations

from collections import Counter

from domain.allocation.baselines import ORDERS, baseline
from domain.allocation.budget import within_budget
from domain.allocation.check import check, written
from domain.allocation.engine import Answer, Engine
from domain.allocation.evaluate import current, kpis, value, ways
from domain.allocation.fixed import Decided, Grants, decide
from domain.allocation.reasons import Outcome, shortages
from domain.allocation.types import AllocationPlan, Grant, Problem, Rules
from domain.allocation.weights import Weights, above_money, weigh
from domain.canonical import digest


def allocate(problem: Problem) -> AllocationPlan:
    """The plan for `problem` under its rules.

    Frozen and locked units stay; holds get nothing new; then, each before the next: floors, strict ranks, money (arc
    values minus break costs), units that stay where they are, the written order (`weights`). Lines and orders that ship
    complete are full or empty, packs whole, the churn budget kept. Exact where `proven_optimal`; `bound` is always
    valid.
    Raises BadInput when the problem contradicts itself.
    """
    check(problem)
    problem = written(problem)
    decided = decide(problem)
    policy = problem.rules.policy
    result = _optimal(problem, decided) if policy == "optimal" else _rule_of_thumb(problem, decided, policy)
    worth = value(problem, result.grants)
    bound = max(result.bound, worth) if policy == "optimal" else result.bound
    return AllocationPlan(
        id="A-" + digest("allocation/1", problem)[:16],
        skus=tuple(sorted({line.sku for line in problem.demand} | {supply.sku for supply in problem.supply})),
        grants=_grants(problem, result.grants),
        shortages=shortages(problem, result),
        value=worth,
        bound=bound,
        gap=max(0, bound - worth) * 1_000_000 // max(1, abs(bound)),
        proven_optimal=bound == worth and policy == "optimal",
        shadow_prices=tuple(sorted(result.prices.items())),
        kpis=(
            kpis(problem, result.grants, policy),
            *(kpis(problem, baseline(problem, decided, name), name) for name in ORDERS if name != policy),
            kpis(problem, current(problem), "current"),
        ),
        notes=(*problem.notes, *result.notes),
    )


def _optimal(problem: Problem, decided: Decided) -> Outcome:
    weights = weigh(problem)
    budgeted = within_budget(problem, decided, weights)
    answer = budgeted.answer
    grants = _together(decided, answer.grants)
    notes = [budgeted.note] if budgeted.note else []
    return Outcome(
        grants=grants,
        bound=_bound(problem, decided, weights, answer, grants),
        prices=dict(answer.prices),
        without_budget=None if budgeted.free is None else _together(decided, budgeted.free.grants),
        notes=(*notes, *_unmet_floors(problem, grants)),
    )


def _rule_of_thumb(problem: Problem, decided: Decided, policy: str) -> Outcome:
    """A baseline; its bound is what money could be at most with no floor, rank or budget in the way."""
    weights = weigh(problem, money_only=True)
    answer = Engine(problem, decided, weights).solve()
    grants = baseline(problem, decided, policy)
    return Outcome(
        grants=grants,
        bound=_bound(problem, decided, weights, answer, _together(decided, answer.grants)),
        prices=dict(answer.prices),
        without_budget=None,
        notes=(),
    )


def _together(decided: Decided, grants: Grants) -> Grants:
    total = Counter(decided.grants)
    total.update(grants)
    return {key: units for key, units in total.items() if units}


def _bound(problem: Problem, decided: Decided, weights: Weights, answer: Answer, grants: Grants) -> int:
    """The bound in money (see `engine`): of plans with our floors and strict ranks. When the search stopped early it
    may speak of plans with more of those, so that no floors and ranks at all may bound money better."""
    worth = value(problem, grants)
    base = worth - _money(answer, weights, decided)
    bound = base + _money_of(answer.bound, answer, weights, decided)
    if answer.bound > answer.worth:
        loose_weights = weigh(problem, money_only=True)
        loose = Engine(problem, decided, loose_weights).solve()
        loose_value = value(problem, _together(decided, loose.grants))
        loose_bound = loose_value - _money(loose, loose_weights, decided) + loose.bound // loose_weights.money
        bound = min(bound, loose_bound)
    return max(bound, worth)


def _above(answer: Answer, weights: Weights, decided: Decided) -> int:
    taken: Counter[str] = Counter()
    for (line, _), units in answer.grants.items():
        taken[line] += units
    floors = {item.line.id: item.floor for item in decided.rest}
    return above_money(weights, (item.line for item in decided.rest), dict(taken), floors)


def _money(answer: Answer, weights: Weights, decided: Decided) -> int:
    """Money of an answer's own worth, without what stands above it."""
    return _money_of(answer.worth, answer, weights, decided)


def _money_of(worth: int, answer: Answer, weights: Weights, decided: Decided) -> int:
    return (worth - _above(answer, weights, decided)) // weights.money


def _unmet_floors(problem: Problem, grants: Grants) -> tuple[str, ...]:
    """Floors that supply could not meet, together with what stands against them, in plain numbers."""
    taken: Counter[str] = Counter()
    for (line, _), units in grants.items():
        taken[line] += units
    notes = []
    for sku in sorted({line.sku for line in problem.demand}):
        lines = [line for line in problem.demand if line.sku == sku and line.floor and not line.blocked]
        unmet = [line for line in lines if taken[line.id] < line.floor]
        if unmet:
            supply = sum(item.quantity for item in problem.supply if item.sku == sku)
            asked = sum(line.floor for line in lines)
            who = ", ".join(f"{line.id} {taken[line.id]} of {line.floor}" for line in unmet)
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


def with_policy(problem: Problem, rules: Rules) -> Problem:
    """The same problem under other rules."""
    return problem.model_copy(update={"rules": rules})
