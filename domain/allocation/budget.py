"""The churn budget: at most so many units moved off confirmed orders, over all SKUs.

A price on every broken unit (a Lagrange multiplier) is raised until the budget holds; the smallest such price is found
by bisection. Why the bound stays valid: the engine at price p answers Z(p) >= worth(x) - p * broken(x) for every plan
x, and a plan within the budget B has broken(x) <= B, so worth(x) <= Z(p) + p * B for every p >= 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.allocation.engine import Answer, Engine
from domain.allocation.evaluate import lost, per_line
from domain.allocation.fixed import Decided, Grants
from domain.allocation.types import Problem
from domain.allocation.weights import Weights


@dataclass(frozen=True)
class Budgeted:
    """The best answer found within the budget; `bound` as in Answer. `free` is what it would be without a budget (None
    when the budget stops nothing), `note` says when supply alone breaks more than the budget allows."""

    answer: Answer
    free: Answer | None = None
    note: str = ""


def within_budget(problem: Problem, decided: Decided, weights: Weights) -> Budgeted:
    """Solve within `problem.rules.budget`. What supply no longer covers is broken whatever anybody decides: that much
    is always allowed, and said."""
    free = Engine(problem, decided, weights).solve()
    budget = problem.rules.budget
    if budget is None or _broken(decided, free.grants) <= budget:
        return Budgeted(free)
    high = weights.top
    answer = Engine(problem, decided, weights, high).solve()
    least, note = _broken(decided, answer.grants), ""
    if least > budget:
        note = (
            f"supply no longer covers {least} units that lines hold, more than the {budget} units that may be moved off"
            " confirmed orders; no others are moved"
        )
        budget = least
    best = replace(answer, worth=answer.worth + high * least)
    bound = min(free.bound, answer.bound + high * budget)
    low = 0
    while high - low > max(1, weights.money // 2):
        price = (low + high) // 2
        answer = Engine(problem, decided, weights, price).solve()
        broken = _broken(decided, answer.grants)
        bound = min(bound, answer.bound + price * budget)
        worth = answer.worth + price * broken
        if broken <= budget and worth > best.worth:
            best = replace(answer, worth=worth)
        if broken == budget:
            break
        low, high = (low, price) if broken < budget else (price, high)
    return Budgeted(replace(best, bound=max(bound, best.worth)), free, note)


def _broken(decided: Decided, grants: Grants) -> int:
    granted = per_line(grants)
    return sum(
        lost(item.line, item.held, granted.get(item.line.id, {}), item.quantity) for item in decided.rest if item.held
    )
