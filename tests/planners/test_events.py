"""Each kind of event gets its response; the built-in story and refused moves with it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agent.planners.rules.planner import HANDLERS
from connectors.embedded.world import BUILT_IN_NOW, BUILT_IN_SKU, built_in, built_in_event
from domain.canonical import canonical_json
from domain.errors import UnknownReference
from domain.events import (
    CarrierFailure,
    CreditHold,
    DemandSpike,
    Event,
    InventoryDiscrepancy,
    OrderChange,
    ShortStock,
    SupplierDelay,
    SystemOutage,
    WaveAtRisk,
)
from domain.facts import Facts
from domain.plans import Move, Plan
from domain.requests import RejectedMove
from domain.scoring import contract_for
from tests.planners.plans import drawn, free, planned
from tests.tools.worlds import NOW, TODAY, day, event, order, request, reserved, stock, world


def after(data: object, facts: Facts | None = None, **changes: object) -> Plan:
    return planned(facts, request("event", event(data), **changes))


def kinds(plan: Plan) -> list[str]:
    return [move.kind for move in plan.moves]


def actions(plan: Plan, kind: str) -> list[object]:
    return [action for move in plan.moves for action in move.actions if action.kind == kind]


def test_every_kind_of_event_has_a_handler():
    names = Event.model_fields["data"].annotation
    assert names is not None
    declared = {item.model_fields["kind"].default for item in names.__args__}
    assert declared == set(HANDLERS)


def test_a_late_supply_moves_units_to_the_contract_and_promises_the_loser_anew():
    plan = after(SupplierDelay(inbound="PO-1", new_eta=day(12)))
    assert kinds(plan) == ["reallocate", "expedite"]
    first = plan.moves[0]
    assert first.id == "C-1/r1/m1"
    assert [(e.line, e.units) for e in first.effects] == [("SO-1-1", 50), ("SO-2-1", 0)]
    assert "fcfs" in plan.summary and "PO-1" in plan.summary
    assert "SO-4-1" in plan.untouched
    assert any(key.startswith("T-") for key in first.evidence)


def test_a_supply_that_does_not_come_at_all_is_bought_again_and_escalated():
    facts = world(
        positions=(stock(30),),
        reservations=(reserved("R-1", "SO-2-1", 30), reserved("R-2", "SO-1-1", 40, inbound="PO-1")),
        waves=(),
    )
    plan = after(SupplierDelay(inbound="PO-1", new_eta=day(20), new_quantity=0), facts)
    assert "does not come at all" in plan.summary
    bought = actions(plan, "request_replenishment")
    assert bought and all(action.needed_by >= day(14) for action in bought)  # type: ignore[attr-defined]
    (told,) = actions(plan, "escalate")
    assert told.role == "commercial" and "SO-1-1" in told.reason  # type: ignore[attr-defined]
    assert {short.line for short in plan.shortages} >= {"SO-1-1", "SO-2-1"}
    assert all(short.reason for short in plan.shortages)


def test_a_short_count_is_planned_with_although_the_erp_still_says_more():
    plan = after(ShortStock(sku="X", site="EAST", counted=60), world(inbound=()))
    assert sum(grant.quantity for grant in plan.allocations[0].grants) == 60
    assert "replenish" in kinds(plan)


def test_of_two_counts_the_lower_one_is_planned_with_and_both_are_told():
    plan = after(InventoryDiscrepancy(sku="X", site="EAST", erp_units=100, wms_units=70), world(inbound=()))
    assert sum(grant.quantity for grant in plan.allocations[0].grants) == 70
    told = [a.reason for a in actions(plan, "escalate") if a.role == "warehouse_manager"]  # type: ignore[attr-defined]
    assert len(told) == 1 and "100" in told[0] and "70" in told[0]


def test_a_cancelled_line_gets_nothing_any_more():
    plan = after(OrderChange(order="SO-1", line="SO-1-1", quantity=0))
    assert "cancelled" in plan.summary
    assert "SO-1-1" not in {effect.line for move in plan.moves for effect in move.effects if effect.units > 0}


def test_a_spike_looks_at_the_sku_that_is_asked_for():
    plan = after(DemandSpike(sku="X", site="EAST", extra_units=90, until=day(6)))
    assert plan.allocations[0].skus == ("X",)
    assert "90 more of X" in plan.summary


def test_a_credit_hold_stops_picks_and_asks_finance_for_every_order():
    plan = after(CreditHold(customer="PLAIN"))
    assert kinds(plan) == ["wave", "credit"]
    assert [action.line for action in actions(plan, "hold_wave")] == ["SO-2-1"]  # type: ignore[attr-defined]
    (asked,) = actions(plan, "request_credit_release")
    assert (asked.order, asked.amount) == ("SO-2", Decimal("1200.00"))  # type: ignore[attr-defined]
    assert actions(plan, "release_reservation") == []


def test_a_failed_carrier_is_replaced_where_another_goes_and_escalated_where_none_does():
    plan = after(CarrierFailure(carrier="ROAD", site="EAST", day=TODAY))
    assert kinds(plan) == ["carrier"]
    only = tuple(lane for lane in world().lanes if lane.carrier == "ROAD")
    stuck = after(CarrierFailure(carrier="ROAD", site="EAST", day=TODAY), world(lanes=only))
    assert kinds(stuck) == ["escalate"]
    assert kinds(after(CarrierFailure(carrier="ROAD", site="EAST", day=day(1)))) == []


def test_a_late_rebooking_promises_anew_and_waits_for_it():
    lanes = tuple(
        lane.model_copy(update={"transit_days": 5}) if lane.carrier == "RAIL" else lane for lane in world().lanes
    )
    plan = after(CarrierFailure(carrier="ROAD", site="EAST", day=TODAY), world(lanes=lanes))
    assert kinds(plan) == ["carrier", "promise", "promise"]
    assert all(move.needs == (plan.moves[0].id,) for move in plan.moves[1:])


def test_a_wave_at_risk_picks_the_best_first_and_lets_the_least_wait():
    plan = after(WaveAtRisk(wave="W-1", minutes_late=20))
    (order_of_picks,) = actions(plan, "resequence_picks")
    assert order_of_picks.tasks == ("T-2", "T-1")  # type: ignore[attr-defined]
    # 20 minutes at 960 units in 480 minutes are 40 units; the least valuable line has 60.
    assert [action.line for action in actions(plan, "hold_wave")] == ["SO-2-1"]  # type: ignore[attr-defined]
    assert "about 40 units" in plan.summary and "escalate" not in kinds(plan)


def test_picks_that_miss_the_cutoff_are_promised_for_the_next_collection():
    soon = tuple(
        item.model_copy(
            update={
                "lines": tuple(line.model_copy(update={"promise": None, "requested": day(1)}) for line in item.lines)
            }
        )
        if item.id == "SO-3"
        else item
        for item in (*world().orders[:1], order("SO-2", "PLAIN", 60, due=1), *world().orders[2:])
    )
    plan = after(WaveAtRisk(wave="W-1", minutes_late=20), world(orders=soon))
    (promised,) = actions(plan, "update_promise")
    assert (promised.line, promised.old_date, promised.new_date) == ("SO-2-1", day(1), day(2))  # type: ignore[attr-defined]


def test_a_wave_that_is_late_beyond_what_can_wait_is_escalated():
    plan = after(WaveAtRisk(wave="W-1", minutes_late=400))
    assert "warehouse_manager" in {action.role for action in actions(plan, "escalate")}  # type: ignore[attr-defined]


def test_an_outage_tells_operations_what_hangs_on_it_and_changes_nothing():
    plan = after(SystemOutage(system="wms", since=NOW))
    (told,) = actions(plan, "escalate")
    assert told.role == "operations" and "W-1" in told.reason  # type: ignore[attr-defined]
    assert kinds(plan) == ["escalate"]


def test_an_event_about_what_nobody_knows_is_an_error_with_suggestions():
    with pytest.raises(UnknownReference):
        after(SupplierDelay(inbound="PO-9", new_eta=day(3)))
    with pytest.raises(UnknownReference, match="did you mean"):
        after(CreditHold(customer="PLAYN"))


def test_a_sweep_finds_the_skus_in_trouble_by_itself():
    plan = planned(asked=request("sweep", scope={}))
    assert plan.allocations[0].skus == ("X",)
    calm = world(orders=(order("SO-3", "KEYED", 40),), reservations=(reserved("R", "SO-3-1", 40),))
    assert planned(calm, request("sweep", scope={})).moves == ()


def test_substitutes_wait_for_the_move_that_takes_the_units_away():
    plan = after(SupplierDelay(inbound="PO-1", new_eta=day(30), new_quantity=0))
    swaps = [move for move in plan.moves if any(a.kind == "substitute" for a in move.actions)]
    taking = [m.id for m in plan.moves if any(a.kind == "release_reservation" for a in m.actions)]
    assert swaps and taking and all(set(move.needs) <= set(taking) and move.needs for move in swaps)


def refused(move: Move) -> RejectedMove:
    keeps = tuple(
        (a.line, a.site, a.inbound or "", a.quantity) for a in move.actions if a.kind == "release_reservation"
    )
    winners = tuple(effect.line for effect in move.effects if effect.units > 0)
    return RejectedMove(move=move.id, kind=move.kind, by="lena", substance=move.substance, winners=winners, keeps=keeps)


def test_a_refused_move_is_not_proposed_again_and_its_losers_keep_their_units():
    data = SupplierDelay(inbound="PO-1", new_eta=day(12))
    first = after(data)
    for move in first.moves:
        again = after(data, revision=2, rejected=(refused(move),))
        assert move.substance not in {item.substance for item in again.moves}
        assert again.rejected == (move.id,)
    taken = [(a.line, a.site) for a in actions(after(data, rejected=(refused(first.moves[0]),)), "release_reservation")]  # type: ignore[attr-defined]
    assert ("SO-2-1", "EAST") not in taken


def story(facts: Facts | None = None) -> tuple[Facts, Plan]:
    facts = facts or built_in()
    asked = request("event", built_in_event(), now=BUILT_IN_NOW, scope={"skus": (BUILT_IN_SKU,)})
    return facts, planned(facts, asked)


def test_the_built_in_story_serves_contracts_and_conserves_stock():
    facts, plan = story()
    taken, given = drawn(plan)
    there = free(facts)
    assert taken and all(taken[bucket] <= max(0, there[bucket]) + given[bucket] for bucket in taken)
    moved = {effect.line for move in plan.moves for effect in move.effects}
    assert "SO-5002-1" not in moved  # picked
    kpis = {item.policy: item.value for item in plan.allocations[0].kpis}
    assert plan.allocations[0].value >= max(kpis["fcfs"], kpis["tiers"], kpis["current"])


def test_a_contract_that_is_served_late_is_told_to_those_who_own_the_relation():
    assert not [move for move in story()[1].moves if move.kind == "escalate"]  # there, all contracts are in time
    positions = tuple(
        item.model_copy(update={"on_hand": item.on_hand // 2, "lots": ()}) if item.sku == BUILT_IN_SKU else item
        for item in built_in().positions
    )
    facts, plan = story(built_in().replace(positions=positions))
    (told,) = [move for move in plan.moves if move.kind == "escalate"]
    late = {effect.line for effect in told.effects}
    assert late and all((contract := contract_for(facts, facts.line(key))) and contract.strict for key in late)


def test_the_same_request_gives_the_same_bytes():
    assert canonical_json(story()[1]) == canonical_json(story()[1])
