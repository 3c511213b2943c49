"""10,000 generated allocation problems: the laws, the exact optimum and the order of ranks, a thousand at a time."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.allocation.solve import allocate
from domain.allocation.types import AllocationPlan, Problem
from domain.canonical import canonical_json
from evals.accounting import audit_grants
from evals.oracle import best, places
from tests.evals.problems import problems

pytestmark = pytest.mark.nightly

A_THOUSAND = settings(
    max_examples=1000, derandomize=False, database=None, deadline=None, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
"""Other examples in every part and every night; a failure prints what repeats it."""
ANY = st.one_of(problems(most=16), problems(most=16, uneven=True))


@pytest.mark.parametrize("part", range(4))
@A_THOUSAND
@given(problem=ANY, seed=st.integers(0, 2**32))
def test_every_plan_keeps_the_laws_and_the_order_of_its_input_says_nothing(part: int, problem: Problem, seed: int):
    plan = allocate(problem)
    assert audit_grants(problem, plan) == ()
    assert all(item.text for item in plan.shortages)
    dice = random.Random(seed)
    other = problem.model_copy(
        update={
            "demand": tuple(dice.sample(problem.demand, len(problem.demand))),
            "supply": tuple(dice.sample(problem.supply, len(problem.supply))),
        }
    )
    assert canonical_json(allocate(other)) == canonical_json(plan)


@pytest.mark.parametrize("part", range(3))
@A_THOUSAND
@given(problem=problems(uneven=True))
def test_no_plan_beats_the_exact_optimum_and_proven_ones_reach_it(part: int, problem: Problem):
    plan = allocate(problem)
    top, got = best(problem), places(problem, plan)
    assert got <= top.places
    if plan.proven_optimal:
        assert got == top.places
    if got[:-1] == top.places[:-1]:
        assert plan.bound >= top.money


@pytest.mark.parametrize("part", range(3))
@A_THOUSAND
@given(problem=problems(most=10), data=st.data())
def test_a_line_raised_to_the_first_rank_never_gets_less(part: int, problem: Problem, data: st.DataObject):
    strict = problem.model_copy(
        update={"rules": problem.rules.model_copy(update={"strict_ranks": True, "budget": None})}
    )
    line = data.draw(st.sampled_from(strict.demand))
    raised = strict.model_copy(
        update={
            "demand": tuple(
                item.model_copy(update={"rank": 0}) if item.id == line.id else item for item in strict.demand
            )
        }
    )
    before, after = allocate(strict), allocate(raised)
    if before.proven_optimal and after.proven_optimal:
        assert _units(after, line.id) >= _units(before, line.id)


def _units(plan: AllocationPlan, line: str) -> int:
    return sum(grant.quantity for grant in plan.grants if grant.line == line)
