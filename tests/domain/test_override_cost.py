"""What an override costs: the optimum less the best plan that contains it, against an independent recount."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import islice

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.allocation.build import build
from domain.allocation.containing import containing
from domain.allocation.solve import allocate
from domain.allocation.types import Problem
from domain.errors import BadInput
from domain.requests import Request
from evals.given_up import given_up
from evals.oracle import OracleFailed
from evals.worlds.generate import generate
from tests.domain.problems import line, problem, problems, supply

FRESH = random.SystemRandom().sample(range(10**6), 40)


@st.composite
def overrides(draw: st.DrawFn, /, **features: bool) -> tuple[Problem, dict[tuple[str, str], int]]:
    """A problem, and units that a person sets on up to three of its ways."""
    task = draw(problems(**features))
    stock = {item.id: item.quantity for item in task.supply}
    ways = [(item.id, arc.supply) for item in task.demand for arc in item.arcs if not item.frozen]
    assume(ways)
    chosen = draw(st.lists(st.sampled_from(ways), min_size=1, max_size=3, unique=True))
    quantity = {item.id: item.quantity for item in task.demand}
    return task, {(name, key): draw(st.integers(0, min(stock[key], quantity[name]))) for name, key in chosen}


def _recounted(task: Problem, fixed: dict[tuple[str, str], int]) -> None:
    plan = allocate(task)
    try:
        truth = given_up(task, fixed)
    except OracleFailed:
        with pytest.raises(BadInput):
            containing(task, plan, fixed)
        return
    made = containing(task, plan, fixed)
    assert (made.optimum, made.chosen) == (truth.optimum, truth.chosen)
    assert made.cost == truth.cost >= 0
    assert (made.floors, made.ranked) == (truth.floors, truth.ranked)
    if not made.floors and not made.ranked and not _sets_aside(task, {name for name, _ in fixed}):
        assert made.cost == made.optimum - made.chosen


def _sets_aside(task: Problem, lines: set[str]) -> bool:
    """Whether a rule of these lines other than money may give way to a person: then money can be gained by it."""
    ranked = task.rules.strict_ranks and any(item.rank == 0 for item in task.demand)
    return ranked or any(
        item.floor
        or item.atomic
        or item.order_atomic
        or item.blocked
        or any(arc.limit is not None for arc in item.arcs)
        or any(holding.locked for holding in item.holdings)
        for item in task.demand
        if item.id in lines
    )


@settings(max_examples=15)
@given(overrides(whole=False))
def test_the_cost_is_the_optimum_less_the_best_plan_that_contains_the_override(made):
    _recounted(*made)


@settings(max_examples=15)
@given(overrides(whole=True, orders=True))
def test_an_override_stands_above_completeness_of_its_own_lines_and_orders_only(made):
    _recounted(*made)


@pytest.mark.nightly
@settings(max_examples=3000)
@given(overrides(whole=False))
def test_the_cost_is_exact_at_length(made):
    _recounted(*made)


def test_what_the_plan_does_anyway_costs_nothing():
    task = problem([line("L1", 5, {"A": 9}), line("L2", 5, {"A": 4})], [supply("A", 7)])
    plan = allocate(task)
    same = {(grant.line, grant.supply): grant.quantity for grant in plan.grants}
    assert containing(task, plan, same).cost == 0


def test_three_units_for_the_line_that_is_worth_less_cost_the_difference():
    task = problem([line("L1", 5, {"A": 9}), line("L2", 5, {"A": 4})], [supply("A", 5)])
    made = containing(task, allocate(task), {("L2", "A"): 3})
    assert (made.optimum, made.chosen, made.cost) == (45, 2 * 9 + 3 * 4, 15)


def test_units_of_a_strict_rank_given_up_are_said_and_are_no_saving():
    task = problem([line("L1", 5, {"A": 1}, rank=0), line("L2", 5, {"A": 9})], [supply("A", 5)], strict_ranks=True)
    made = containing(task, allocate(task), {("L2", "A"): 5})
    assert (made.cost, made.ranked) == (0, 5)


@pytest.mark.parametrize(
    ("fixed", "text"),
    [
        ({("L1", "A"): 8}, "asks for 5"),
        ({("L1", "A"): 4, ("L2", "A"): 4}, "has 5"),
        ({("L9", "A"): 1}, "L9"),
        ({("L1", "Z"): 1}, "Z"),
    ],
)
def test_what_cannot_be_is_refused(fixed, text):
    task = problem([line("L1", 5, {"A": 9}), line("L2", 5, {"A": 4})], [supply("A", 5)])
    with pytest.raises(BadInput, match=text):
        containing(task, allocate(task), fixed)


@pytest.mark.parametrize(
    "seed",
    [FRESH[0], *(pytest.param(seed, marks=pytest.mark.nightly) for seed in FRESH[1:])],
    ids=[f"world {number}" for number in range(len(FRESH))],
)
def test_on_drawn_worlds_the_cost_is_what_the_recount_says(seed: int):
    world = generate(seed)
    facts = world.facts
    request = Request(
        case="C", case_kind="shortage", revision=1, kind="event", now=facts.taken_at + timedelta(hours=1), by="T"
    )
    task = build(facts, (world.hot,), request)
    plan = allocate(task)
    winners = [grant for grant in plan.grants if grant.quantity > 1]
    lines = {item.id: item for item in task.demand}
    for grant in islice((g for g in winners if not lines[g.line].frozen and not lines[g.line].holdings), 3):
        fixed = {(grant.line, grant.supply): grant.quantity // 2}
        truth = given_up(task, fixed)
        made = containing(task, plan, fixed)
        if made.exact:
            assert (made.optimum, made.chosen, made.cost) == (truth.optimum, truth.chosen, truth.cost), (seed, fixed)
        else:  # packs and whole orders: the engine says so when it cannot prove its best
            near = max(plan.bound - plan.value, truth.optimum // 100)
            assert abs(made.cost - truth.cost) <= near, (seed, fixed)
