"""The laws every plan keeps, on generated problems."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from domain.allocation.solve import allocate
from domain.allocation.types import AllocationPlan, Demand, Holding, Problem
from domain.canonical import canonical_json
from tests.domain.problems import granted, problems, worth

ANY = st.one_of(problems(orders=True), problems(packs=True), problems(budget=True))


def with_policy(task: Problem, policy: str) -> Problem:
    return task.model_copy(update={"rules": task.rules.model_copy(update={"policy": policy})})


def changed(task: Problem, key: str, **changes) -> Problem:
    demand = tuple(item.model_copy(update=changes) if item.id == key else item for item in task.demand)
    return task.model_copy(update={"demand": demand})


def locked(item: Demand, key: str) -> int:
    return sum(holding.locked for holding in item.holdings if holding.supply == key)


def units(task: Problem, key: str) -> int:
    return sum(granted(task, allocate(task))[key].values())


@given(ANY, st.sampled_from(["optimal", "fcfs", "earliest_due", "tiers"]))
def test_no_supply_gives_more_than_it_has(task: Problem, policy: str):
    plan = allocate(with_policy(task, policy))
    for item in task.supply:
        assert sum(grant.quantity for grant in plan.grants if grant.supply == item.id) <= item.quantity


@given(ANY, st.sampled_from(["optimal", "fcfs", "earliest_due", "tiers"]))
def test_granted_and_short_add_up_to_demand_and_every_shortage_has_a_reason(task: Problem, policy: str):
    plan = allocate(with_policy(task, policy))
    short = {item.line: item for item in plan.shortages}
    assert len(short) == len(plan.shortages)
    for item in task.demand:
        got = sum(granted(task, plan)[item.id].values())
        assert got + (short[item.id].units if item.id in short else 0) == item.quantity
        if item.id in short:
            assert short[item.id].text.startswith(f"{item.quantity - got} of {item.quantity} units short:")


@given(ANY, st.integers(0, 2**32))
def test_equal_problems_in_any_order_give_equal_bytes(task: Problem, seed: int):
    dice = random.Random(seed)

    def shuffled(items):
        return tuple(dice.sample(items, len(items)))

    other = task.model_copy(
        update={
            "demand": tuple(
                item.model_copy(update={"arcs": shuffled(item.arcs), "holdings": shuffled(item.holdings)})
                for item in shuffled(task.demand)
            ),
            "supply": shuffled(task.supply),
        }
    )
    assert canonical_json(allocate(other)) == canonical_json(allocate(task))


@given(ANY, st.sampled_from(["optimal", "fcfs", "earliest_due", "tiers"]))
def test_frozen_lines_keep_what_they_hold_and_locked_units_stay(task: Problem, policy: str):
    mine = granted(task, allocate(with_policy(task, policy)))
    for item in task.demand:
        held = {holding.supply: holding.quantity for holding in item.holdings}
        if item.frozen:
            assert mine[item.id] == held
        for holding in item.holdings:
            assert mine[item.id].get(holding.supply, 0) >= holding.locked
        if item.blocked and not item.frozen:
            assert all(mine[item.id][key] <= held.get(key, 0) for key in mine[item.id])


@given(problems(), st.integers(1, 20), st.data())
def test_a_line_worth_more_never_gets_less(task: Problem, extra: int, data: st.DataObject):
    item = data.draw(st.sampled_from(task.demand))
    arcs = tuple(arc.model_copy(update={"value": arc.value + extra}) for arc in item.arcs)
    assert units(changed(task, item.id, arcs=arcs), item.id) >= units(task, item.id)


@given(problems(), st.data())
def test_a_line_raised_in_rank_never_gets_less(task: Problem, data: st.DataObject):
    item = data.draw(st.sampled_from(task.demand))
    assert units(changed(task, item.id, rank=0), item.id) >= units(task, item.id)


def in_time(task: Problem, plan: AllocationPlan) -> int:
    """Units that reach lines of rank 0 by their due date."""
    due = {item.id: item.due for item in task.demand if item.rank == 0 and not item.blocked}
    return sum(grant.quantity for grant in plan.grants if grant.line in due and grant.arrives <= due[grant.line])


@given(problems(orders=True), st.integers(1, 500))
def test_no_price_of_others_delays_a_strict_rank(task: Problem, extra: int):
    strict = task.model_copy(update={"rules": task.rules.model_copy(update={"strict_ranks": True})})
    richer = tuple(
        item.model_copy(
            update={"arcs": tuple(arc.model_copy(update={"value": arc.value + extra}) for arc in item.arcs)}
        )
        if item.rank
        else item
        for item in strict.demand
    )
    other = strict.model_copy(update={"demand": richer})
    plans = (allocate(strict), allocate(other))
    assert all(plan.proven_optimal for plan in plans)
    assert in_time(strict, plans[0]) == in_time(other, plans[1])


@given(st.one_of(problems(whole=False), problems()))
def test_what_was_granted_is_granted_again(task: Problem):
    plan = allocate(task)
    mine = granted(task, plan)
    held = tuple(
        item
        if item.frozen
        else item.model_copy(
            update={
                "holdings": tuple(
                    Holding(supply=key, quantity=count, locked=locked(item, key))
                    for key, count in sorted(mine[item.id].items())
                )
            }
        )
        for item in task.demand
    )
    again = task.model_copy(update={"demand": held})
    assert granted(again, allocate(again)) == mine


@given(ANY)
def test_no_rule_of_thumb_beats_the_plan(task: Problem):
    unlimited = task.model_copy(update={"rules": task.rules.model_copy(update={"budget": None})})
    if any(item.pack > 1 for item in task.demand):
        unlimited = unlimited.model_copy(
            update={"demand": tuple(item.model_copy(update={"pack": 1}) for item in task.demand)}
        )
    mine = worth(unlimited, granted(unlimited, allocate(unlimited)))
    for policy in ("fcfs", "earliest_due", "tiers"):
        other = allocate(with_policy(unlimited, policy))
        assert worth(unlimited, granted(unlimited, other)) <= mine
        assert other.value <= other.bound and not other.proven_optimal


@given(ANY)
def test_baselines_stay_under_the_bound_where_money_alone_decides(task: Problem):
    demand = tuple(item.model_copy(update={"floor": 0}) for item in task.demand)
    rules = task.rules.model_copy(update={"budget": None, "strict_ranks": False})
    plan = allocate(task.model_copy(update={"demand": demand, "rules": rules}))
    assert all(kpi.value <= plan.bound for kpi in plan.kpis if kpi.policy != "current")
    assert plan.value <= plan.bound
    assert plan.gap == 0 or not plan.proven_optimal


@given(ANY)
def test_kpis_count_the_plan_the_baselines_and_today(task: Problem):
    plan = allocate(task)
    assert [kpi.policy for kpi in plan.kpis] == ["optimal", "fcfs", "earliest_due", "tiers", "current"]
    assert plan.kpis[0].value == plan.value
    assert plan.kpis[-1].units_moved == 0
    for kpi in plan.kpis:
        assert 0 <= kpi.on_time_in_full <= kpi.line_fill <= 10_000 >= kpi.order_fill
        assert 0 <= kpi.jain <= 10_000
