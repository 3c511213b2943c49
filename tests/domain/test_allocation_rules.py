"""One worked example per rule of the allocation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.allocation.solve import allocate
from domain.allocation.types import Arc, Holding, Problem
from domain.errors import BadInput
from tests.domain.problems import DAY, granted, line, problem, supply


def held(key: str, quantity: int, locked: int = 0) -> tuple[Holding, ...]:
    return (Holding(supply=key, quantity=quantity, locked=locked),)


def reason(plan, key: str):
    return next(item for item in plan.shortages if item.line == key)


def test_money_decides_who_gets_the_last_units():
    task = problem([line("A1", 6, {"EAST": 300}), line("B1", 6, {"EAST": 500})], [supply("EAST", 8)])
    plan = allocate(task)
    assert granted(task, plan) == {"A1": {"EAST": 2}, "B1": {"EAST": 6}}
    assert (plan.value, plan.bound, plan.gap, plan.proven_optimal) == (3600, 3600, 0, True)
    assert plan.shadow_prices == (("EAST", 300),)


def test_a_line_gives_way_where_it_has_another_source():
    task = problem(
        [line("A1", 5, {"EAST": 500, "WEST": 450}), line("B1", 5, {"EAST": 480})],
        [supply("EAST", 5), supply("WEST", 5)],
    )
    assert granted(task, allocate(task)) == {"A1": {"WEST": 5}, "B1": {"EAST": 5}}


def test_a_strict_rank_is_filled_before_money_counts():
    task = problem([line("A1", 6, {"EAST": 1}, rank=0), line("B1", 6, {"EAST": 900})], [supply("EAST", 8)])
    plan = allocate(task)
    assert granted(task, plan) == {"A1": {"EAST": 6}, "B1": {"EAST": 2}}
    loose = allocate(problem(list(task.demand), list(task.supply), strict_ranks=False))
    assert granted(task, loose) == {"A1": {"EAST": 2}, "B1": {"EAST": 6}}


def test_the_loser_to_a_strict_rank_is_told_so():
    task = problem([line("A1", 8, {"EAST": 1}, rank=0), line("B1", 6, {"EAST": 900})], [supply("EAST", 8)])
    why = reason(allocate(task), "B1")
    assert (why.constraint, why.displaced_by) == ("rank", ("A1",))


def served_in_time(**more) -> Problem:
    """A1 could wait for WEST, which comes after it is due, and leave EAST to B1, which pays far more for it."""
    days = {"WEST": 4}
    first = line("A1", 5, {"EAST": 100, "WEST": 90}, days=days, rank=0, **more)
    return problem([first, line("B1", 5, {"EAST": 900})], [supply("EAST", 5), supply("WEST", 5)])


def test_a_strict_rank_is_served_in_time_before_money_counts():
    task = served_in_time()
    plan = allocate(task)
    assert granted(task, plan) == {"A1": {"EAST": 5}, "B1": {}}
    assert plan.proven_optimal and plan.value == plan.bound == 500
    why = reason(plan, "B1")
    assert (why.constraint, why.displaced_by) == ("rank", ("A1",))


def test_a_strict_line_that_is_in_time_either_way_leaves_the_choice_to_money():
    task = served_in_time(due=DAY + timedelta(days=4))
    assert granted(task, allocate(task)) == {"A1": {"WEST": 5}, "B1": {"EAST": 5}}


def test_a_plan_is_not_called_best_that_leaves_a_strict_line_late_for_money():
    """One unit, sold in packs of three: a flow of packs does not see the single unit that would be in time."""
    first = line("A1", 1, {"EAST": 1191, "WEST": 1}, days={"EAST": 4}, rank=0, pack=3)
    task = problem([first], [supply("EAST", 9), supply("WEST", 1)])
    plan = allocate(task)
    assert granted(task, plan) == {"A1": {"WEST": 1}} or not plan.proven_optimal


def test_all_units_of_a_strict_rank_come_before_some_of_them_in_time():
    lines = [
        line("A1", 5, {"EAST": 1, "WEST": 1}, days={"WEST": 4}, rank=0),
        line("A2", 5, {"EAST": 1}, days={"EAST": 4}, rank=0),
    ]
    task = problem(lines, [supply("EAST", 5), supply("WEST", 5)])
    assert granted(task, allocate(task)) == {"A1": {"WEST": 5}, "A2": {"EAST": 5}}


def test_being_in_time_in_a_higher_rank_comes_before_units_of_a_lower_strict_rank():
    lines = [
        line("A1", 5, {"EAST": 1, "WEST": 1}, days={"WEST": 4}, rank=0),
        line("B1", 5, {"EAST": 900}, rank=1),
        line("C1", 5, {}, rank=2),
    ]
    task = problem(lines, [supply("EAST", 5), supply("WEST", 5)])
    assert granted(task, allocate(task)) == {"A1": {"EAST": 5}, "B1": {}, "C1": {}}


def test_who_is_left_with_late_units_at_a_loss_is_told_which_rank_took_the_others():
    lines = [
        line("A1", 5, {"EAST": 1, "WEST": 1}, days={"WEST": 4}, rank=0),
        line("B1", 5, {"EAST": 900, "WEST": -40}, days={"WEST": 4}),
    ]
    plan = allocate(problem(lines, [supply("EAST", 5), supply("WEST", 5)]))
    why = reason(plan, "B1")
    assert (why.constraint, why.displaced_by) == ("rank", ("A1",))
    assert "(A1 5)" in why.text and "each would lose 0.40" in why.text


def test_a_contract_floor_is_met_before_ranks_and_money():
    task = problem([line("A1", 6, {"EAST": 1}, floor=3), line("B1", 8, {"EAST": 900}, rank=0)], [supply("EAST", 8)])
    assert granted(task, allocate(task)) == {"A1": {"EAST": 3}, "B1": {"EAST": 5}}


def test_floors_beyond_supply_are_named_not_clipped_in_silence():
    task = problem([line("A1", 6, {"EAST": 9}, floor=6), line("B1", 6, {"EAST": 8}, floor=6)], [supply("EAST", 8)])
    plan = allocate(task)
    assert plan.notes == ("contract floors of BOLT ask for 12 units, supply is 8; not met: B1 2 of 6 (others have it)",)


def test_a_line_that_ships_complete_is_whole_or_gets_nothing():
    task = problem([line("A1", 5, {"EAST": 500}, atomic=True), line("B1", 4, {"EAST": 400})], [supply("EAST", 4)])
    plan = allocate(task)
    assert granted(task, plan) == {"A1": {}, "B1": {"EAST": 4}}
    assert reason(plan, "A1").constraint == "atomic"
    assert "everything that can reach it is 4 units" in reason(plan, "A1").text


def test_one_whole_line_may_displace_several_small_ones():
    small = [line(f"S{n}", 2, {"EAST": 100}) for n in range(3)]
    task = problem([line("BIG", 6, {"EAST": 120}, atomic=True), *small], [supply("EAST", 7)])
    mine = granted(task, allocate(task))
    assert mine["BIG"] == {"EAST": 6}
    assert sum(sum(got.values()) for got in mine.values()) == 7


def test_an_order_that_ships_complete_waits_for_its_missing_line():
    lines = [
        line("O1-1", 4, {"EAST": 900}, order="O1", order_atomic=True),
        line("O1-2", 4, {"NUTS": 900}, sku="NUT", order="O1", order_atomic=True),
        line("P1", 4, {"EAST": 100}),
    ]
    task = problem(lines, [supply("EAST", 4), supply("NUTS", 3, "NUT")])
    plan = allocate(task)
    assert granted(task, plan) == {"O1-1": {}, "O1-2": {}, "P1": {"EAST": 4}}
    assert reason(plan, "O1-1").constraint == reason(plan, "O1-2").constraint == "atomic"


def test_a_small_gain_does_not_break_a_promise():
    def task(value: int):
        lines = [line("A1", 5, {"EAST": 300}, holdings=held("EAST", 5), break_cost=20), line("B1", 5, {"EAST": value})]
        return problem(lines, [supply("EAST", 5)])

    assert granted(task(315), allocate(task(315)))["A1"] == {"EAST": 5}
    assert granted(task(325), allocate(task(325)))["B1"] == {"EAST": 5}
    assert allocate(task(325)).value == 5 * (325 - 20)


def test_units_swapped_for_an_equally_early_arrival_break_nothing():
    lines = [
        line("A1", 5, {"EAST": 300, "WEST": 300}, holdings=held("EAST", 5), break_cost=200),
        line("B1", 5, {"EAST": 350}),
    ]
    plan = allocate(problem(lines, [supply("EAST", 5), supply("WEST", 5)]))
    assert plan.value == 5 * 300 + 5 * 350
    assert plan.kpis[0].units_moved == 0


def test_units_swapped_for_a_later_arrival_do_break_a_promise():
    lines = [
        line("A1", 5, {"EAST": 300, "WEST": 300}, days={"WEST": 3}, holdings=held("EAST", 5), break_cost=10),
        line("B1", 5, {"EAST": 350}),
    ]
    plan = allocate(problem(lines, [supply("EAST", 5), supply("WEST", 5)]))
    assert plan.value == 5 * (300 - 10) + 5 * 350
    assert plan.kpis[0].units_moved == 5


def test_among_equals_units_stay_where_they_are():
    lines = [line("A1", 5, {"EAST": 300}), line("Z9", 5, {"EAST": 300}, holdings=held("EAST", 5))]
    task = problem(lines, [supply("EAST", 5)])
    assert granted(task, allocate(task))["Z9"] == {"EAST": 5}


def test_ties_go_by_tier_then_due_then_order_date_then_id():
    def winner(**more):
        lines = [line("A1", 5, {"EAST": 300}), line("Z9", 5, {"EAST": 300}, **more)]
        task = problem(lines, [supply("EAST", 5)])
        return max(granted(task, allocate(task)).items(), key=lambda item: sum(item[1].values()))[0]

    assert winner() == "A1"
    assert winner(tier=0) == "Z9"
    assert winner(ordered="2026-01-01") == "Z9"


def test_the_churn_budget_caps_units_moved_off_confirmed_orders():
    def plan(budget: int | None):
        lines = [line("A1", 8, {"EAST": 100}, holdings=held("EAST", 8)), line("B1", 8, {"EAST": 900})]
        return allocate(problem(lines, [supply("EAST", 8)], budget=budget))

    assert plan(None).kpis[0].units_moved == 8
    assert [plan(budget).kpis[0].units_moved for budget in (0, 8, 20)] == [0, 8, 8]
    assert reason(plan(0), "B1").constraint == "budget"


def test_a_budget_that_supply_has_already_broken_is_said_and_nothing_else_moves():
    lines = [line("A1", 8, {"EAST": 100}, holdings=held("EAST", 8)), line("B1", 8, {"EAST": 900})]
    task = problem(lines, [supply("EAST", 5)], budget=1)
    plan = allocate(task)
    assert granted(task, plan)["A1"] == {"EAST": 5}
    assert "no longer covers 3 units" in plan.notes[0]


def test_packs_are_whole_but_for_the_end_of_a_line():
    task = problem(
        [line("A1", 25, {"EAST": 300}, pack=10), line("B1", 30, {"EAST": 100}, pack=10)], [supply("EAST", 48)]
    )
    plan = allocate(task)
    assert granted(task, plan) == {"A1": {"EAST": 25}, "B1": {"EAST": 20}}
    assert reason(plan, "B1").constraint == "pack"
    assert plan.bound >= plan.value


def test_a_line_on_hold_gets_nothing_new_and_its_units_are_there_for_others():
    lines = [
        line("A1", 8, {"EAST": 0}, holdings=held("EAST", 5), blocked="credit hold"),
        line("B1", 3, {"EAST": 100}),
    ]
    task = problem(lines, [supply("EAST", 6)])
    plan = allocate(task)
    assert granted(task, plan) == {"A1": {"EAST": 3}, "B1": {"EAST": 3}}
    assert reason(plan, "A1").constraint == "hold"


def test_frozen_units_stay_and_nothing_is_added():
    lines = [line("A1", 8, {"EAST": 1}, holdings=held("EAST", 3), frozen=True), line("B1", 9, {"EAST": 900})]
    task = problem(lines, [supply("EAST", 9)])
    plan = allocate(task)
    assert granted(task, plan) == {"A1": {"EAST": 3}, "B1": {"EAST": 6}}
    assert reason(plan, "A1").constraint == "frozen"


def test_refused_units_stay_with_their_line_and_the_winner_gets_no_more_that_way():
    refused = Arc(supply="EAST", arrives=DAY, value=900, limit=2)
    lines = [
        line("A1", 8, {"EAST": 1}, holdings=held("EAST", 6, locked=4)),
        line("B1", 9, {}).model_copy(update={"arcs": (refused,)}),
    ]
    task = problem(lines, [supply("EAST", 8)])
    plan = allocate(task)
    assert granted(task, plan) == {"A1": {"EAST": 6}, "B1": {"EAST": 2}}
    assert reason(plan, "B1").constraint == "rejected"


def test_units_that_would_only_lose_money_are_not_sent():
    task = problem([line("A1", 5, {"EAST": -40}, days={"EAST": 9})], [supply("EAST", 5)])
    plan = allocate(task)
    assert granted(task, plan) == {"A1": {}}
    assert reason(plan, "A1").constraint == "late" and "each would lose 0.40" in reason(plan, "A1").text


def test_nothing_in_reach_is_said():
    plan = allocate(problem([line("A1", 5, {})], [supply("EAST", 5)]))
    assert reason(plan, "A1").constraint == "no_supply"


def test_the_price_of_losing_is_the_value_of_the_unit_that_would_have_to_go():
    lines = [line("A1", 4, {"EAST": 700}), line("B1", 4, {"EAST": 500}), line("C1", 4, {"EAST": 300})]
    why = reason(allocate(problem(lines, [supply("EAST", 6)])), "C1")
    assert (why.constraint, why.price, why.own_value) == ("displaced", 500, 300)
    assert why.displaced_by == ("A1", "B1")
    assert "A further unit earns 5.00 elsewhere, 3.00 here." in why.text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"holdings": held("EAST", 2, locked=3)}, "holdings"),
        ({"holdings": held("WEST", 2)}, "holdings"),
        ({"floor": 9}, "floor"),
        ({"holdings": held("EAST", 9), "frozen": True}, "frozen"),
    ],
)
def test_a_problem_that_contradicts_itself_is_refused(change, field):
    task = problem([line("A1", 5, {"EAST": 1}, **change)], [supply("EAST", 9), supply("WEST", 9)])
    with pytest.raises(BadInput) as caught:
        allocate(task)
    assert field in (caught.value.field or "") and caught.value.fix


def test_frozen_units_beyond_supply_are_refused_and_named():
    lines = [line(key, 5, {"EAST": 1}, holdings=held("EAST", 5), frozen=True) for key in ("A1", "B1")]
    with pytest.raises(BadInput, match="A1, B1 exceed supply EAST by 3"):
        allocate(problem(lines, [supply("EAST", 7)]))


def test_two_items_of_one_id_are_refused():
    with pytest.raises(BadInput, match="'A1' stands 2 times"):
        allocate(problem([line("A1", 5, {}), line("A1", 5, {})], []))
