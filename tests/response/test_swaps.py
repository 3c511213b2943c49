"""A swap that leaves units to nobody is worth doing only for money or for a line in a strict rank that it serves."""

from __future__ import annotations

from collections import defaultdict

from connectors.embedded.world import BUILT_IN_NOW, BUILT_IN_SKU, built_in, built_in_event
from domain.allocation.build import build
from domain.allocation.solve import allocate
from domain.allocation.types import Grant, Problem
from domain.plans import Move
from domain.requests import Request
from domain.response import compose
from domain.told import as_told

STOCK, LATE, FREE = "SKU-1042@DC-MEMPHIS", "SKU-1042@DC-MEMPHIS#PO-8801", "SKU-1042@DC-RENO"
STRICT, OTHER = "SO-5014-1", "SO-5016-1"
"""A line under contract that holds 20 of STOCK and 100 of LATE; one in no strict rank that holds 45 of LATE. FREE has
units that nobody holds."""


def moves_for(shifts: dict[tuple[str, str], int]) -> list[Move]:
    """The moves of a plan that leaves everything as it is, but for units more or less per (line, supply)."""
    facts = as_told(built_in(), [built_in_event()])
    asked = Request(case="C-1", case_kind="supplier_delay", revision=1, kind="event", now=BUILT_IN_NOW, by="paula")
    problem = build(facts, [BUILT_IN_SKU], asked)
    plan = allocate(problem).model_copy(update={"grants": _shifted(problem, shifts)})
    return [move for move in compose(facts, problem, plan, "C-1/r1") if move.kind != "promise"]


def _shifted(problem: Problem, shifts: dict[tuple[str, str], int]) -> tuple[Grant, ...]:
    held: dict[tuple[str, str], int] = defaultdict(int)
    for line in problem.demand:
        for holding in line.holdings:
            held[line.id, holding.supply] += holding.quantity
    for key, units in shifts.items():
        held[key] += units
    arcs = {(line.id, arc.supply): arc for line in problem.demand for arc in line.arcs}
    return tuple(
        Grant(line=line, supply=supply, quantity=units, arrives=arcs[line, supply].arrives, value=0)
        for (line, supply), units in sorted(held.items())
        if units
    )


def test_no_line_gives_up_units_for_one_that_only_gets_later_ones():
    assert moves_for({(OTHER, LATE): -2, (STRICT, LATE): 2, (STRICT, STOCK): -2}) == []


def test_units_that_come_sooner_to_a_line_under_contract_are_worth_a_swap():
    (move,) = moves_for({(STRICT, LATE): -2, (STRICT, FREE): 2})
    assert {(effect.line, effect.units, effect.sooner) for effect in move.effects} == {(STRICT, 0, 2)}


def test_units_that_one_line_gives_and_another_gets_are_a_move():
    (move,) = moves_for({(OTHER, LATE): -2, (STRICT, LATE): 2})
    assert {(effect.line, effect.units) for effect in move.effects} == {(OTHER, -2), (STRICT, 2)}
