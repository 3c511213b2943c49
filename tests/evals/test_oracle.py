"""The engine against the exact optimum, and the oracle against plain enumeration."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings

from domain.allocation.build import build
from domain.allocation.solve import allocate
from domain.allocation.types import AllocationPlan, Demand, Grant, NonGrant, Problem
from domain.requests import Request
from domain.told import as_told
from evals.accounting import audit_grants
from evals.accounting.grants import broken, value
from evals.oracle import best, places
from evals.worlds.generate import generate
from tests.evals.problems import problems


@settings(max_examples=150)
@given(problems())
def test_an_allocation_is_feasible_and_exact_where_it_says_so(problem: Problem):
    plan = allocate(problem)
    assert audit_grants(problem, plan) == ()
    top, got = best(problem), places(problem, plan)
    assert got <= top.places
    if plan.proven_optimal:
        assert got == top.places
    if got[:-1] == top.places[:-1]:
        assert plan.bound >= top.money


@settings(max_examples=100)
@given(problems(uneven=True))
def test_with_quantities_that_are_no_whole_packs_it_stays_feasible_and_never_claims_too_much(problem: Problem):
    plan = allocate(problem)
    assert audit_grants(problem, plan) == ()
    top, got = best(problem), places(problem, plan)
    assert got <= top.places
    if plan.proven_optimal:
        assert got == top.places


def test_most_small_problems_are_solved_exactly():
    found: list[bool] = []

    @settings(max_examples=60)
    @given(problems())
    def collect(problem: Problem) -> None:
        found.append(allocate(problem).proven_optimal)

    collect()
    assert sum(found) >= 0.9 * len(found)


def test_the_shortages_of_three_fresh_worlds_are_solved_exactly():
    for seed in random.SystemRandom().sample(range(10**6), 3):
        print(f"fresh world {seed}")
        _judge_world(seed)


@pytest.mark.parametrize("seed", [7, 83152, 177739, 512725])
def test_the_shortages_of_known_worlds_are_solved_exactly(seed: int):
    _judge_world(seed)


def _judge_world(seed: int) -> None:
    """The engine on the SKU that ran short, and on all SKUs together, against the oracle."""
    world = generate(seed)
    facts = as_told(world.facts, world.events)
    request = Request(
        case="case-1", case_kind="supplier_delay", revision=1, kind="event", now=facts.taken_at, by="judge",
        events=world.events,
    )  # fmt: skip
    for skus in ([world.hot], [sku.id for sku in facts.skus]):
        problem = build(facts, skus, request)
        plan, top = allocate(problem), best(problem)
        assert audit_grants(problem, plan) == (), f"world {seed}"
        got = places(problem, plan)
        assert got <= top.places, f"world {seed}"
        for mine, reachable in zip(got[:-1], top.places[:-1], strict=True):
            assert mine >= 0.98 * reachable, f"world {seed}: floors and ranks {got} of {top.places}"
        if got[:-1] == top.places[:-1]:
            assert got[-1] <= top.money <= plan.bound, f"world {seed}"
            assert top.money - got[-1] <= 0.005 * abs(top.money), f"world {seed}: the gap to the optimum"
        if plan.proven_optimal or skus == [world.hot]:
            assert got[:-1] == top.places[:-1], f"world {seed}: floors and ranks {got} of {top.places}"
        if plan.proven_optimal:
            assert got == top.places, f"world {seed}"


def _ways(line: Demand) -> Iterator[dict[str, int]]:
    """Every hand-out to one line, feasible or not."""
    supplies = [arc.supply for arc in line.arcs]
    for units in product(range(line.quantity + 1), repeat=len(supplies)):
        if sum(units) <= line.quantity:
            yield {supply: count for supply, count in zip(supplies, units, strict=True) if count}


def _plans(problem: Problem) -> Iterator[AllocationPlan]:
    for split in product(*(tuple(_ways(line)) for line in problem.demand)):
        grants = tuple(
            Grant(line=line.id, supply=supply, quantity=units, arrives=date.max, value=0)
            for line, got in zip(problem.demand, split, strict=True)
            for supply, units in got.items()
        )
        bare = AllocationPlan(
            id="AL-1", skus=(), grants=grants, shortages=(), value=0, bound=0, gap=0, proven_optimal=False
        )
        worth = value(problem, bare)
        yield bare.model_copy(update={"value": worth, "bound": worth})


@settings(max_examples=40)
@given(problems(most=2, biggest=3, uneven=True))
def test_the_oracle_agrees_with_trying_everything(problem: Problem):
    if problem.rules.budget is not None:
        problem = problem.model_copy(update={"rules": problem.rules.model_copy(update={"budget": None})})
    ignored = {"sum", "reason"}
    reached = [
        places(problem, plan)
        for plan in _plans(problem)
        if not {finding.law for finding in audit_grants(problem, plan)} - ignored
    ]
    assert best(problem).places == max(reached)


@settings(max_examples=60)
@given(problems(most=6))
def test_the_budget_is_kept_or_what_supply_breaks_anyway(problem: Problem):
    tight = problem.model_copy(update={"rules": problem.rules.model_copy(update={"budget": 0})})
    free = problem.model_copy(update={"rules": problem.rules.model_copy(update={"budget": 10_000})})
    assert best(tight).places <= best(free).places
    assert _moved(tight) <= _moved(free)


def _moved(problem: Problem) -> int:
    got: dict[str, dict[str, int]] = defaultdict(dict)
    for (line, supply), units in best(problem).grants.items():
        got[line][supply] = units
    return sum(broken(line, got[line.id]) for line in problem.demand if line.holdings)


def test_the_audit_of_grants_finds_what_was_planted():
    world = generate(11)
    facts = as_told(world.facts, world.events)
    request = Request(case="c", case_kind="sweep", revision=1, kind="sweep", now=facts.taken_at, by="judge")
    problem = build(facts, [world.hot], request)
    plan = allocate(problem)
    assert audit_grants(problem, plan) == ()
    first, *rest = plan.grants
    double = first.model_copy(update={"quantity": first.quantity + 10_000})
    spoiled: dict[str, dict[str, object]] = {
        "oversell": {"grants": (double, *rest)},
        "sum": {"grants": tuple(rest)},
        "money": {"value": plan.value + 1, "bound": plan.bound + 1},
        "reason": {"shortages": _silent(plan.shortages)},
        "arc": {"grants": (first.model_copy(update={"supply": "nowhere"}), *rest)},
    }
    for law, update in spoiled.items():
        laws = {finding.law for finding in audit_grants(problem, plan.model_copy(update=update))}
        assert law in laws, law


def _silent(shortages: tuple[NonGrant, ...]) -> tuple[NonGrant, ...]:
    assert shortages, "the world is short"
    return tuple(item.model_copy(update={"text": " "}) for item in shortages)
