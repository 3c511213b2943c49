"""Every promise that moves tell is true, whichever of them are carried out."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.embedded.world import BUILT_IN_NOW, BUILT_IN_SKU, built_in, built_in_event
from domain.allocation.build import build
from domain.allocation.solve import allocate
from domain.allocation.types import AllocationPlan, Problem
from domain.facts import Facts
from domain.plans import Move
from domain.requests import Request
from domain.response import compose
from domain.response.promises import restock
from domain.told import as_told


@pytest.fixture(scope="module", params=[None, 7, 11])
def composed(request: pytest.FixtureRequest) -> tuple[Facts, Problem, AllocationPlan, tuple[Move, ...]]:
    facts = as_told(built_in(request.param), [built_in_event()])
    asked = Request(case="C-1", case_kind="supplier_delay", revision=1, kind="event", now=BUILT_IN_NOW, by="paula")
    problem = build(facts, [BUILT_IN_SKU], asked)
    plan = allocate(problem)
    return facts, problem, plan, compose(facts, problem, plan, "C-1/r1")


def _complete(facts: Facts, problem: Problem, line: str, held: dict[str, int]) -> date | None:
    """When a line is whole, from what it holds: its last arrival, restocking for what is missing, never too early."""
    demand = next(item for item in problem.demand if item.id == line)
    available = {supply.id: supply.available for supply in problem.supply}
    arrives = available | {arc.supply: arc.arrives for arc in demand.arcs}
    days = [arrives[supply] for supply, units in held.items() if units > 0]
    if sum(held.values()) < demand.quantity:
        again = restock(facts, demand.sku)
        if again is None:
            return None
        days.append(again)
    return max([*days, facts.line(line).requested])


def _key(sku: str, site: str, inbound: str | None) -> str:
    return f"{sku}@{site}" + (f"#{inbound}" if inbound else "")


@given(st.data())
def test_no_move_tells_a_date_that_is_too_early_when_it_is_carried_out_alone(composed, data: st.DataObject) -> None:
    facts, problem, _, moves = composed
    move = data.draw(st.sampled_from([move for move in moves if not move.needs]))
    held: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for demand in problem.demand:
        for holding in demand.holdings:
            held[demand.id][holding.supply] += holding.quantity
    for action in move.actions:
        if action.kind == "reserve":
            held[action.line][_key(action.sku, action.site, action.inbound)] += action.quantity
        elif action.kind == "release_reservation":
            held[action.line][_key(action.sku, action.site, action.inbound)] -= action.quantity
    for action in move.actions:
        if action.kind == "update_promise":
            assert _complete(facts, problem, action.line, held[action.line]) == action.new_date


def test_when_all_moves_are_carried_out_the_last_date_told_is_the_one_that_holds(composed) -> None:
    facts, problem, plan, moves = composed
    target: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for grant in plan.grants:
        target[grant.line][grant.supply] += grant.quantity
    for backwards in (False, True):
        said: dict[str, date] = {}
        free = [move for move in moves if not move.needs]
        for move in [*(reversed(free) if backwards else free), *(move for move in moves if move.needs)]:
            for action in move.actions:
                if action.kind == "update_promise":
                    said[action.line] = action.new_date
        assert said
        for line, day in said.items():
            demand = next(item for item in problem.demand if item.id == line)
            if sum(target[line].values()) == demand.quantity:
                assert _complete(facts, problem, line, target[line]) == day, line


def test_a_line_that_several_moves_improve_is_told_once_they_all_are_done(composed) -> None:
    _, _, _, moves = composed
    for move in moves:
        if move.kind == "promise" and move.needs:
            assert len(move.needs) > 1
            assert {action.line for action in move.actions if action.kind == "update_promise"} == {
                effect.line for effect in move.effects
            }
