"""Allocation: ours against HiGHS in time and value, and the simple policies as a share of the bound."""

from __future__ import annotations

from collections.abc import Sequence

from api.cli.view import View, view
from domain.allocation.build import build
from domain.allocation.solve import allocate
from domain.allocation.types import AllocationPlan, Problem
from domain.cases import Scope
from domain.requests import Request
from domain.told import as_told
from evals.accounting.grants import audit_grants
from evals.bench.problems import problem
from evals.bench.timing import best_of, ms, percent, ratio, timed
from evals.oracle import best, places
from evals.worlds.generate import generate

SIMPLE = ("fcfs", "earliest_due", "tiers", "current")
COLUMNS = "problem | lines | ours | HiGHS | ours to HiGHS | value of HiGHS | of bound | " + " | ".join(SIMPLE)


def measure(seeds: Sequence[int], sizes: Sequence[int]) -> View:
    """One row per size (first seed) and per generated world (every seed)."""
    problems = [(f"generated, seed {seeds[0]}", problem(seeds[0], size)) for size in sizes]
    problems += [(f"world {seed}", of_world(seed)) for seed in seeds]
    notes = [
        "ours to HiGHS: time of allocate (plan, bound, reasons, baselines) over time of HiGHS (grants only); under 1 "
        "is faster.",
        "value of HiGHS: what our grants are worth by the judge's own books, place after place (floors, ranks, money).",
        "of bound and the policies: money as a share of our bound on it. A simple policy knows no ranks and no floors, "
        "so its money may pass a bound that holds inside them.",
    ]
    return view("allocation", "Allocation, beside HiGHS and simpler policies", COLUMNS, map(_row, problems), notes)


def of_world(seed: int) -> Problem:
    """The shortage of a generated world after its event."""
    world = generate(seed)
    request = Request(
        case="C-1", case_kind="supplier_delay", revision=1, kind="event", now=world.facts.taken_at, by="bench",
        scope=Scope(skus=(world.hot,)), events=world.events,
    )  # fmt: skip
    return build(as_told(world.facts, world.events), (world.hot,), request)


def _row(named: tuple[str, Problem]) -> list[object]:
    name, task = named
    plan = allocate(task)
    ours = best_of(3, lambda: allocate(task))
    theirs, optimum = timed(lambda: best(task))
    assert not audit_grants(task, plan), "a plan that breaks a law has no value to compare"
    reached = places(task, plan)
    same = "equal" if reached == optimum.places else f"{reached} of {optimum.places}"
    shares = {item.policy: percent(item.value, plan.bound) for item in plan.kpis}
    return [
        name, len(task.demand), ms(ours), ms(theirs), ratio(ours, theirs), same, _of_bound(plan),
        *(shares.get(policy, "-") for policy in SIMPLE),
    ]  # fmt: skip


def _of_bound(plan: AllocationPlan) -> str:
    return percent(plan.value, plan.bound) + ("" if plan.proven_optimal else " (not proven)")
