"""From facts to an allocation problem."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from domain.allocation.build import build
from domain.allocation.pool import supply_id
from domain.allocation.solve import allocate
from domain.errors import UnknownReference
from domain.execution import PickTask, TaskState, Wave, WaveState
from domain.facts import Claim
from domain.orders import Hold, HoldKind, LineState
from domain.requests import Rates, RejectedMove
from domain.sites import Lane
from tests.domain.world import (
    LANES,
    NOW,
    D,
    contract,
    customer,
    facts,
    inbound,
    order,
    request,
    reserve,
    stock,
    transfer,
)

EAST, WEST, PO = "BOLT@EAST", "BOLT@WEST", "BOLT@EAST#PO-1"


def units(task) -> dict[str, int]:
    return {item.id: item.quantity for item in task.supply}


def only(task):
    assert len(task.demand) == 1
    return task.demand[0]


def wave(line: str, quantity: int, state: TaskState = TaskState.OPEN) -> Wave:
    task = PickTask(id="T1", wave="W1", line=line, sku="BOLT", quantity=quantity, sequence=1, state=state)
    return Wave(id="W1", site="EAST", state=WaveState.RELEASED, carrier="TRUCK", cutoff_at=NOW, tasks=(task,))


def claim(quantity: int) -> Claim:
    return Claim(
        move="M-1", case="CASE-9", sku="BOLT", site="EAST", quantity=quantity, expires_at=NOW + timedelta(hours=1)
    )


def test_open_lines_compete_for_stock_and_inbound_supply():
    task = build(facts(orders=(order("SO1", "BIG", 30),), inbound=(inbound(),)), ["BOLT"], request())
    assert units(task) == {EAST: 100, PO: 50, WEST: 40}
    line = only(task)
    assert (line.id, line.quantity, line.tier, line.rank, line.floor) == ("SO1-1", 30, 0, 1, 0)
    assert {arc.supply: arc.arrives for arc in line.arcs} == {
        EAST: date(2026, 3, 6),
        PO: date(2026, 3, 18),
        WEST: date(2026, 3, 10),
    }


def test_the_ids_of_supplies_say_what_they_are():
    assert supply_id("BOLT", "EAST") == EAST and supply_id("BOLT", "EAST", "PO-1") == PO


def test_reservations_of_the_line_are_its_holdings_and_their_units_stay_in_supply():
    world = facts(
        orders=(order("SO1", "BIG", 30),),
        inbound=(inbound(),),
        reservations=(reserve("SO1-1", 10), reserve("SO1-1", 5, inbound="PO-1")),
    )
    task = build(world, ["BOLT"], request())
    assert [(held.supply, held.quantity) for held in only(task).holdings] == [(EAST, 10), (PO, 5)]
    assert units(task) == {EAST: 100, PO: 50, WEST: 40}
    assert only(task).break_cost == 20


def test_earmarked_units_and_claims_of_other_cases_are_not_handed_out():
    earmark = reserve("SO1-1", 15).model_copy(update={"line": None, "owner": "CASE-9/r1/m1"})
    world = facts(orders=(order("SO1", "BIG", 30),), reservations=(earmark,), claims=(claim(25),))
    assert units(build(world, ["BOLT"], request()))[EAST] == 60
    assert units(build(world, ["BOLT"], request(case="CASE-9")))[EAST] == 85


def test_units_that_must_stay_are_there_even_when_claims_say_otherwise_and_it_is_noted():
    world = facts(
        orders=(order("SO1", "BIG", 90, frozen=True),), reservations=(reserve("SO1-1", 90),), claims=(claim(25),)
    )
    task = build(world, ["BOLT"], request())
    assert units(task)[EAST] == 90
    assert task.notes == ("BOLT@EAST: 90 units must stay with their lines, but only 75 are there",)


def test_only_allowed_sites_serve_a_line():
    world = facts(orders=(order("SO1", "BIG", 30, allowed_sites=("WEST",)),))
    assert [arc.supply for arc in only(build(world, ["BOLT"], request())).arcs] == [WEST]


def test_units_held_at_a_site_that_is_not_allowed_may_stay_but_not_grow():
    world = facts(orders=(order("SO1", "BIG", 30, allowed_sites=("WEST",)),), reservations=(reserve("SO1-1", 10),))
    arcs = {arc.supply: arc.limit for arc in only(build(world, ["BOLT"], request())).arcs}
    assert arcs == {EAST: 10, WEST: None}


def test_what_arrives_beyond_the_horizon_does_not_count():
    world = facts(orders=(order("SO1", "BIG", 30),), inbound=(inbound(),))
    near = request(rates=Rates(horizon_days=7))
    assert [arc.supply for arc in only(build(world, ["BOLT"], near)).arcs] == [EAST, WEST]


def test_a_strict_contract_in_force_puts_its_lines_in_the_first_rank_with_their_floor():
    people = (customer("BIG", contract=contract(strict=True, fill_floor=D("0.25"))),)
    line = only(build(facts(customers=people, orders=(order("SO1", "BIG", 30),)), ["BOLT"], request()))
    assert (line.rank, line.floor) == (0, 8)
    ended = (customer("BIG", contract=contract(strict=True, fill_floor=D("0.25"), ends=date(2026, 3, 1))),)
    line = only(build(facts(customers=ended, orders=(order("SO1", "BIG", 30),)), ["BOLT"], request()))
    assert (line.rank, line.floor) == (1, 0)


def test_credit_and_compliance_holds_block_a_line():
    hold = Hold(kind=HoldKind.COMPLIANCE, placed_at=NOW)
    world = facts(
        customers=(customer("BIG", hold=True), customer("MID")),
        orders=(order("SO1", "BIG", 30), order("SO2", "MID", 30, holds=(hold,)), order("SO3", "MID", 30)),
    )
    assert [line.blocked for line in build(world, ["BOLT"], request()).demand] == [
        "BIG is on credit hold",
        "compliance hold on SO2",
        "",
    ]


@pytest.mark.parametrize(
    ("more", "waves"),
    [({"frozen": True}, ()), ({"state": LineState.PICKED}, ()), ({}, (wave("SO1-1", 10, TaskState.PICKED),))],
)
def test_picked_and_frozen_lines_are_frozen(more, waves):
    world = facts(orders=(order("SO1", "BIG", 30, **more),), reservations=(reserve("SO1-1", 10),), waves=waves)
    assert only(build(world, ["BOLT"], request())).frozen


def test_released_lines_are_frozen_only_when_policy_protects_them():
    world = facts(
        orders=(order("SO1", "BIG", 30, state=LineState.RELEASED),),
        reservations=(reserve("SO1-1", 30),),
        waves=(wave("SO1-1", 30),),
    )
    assert not only(build(world, ["BOLT"], request())).frozen
    assert only(build(world, ["BOLT"], request(rates=Rates(protect_released=True)))).frozen


def test_picked_units_that_no_reservation_covers_are_gone_and_served():
    world = facts(
        orders=(order("SO1", "BIG", 30), order("SO2", "MID", 10)),
        reservations=(reserve("SO1-1", 4),),
        waves=(wave("SO1-1", 10, TaskState.PICKED),),
    )
    task = build(world, ["BOLT"], request())
    assert units(task)[EAST] == 94
    assert {line.id: line.quantity for line in task.demand} == {"SO1-1": 24, "SO2-1": 10}
    allocate(task)


def test_a_transfer_request_competes_as_demand():
    lane = Lane(origin="EAST", destination="WEST", carrier="TRUCK", transit_days=3, freight=D("0.20"))
    world = facts(lanes=(*LANES, lane), transfers=(transfer(20, granted=5),))
    line = only(build(world, ["BOLT"], request()))
    assert (line.id, line.customer, line.quantity, line.is_transfer) == ("TR-1", "WEST", 15, True)
    assert [arc.supply for arc in line.arcs] == [EAST]


def test_the_churn_budget_of_policy_is_the_budget_of_the_problem():
    assert build(facts(), ["BOLT"], request(rates=Rates(churn_budget=7))).rules.budget == 7


def test_a_refused_move_binds_both_of_its_sides():
    world = facts(
        positions=(stock("EAST", 40),),
        orders=(order("SO1", "TINY", 40, unit_price=D("7.00")), order("SO2", "BIG", 30)),
        reservations=(reserve("SO1-1", 35),),
    )
    free = allocate(build(world, ["BOLT"], request()))
    assert {grant.line: grant.quantity for grant in free.grants} == {"SO2-1": 30, "SO1-1": 10}
    refused = RejectedMove(
        move="CASE-1/r1/m1", kind="reallocate", by="lead", winners=("SO2-1",), keeps=(("SO1-1", "EAST", "", 25),)
    )
    again = allocate(build(world, ["BOLT"], request(revision=2, rejected=(refused,))))
    assert {grant.line: grant.quantity for grant in again.grants} == {"SO2-1": 5, "SO1-1": 35}
    assert next(short for short in again.shortages if short.line == "SO2-1").constraint == "rejected"


def test_first_come_is_told_by_the_moment_whatever_its_time_zone():
    zone = timezone(timedelta(hours=9))
    world = facts(
        orders=(
            order("SO1", "BIG", 5, ordered_at=datetime(2026, 3, 2, 6, 0, tzinfo=zone)),
            order("SO2", "BIG", 5, ordered_at=datetime(2026, 3, 1, 22, 0, tzinfo=UTC)),
        )
    )
    first, second = build(world, ["BOLT"], request()).demand
    assert first.ordered < second.ordered


def test_an_unknown_sku_is_refused():
    with pytest.raises(UnknownReference, match="no sku 'NUT'"):
        build(facts(), ["NUT"], request())


def test_the_same_facts_in_another_order_give_the_same_plan():
    orders = tuple(order(f"SO{n}", key, 30) for n, key in enumerate(("BIG", "MID", "SMALL", "TINY", "BIG")))
    one = facts(orders=orders, inbound=(inbound(),))
    other = facts(orders=orders[::-1], inbound=(inbound(),), positions=one.positions[::-1], lanes=one.lanes[::-1])
    assert allocate(build(one, ["BOLT"], request())) == allocate(build(other, ["BOLT"], request()))
