"""A plan becomes trees of draws: every subset of them can be carried out, and nobody loses without somebody winning."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.allocation.types import AllocationPlan, Arc, Demand, Grant, Holding, Problem, Supply
from domain.errors import IntegrityBroken
from domain.response.flows import Tree, trees

DAY = date(2026, 3, 2)


def _problem(supplies: list[int], demands: list[int], held: list[list[int]]) -> Problem:
    return Problem(
        supply=tuple(
            Supply(id=f"X@S{s}", sku="X", site=f"S{s}", available=DAY, quantity=quantity)
            for s, quantity in enumerate(supplies)
        ),
        demand=tuple(
            Demand(
                id=f"L{d}",
                order=f"O{d}",
                customer="C",
                sku="X",
                quantity=quantity,
                ordered="2026-01-01",
                due=DAY,
                arcs=tuple(Arc(supply=f"X@S{s}", arrives=DAY, value=100 + d) for s in range(len(supplies))),
                holdings=tuple(Holding(supply=f"X@S{s}", quantity=units) for s, units in enumerate(held[d]) if units),
            )
            for d, quantity in enumerate(demands)
        ),
    )


def _plan(problem: Problem, target: list[list[int]]) -> AllocationPlan:
    return AllocationPlan(
        id="AL-1",
        skus=("X",),
        grants=tuple(
            Grant(line=f"L{d}", supply=f"X@S{s}", quantity=units, arrives=DAY, value=100 + d)
            for d, row in enumerate(target)
            for s, units in enumerate(row)
            if units
        ),
        shortages=(),
        value=0,
        bound=0,
        gap=0,
        proven_optimal=True,
    )


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Problem, AllocationPlan, list[list[int]], list[list[int]]]:
    """Two feasible assignments of the same supply to the same lines: what is held, and what is wanted."""
    supplies = draw(st.lists(st.integers(0, 30), min_size=1, max_size=4))
    demands = draw(st.lists(st.integers(1, 20), min_size=1, max_size=7))

    def assignment() -> list[list[int]]:
        left = list(supplies)
        rows = []
        for quantity in demands:
            row = []
            for s in range(len(supplies)):
                units = draw(st.integers(0, min(left[s], quantity)))
                left[s] -= units
                quantity -= units
                row.append(units)
            rows.append(row)
        return rows

    held, target = assignment(), assignment()
    problem = _problem(supplies, demands, held)
    return problem, _plan(problem, target), held, target


def _apply(problem: Problem, chosen: list[Tree]) -> dict[str, dict[str, int]]:
    state: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in problem.demand:
        for holding in line.holdings:
            state[line.id][holding.supply] += holding.quantity
    for tree in chosen:
        for draw in tree.draws:
            if draw.loser:
                state[draw.loser][draw.supply] -= draw.quantity
            if draw.winner:
                state[draw.winner][draw.supply] += draw.quantity
    return state


@given(_cases(), st.randoms(use_true_random=False))
def test_any_subset_of_trees_fits_supply_demand_and_holdings(case, rng) -> None:
    problem, plan, _, _ = case
    grown = trees(problem, plan, frozenset())
    chosen = [tree for tree in grown if rng.random() < 0.5]
    state = _apply(problem, chosen)
    for supply in problem.supply:
        assert sum(row[supply.id] for row in state.values()) <= supply.quantity
    for line in problem.demand:
        assert all(units >= 0 for units in state[line.id].values())
        assert sum(state[line.id].values()) <= line.quantity


@given(_cases())
def test_every_grant_is_reached_when_all_trees_are_carried_out(case) -> None:
    problem, plan, _, target = case
    state = _apply(problem, trees(problem, plan, frozenset()))
    for d, row in enumerate(target):
        for s, wanted in enumerate(row):
            assert state[f"L{d}"][f"X@S{s}"] >= wanted


@given(_cases())
def test_nobody_gives_up_a_unit_that_nobody_takes(case) -> None:
    problem, plan, _, _ = case
    for tree in trees(problem, plan, frozenset()):
        for draw in tree.draws:
            assert draw.quantity > 0
            if draw.winner is None:
                got = sum(other.quantity for other in tree.draws if other.winner == draw.loser)
                gave = sum(other.quantity for other in tree.draws if other.loser == draw.loser)
                assert got >= gave
            assert draw.winner != draw.loser


@given(_cases())
def test_the_order_of_the_lines_changes_nothing(case) -> None:
    problem, plan, _, _ = case
    turned = problem.model_copy(
        update={"demand": tuple(reversed(problem.demand)), "supply": tuple(reversed(problem.supply))}
    )
    backwards = plan.model_copy(update={"grants": tuple(reversed(plan.grants))})
    assert trees(problem, plan, frozenset()) == trees(turned, backwards, frozenset())


def test_a_loser_in_a_released_wave_is_asked_last() -> None:
    problem = _problem([20], [10, 10, 10], [[10], [10], [0]])
    plan = _plan(problem, [[5], [5], [10]])
    (tree,) = trees(problem, plan, frozenset({"L0"}))
    assert [draw.loser for draw in tree.draws] == ["L1", "L0"]


def test_a_plan_that_grants_what_nobody_has_is_refused() -> None:
    problem = _problem([5], [10], [[0]])
    with pytest.raises(IntegrityBroken, match="nobody has"):
        trees(problem, _plan(problem, [[6]]), frozenset())


@pytest.mark.parametrize(
    ("supplies", "demands", "held", "target"),
    [
        ([3, 1], [4, 5, 1, 1, 4], [[0, 1], [1, 0], [1, 0], [0, 0], [1, 0]], [[3, 0], [0, 1], [0, 0], [0, 0], [0, 0]]),
        ([2, 0, 1], [2, 1], [[2, 0, 0], [0, 0, 1]], [[0, 0, 1], [1, 0, 0]]),
    ],
    ids=["a chain that comes back to its first supply", "two lines that change places while one of them shrinks"],
)
def test_chains_that_once_went_wrong(
    supplies: list[int], demands: list[int], held: list[list[int]], target: list[list[int]]
) -> None:
    problem = _problem(supplies, demands, held)
    grown = trees(problem, _plan(problem, target), frozenset())
    state = _apply(problem, grown)
    for d, row in enumerate(target):
        assert all(state[f"L{d}"][f"X@S{s}"] >= wanted for s, wanted in enumerate(row))
    for tree in grown:
        for line in {draw.loser for draw in tree.draws if draw.winner is None}:
            got = sum(draw.quantity for draw in tree.draws if draw.winner == line)
            assert got >= sum(draw.quantity for draw in tree.draws if draw.loser == line)
