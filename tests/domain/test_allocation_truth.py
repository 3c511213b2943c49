"""The engine against every feasible plan of small problems, one by one."""

from __future__ import annotations

import pytest
from hypothesis import Phase, find, given, settings

from domain.allocation.solve import allocate
from domain.allocation.types import Problem
from domain.errors import BadInput
from tests.domain.problems import best, feasible, granted, line, lost, problem, problems, supply, worth


@settings(max_examples=300)
@given(problems())
def test_the_plan_is_the_best_of_all_feasible_plans(task: Problem):
    plan = allocate(task)
    assert worth(task, granted(task, plan)) == best(task)
    assert plan.proven_optimal
    assert plan.value == plan.bound == worth(task, granted(task, plan))[-1]


@settings(max_examples=200)
@given(problems(orders=True))
def test_orders_that_ship_complete_are_weighed_as_a_whole_across_skus(task: Problem):
    plan = allocate(task)
    assert worth(task, granted(task, plan)) == best(task)
    assert plan.proven_optimal


@settings(max_examples=200)
@given(problems(packs=True))
def test_with_packs_the_plan_is_feasible_and_the_bound_is_valid(task: Problem):
    plan = allocate(task)
    mine = granted(task, plan)
    plans = list(feasible(task))
    assert mine in plans
    units = [item.quantity for item in task.demand] + [held.quantity for item in task.demand for held in item.holdings]
    if all(count % task.demand[0].pack == 0 for count in units):
        assert worth(task, mine) == best(task) and plan.proven_optimal
    same = [worth(task, other)[-1] for other in plans if worth(task, other)[:-1] == worth(task, mine)[:-1]]
    assert plan.bound >= max(same) >= plan.value


@settings(max_examples=200)
@given(problems(budget=True))
def test_within_a_churn_budget_the_plan_is_feasible_and_the_bound_is_valid(task: Problem):
    def churn(other):
        return sum(lost(item, other[item.id]) for item in task.demand)

    plan = allocate(task)
    mine = granted(task, plan)
    plans = list(feasible(task))
    allowed = max(task.rules.budget or 0, min(churn(other) for other in plans))
    within = [other for other in plans if churn(other) <= allowed]
    assert mine in within
    same = [worth(task, other)[-1] for other in within if worth(task, other)[:-1] == worth(task, mine)[:-1]]
    assert plan.bound >= max(same) >= plan.value
    assert max(worth(task, other) for other in within) >= worth(task, mine)
    if plan.proven_optimal and len(worth(task, mine)) == 2:
        assert plan.value == max(same)


def test_the_generated_problems_reach_every_rule():
    for wish in (
        lambda task: any(item.frozen and item.holdings for item in task.demand),
        lambda task: any(item.blocked and item.holdings for item in task.demand),
        lambda task: any(holding.locked for item in task.demand for holding in item.holdings),
        lambda task: any(item.atomic and item.holdings for item in task.demand),
    ):
        assert wish(find(problems(), wish, settings=settings(phases=[Phase.generate])))


def test_a_contradicting_problem_is_refused_with_the_field_and_the_fix():
    with pytest.raises(BadInput, match="NOWHERE") as caught:
        allocate(problem([line("L1", 5, {"NOWHERE": 3})], [supply("A", 5)]))
    assert caught.value.field and caught.value.fix
