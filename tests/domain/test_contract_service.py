"""Contract lines of the built-in world: in time first, unmoved when asked twice, unharmed by a refused transfer."""

from __future__ import annotations

from collections import Counter

import pytest

from connectors.embedded.world import BUILT_IN_SKU, built_in, built_in_event
from domain.allocation.build import build
from domain.allocation.solve import allocate
from domain.allocation.types import AllocationPlan, Problem
from domain.facts import Facts
from domain.inventory import Reservation, ReservationKind
from domain.requests import RejectedMove, Request
from domain.response.compose import compose
from domain.told import as_told

SEEDS = [None, 1, 6, 11]


def told(seed: int | None) -> Facts:
    return as_told(built_in(seed), (built_in_event(),))


def asked(facts: Facts, **more) -> Problem:
    request = Request(
        case="C-1",
        case_kind="supplier_delay",
        revision=1,
        kind="event",
        now=facts.taken_at,
        by="lena",
        events=(built_in_event(),),
    )
    return build(facts, [BUILT_IN_SKU], request.model_copy(update=more))


def in_time(task: Problem, plan: AllocationPlan) -> Counter[str]:
    """Units that reach each line of the strict rank by its due date."""
    due = {item.id: item.due for item in task.demand if item.rank == 0}
    units: Counter[str] = Counter()
    for grant in plan.grants:
        if grant.line in due and grant.arrives <= due[grant.line]:
            units[grant.line] += grant.quantity
    return units


def shares(plan: AllocationPlan) -> dict[tuple[str, str], int]:
    return {(grant.line, grant.supply): grant.quantity for grant in plan.grants}


@pytest.mark.parametrize("seed", SEEDS)
def test_contract_lines_are_in_time_before_anybody_else_gains(seed: int | None):
    task = asked(told(seed))
    plan = allocate(task)
    reached = in_time(task, plan)
    strict = [item for item in task.demand if item.rank == 0]
    assert strict and plan.proven_optimal
    for item in strict:
        arrives = {arc.supply: arc.arrives for arc in item.arcs}
        before = sum(held.quantity for held in item.holdings if arrives[held.supply] <= item.due)
        assert reached[item.id] >= before
    late = {item.id: item.quantity - reached[item.id] for item in strict}
    useful = {arc.supply for item in strict if late[item.id] for arc in item.arcs if arc.arrives <= item.due}
    free_to_take = {item.id for item in task.demand if item.rank and not item.frozen and not item.floor}
    assert not [grant for grant in plan.grants if grant.line in free_to_take and grant.supply in useful]


@pytest.mark.parametrize("seed", SEEDS)
def test_asked_again_after_it_was_done_nothing_moves(seed: int | None):
    facts = told(seed)
    task = asked(facts)
    plan = allocate(task)
    supplies = {item.id: item for item in task.supply}
    lines = {item.id for item in task.demand if not item.is_transfer}
    done = tuple(
        Reservation(
            id=f"NEW-{number}",
            sku=BUILT_IN_SKU,
            site=supplies[grant.supply].site,
            quantity=grant.quantity,
            kind=ReservationKind.SOFT if supplies[grant.supply].inbound else ReservationKind.HARD,
            line=grant.line,
            inbound=supplies[grant.supply].inbound,
            owner=facts.line(grant.line).order,
            created_at=facts.taken_at,
        )
        for number, grant in enumerate(plan.grants)
        if grant.line in lines
    )
    others = tuple(item for item in facts.reservations if item.line not in lines)
    after = allocate(asked(facts.replace(reservations=(*others, *done))))
    assert shares(after) == shares(plan)
    assert after.kpis[0].units_moved == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_refused_transfer_costs_no_contract_line_a_unit_in_time(seed: int | None):
    facts = told(seed)
    task = asked(facts)
    plan = allocate(task)
    transfers = [move for move in compose(facts, task, plan, "C-1/r1") if move.kind == "transfer"]
    assert transfers
    for move in transfers:
        refused = RejectedMove(
            move=move.id,
            kind=move.kind,
            by="lena",
            substance=move.substance,
            winners=tuple(sorted({effect.line for effect in move.effects if effect.units > 0})),
            keeps=tuple(
                (action.line, action.site, action.inbound or "", action.quantity)
                for action in move.actions
                if action.kind == "release_reservation"
            ),
        )
        again = asked(facts, revision=2, rejected=(refused,))
        reached = in_time(again, allocate(again))
        assert all(reached[line] >= units for line, units in in_time(task, plan).items())
