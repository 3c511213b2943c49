"""Contract floors that cannot all be met: nobody's floor is taken to serve somebody else's."""

from __future__ import annotations

from datetime import date

from domain.allocation.floors import allocate_keeping_floors
from domain.allocation.solve import allocate
from domain.allocation.types import Arc, Demand, Holding, Problem, Supply

DAY = date(2026, 3, 2)


def _line(key: str, rank: int, floor: int, held: int) -> Demand:
    return Demand(
        id=key,
        order=key,
        customer=key,
        sku="X",
        quantity=10,
        rank=rank,
        ordered="2026-01-01",
        due=DAY,
        floor=floor,
        arcs=(Arc(supply="X@S", arrives=DAY, value=100),),
        holdings=(Holding(supply="X@S", quantity=held),) if held else (),
    )


def _problem(units: int) -> Problem:
    lines = (_line("holder", rank=1, floor=8, held=8), _line("asker", rank=0, floor=8, held=0))
    return Problem(demand=lines, supply=(Supply(id="X@S", sku="X", site="S", available=DAY, quantity=units),))


def _granted(plan) -> dict[str, int]:
    return {grant.line: grant.quantity for grant in plan.grants}


def test_the_exact_engine_alone_would_take_one_floor_to_meet_another() -> None:
    assert _granted(allocate(_problem(8))) == {"asker": 8}


def test_a_floor_that_is_met_now_is_kept_and_the_plan_says_so() -> None:
    plan = allocate_keeping_floors(_problem(8))
    assert _granted(plan) == {"holder": 8}
    assert plan.notes[-1] == "Not every contract floor can be met. Floors that are met now are kept: holder."


def test_where_every_floor_can_be_met_nothing_changes() -> None:
    assert allocate_keeping_floors(_problem(16)) == allocate(_problem(16))
