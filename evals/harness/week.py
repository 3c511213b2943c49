"""A week in which the copilot only watches: it plans every morning, scripted people act by hand, and the report of
agreement is compared with what the judge counts itself."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from agent.runtime.compose import open_application
from agent.runtime.world import embedded, load_world
from agent.settings import Settings
from connectors import snapshot
from domain.events import CreditHold, Event, OrderChange
from domain.facts import Facts
from domain.noun import CENT
from domain.plans import Move
from domain.requests import Rates
from domain.verdicts import Outcome
from evals.harness.show import FORMS, progress, show
from evals.observed.agreement import Expected, expected
from evals.observed.people import Deed, Manner, People
from evals.worlds.generate import generate
from evals.worlds.world import Dice

DAYS = 5
HELD_BACK = {"autonomy", "pilot", "read-only"}
FREE = "  capacity_cost: 0\n  scarcity_cost: 0\n  shelf_life_bonus: 0\n"
"""The small numbers of the objective that the judge does not know are left out of these worlds."""
CENTS = Decimal("0.03")
"""What rounding factor by factor may do to the value of a unit."""


@dataclass
class Week:
    """What came of it: the program's report, the judge's numbers, what people did, and everything that is wrong."""

    report: Any
    wanted: Expected
    deeds: tuple[Deed, ...]
    cases: int
    faults: list[str] = field(default_factory=list)


@dataclass
class _Planned:
    """A plan of one morning and the facts it was made on. A SKU belongs to the first plan of the morning about it."""

    case: str
    run: str
    skus: tuple[str, ...]
    moves: tuple[Move, ...]
    then: Facts


def policy_text(level: str = "observe") -> str:
    """The shipped policy at another level of autonomy, with the judge's objective."""
    text = resources.files("guardrails.policy").joinpath("default.yaml").read_text(encoding="utf-8")
    text = text.replace("  default: act\n", f"  default: {level}\n", 1)
    return text.replace("  break_cost: 0.02\n", f"  break_cost: 0.02\n{FREE}", 1)


def watch(
    facts: Facts,
    events: Sequence[Event],
    seed: int,
    home: Path,
    manner: Manner | None = None,
    days: int = DAYS,
    sweeps: bool = True,
) -> Week:
    """A recorded week on a world. `manner`: how people treat every planned move; None throws seeded dice. Without
    `sweeps` only what the events tell is planned for."""
    home.mkdir(exist_ok=True)
    policy = home / "policy.yaml"
    policy.write_text(policy_text(), encoding="utf-8")
    load_world(home, facts)
    connector = embedded(home)
    clock = FixedClock(facts.taken_at)
    app = open_application(Settings(home=home, policy=policy), clock=clock, connector=connector)
    try:
        for event in events:
            connector.happen(event)  # type: ignore[attr-defined]  # the outside world moves; not part of the port
        wanted = Expected()
        deeds: list[Deed] = []
        known: set[str] = set()
        before: list[_Planned] = []
        for day in range(days + 1):
            now = snapshot.take(connector.reads, clock.now())
            wanted = _tally(wanted, before, now)
            if day == days:
                app.pilot.look()  # the last morning is only looked back from: what it planned nobody would act on
                break
            if day == 0:
                for event in events:
                    app.take_event(event)
            if sweeps:
                app.triage_once()
            app.pilot.look()
            before = _planned(app, known)
            name = f"{seed}:{day}"
            people = People(connector.writes(clock.now), Dice(seed, f"people {day}"), name, manner)
            for plan in before:
                deeds += people.act(plan.moves, plan.then)
            if manner is None:
                _upset(connector, before, seed, day, clock)
            clock.advance(timedelta(hours=25))
        report = app.pilot.report()
        week = Week(report, wanted, tuple(deeds), len(app.cases()))
        week.faults += _faults(week, app)
        return week
    finally:
        app.close()


def _planned(app: Application, known: set[str]) -> list[_Planned]:
    cases = {case.id: case for case in app.cases()}
    found: list[_Planned] = []
    for run in app.runs():
        report = app.report(run.id)
        facts = app.facts(run.id)
        if run.id in known or report.plan is None or facts is None:
            continue
        known.add(run.id)
        taken = {sku for plan in found for sku in plan.skus}
        skus = tuple(sku for sku in cases[run.case].scope.skus if sku not in taken)
        mine = [one for one in report.moves if _skus(one.move, facts) <= set(skus)]
        if report.moves and skus:
            moves = tuple(one.move for one in mine if _held_back(one))
            found.append(_Planned(run.case, run.id, skus, moves, facts))
    return found


def _skus(move: Move, facts: Facts) -> set[str]:
    """The SKUs a move is about: those it names, and those of its lines and of its inbound supply."""
    found = {effect.sku for effect in move.effects}
    for action in move.actions:
        found |= {value for name in ("sku", "alternative") if (value := getattr(action, name, None))}
        if line := getattr(action, "line", None):
            found.add(facts.line(line).sku)
        if inbound := getattr(action, "inbound", None):
            found.add(facts.inbound_supply(inbound).sku)
    return found


def _held_back(one: Any) -> bool:
    """Whether only the level kept a move from being made."""
    denied = {reason.rule for reason in one.verdict.reasons if reason.outcome is Outcome.DENY}
    return bool(denied) and denied <= HELD_BACK


def _tally(wanted: Expected, before: Sequence[_Planned], now: Facts) -> Expected:
    rates = Rates(capacity_cost=Decimal(0), scarcity_cost=Decimal(0), shelf_life_bonus=Decimal(0))
    for plan in before:
        wanted = wanted.plus(expected(plan.moves, plan.then, now, plan.skus, rates))
    return wanted


def _upset(connector: Any, before: Sequence[_Planned], seed: int, day: int, clock: FixedClock) -> None:
    """On some days a line that a plan serves is cancelled, or its customer put on hold."""
    dice = Dice(seed, f"upset {day}")
    served = [(m, plan.then) for plan in before for m in plan.moves]
    lines = sorted(
        {(action.line, facts) for move, facts in served for action in move.actions if action.kind == "reserve"},
        key=lambda pair: pair[0],
    )
    if not lines or not dice.chance(60):
        return
    key, facts = dice.pick(lines)
    order = facts.order(facts.line(key).order)
    data: CreditHold | OrderChange = OrderChange(order=order.id, line=key, quantity=0)
    if dice.chance(50):
        data = CreditHold(customer=order.customer)
    connector.happen(Event(id=f"UP-{seed}-{day}", source="outside", at=clock.now(), data=data))


def _faults(week: Week, app: Application) -> list[str]:
    total, wanted = week.report.total, week.wanted
    pairs = [
        ("agreed units", total.agreed_units, wanted.agreed_units),
        ("units of either", total.either_units, wanted.either_units),
        ("agreed money", total.agreed_money, wanted.agreed_money.quantize(CENT)),
        ("money of either", total.either_money, wanted.either_money.quantize(CENT)),
        ("moves compared", total.moves, wanted.moves),
        ("moves done wholly", total.same, wanted.same),
        ("errors", sorted(move.move for move in week.report.wrong), sorted(wanted.wrong)),
    ]
    found = [f"{what}: the report says {said}, the judge {right}" for what, said, right in pairs if said != right]
    most = CENTS * wanted.moved_units + Decimal("0.05")
    for what, said, right in (
        ("value of the plan", total.plan_value, wanted.plan_value),
        ("value of what people did", total.people_value, wanted.people_value),
    ):
        if abs(said - right) > most:
            found.append(f"{what}: the report says {said}, the judge {right}")
    if app.report(app.runs()[0].id).moves and not wanted.moves:
        found.append("nothing was compared")
    found += [f"{saga.move} was carried out" for saga in app.sagas()]
    return found if app.verify().ok else [*found, "the ledger is not what was written"]


COLUMNS = "world | cases | moves | same | units agreed | money agreed | plan | people | errors | faults"
NOTES = (
    "Units and money agreed: share of what the plan or people changed that both changed alike; money at sales prices. "
    "plan, people: what the objective gains by what was planned, and by what people did. errors: planned moves that "
    "later facts show to be wrong. faults: numbers that the judge counts otherwise.",
)


def main(arguments: Sequence[str]) -> int:
    """`python -m evals week`: 0 when the report says what the judge counts, on the built-in world and drawn ones."""
    parser = argparse.ArgumentParser(prog="python -m evals week", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=[7, 21, 42])
    parser.add_argument("--output", "-o", choices=FORMS, default="table")
    asked = parser.parse_args(arguments)
    rows, faults = [], []
    for seed in asked.seeds:
        progress(f"A week of watching in world {seed} ...")
        made = generate(seed)
        with tempfile.TemporaryDirectory() as home:
            week = watch(made.facts, made.events, seed, Path(home))
        total = week.report.total
        rows.append((made.name, week.cases, total.moves, total.same, total.unit_agreement, total.money_agreement,
                     total.plan_value, total.people_value, total.errors, len(week.faults)))  # fmt: skip
        faults += [f"{made.name}: {fault}" for fault in week.faults]
    show(asked.output, "week", f"A week of watching: {len(faults)} faults", COLUMNS, rows, (*NOTES, *faults))
    return 1 if faults else 0
