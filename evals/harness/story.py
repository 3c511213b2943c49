"""One story on one world: the delay happens, the program plans, personas decide, sagas run, the judge does the books.

The program is reached only through its front door (`open_application`); what it did is read back from the distributor.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from agent.runtime.application import Application
from agent.runtime.compose import open_application
from agent.runtime.world import embedded, load_world
from agent.settings import Settings
from connectors import snapshot
from domain.actions import Action
from domain.facts import Facts
from domain.requests import Rates
from evals.accounting import Finding, Statement, audit, end_state, statement
from evals.auditor import House, audit_ledger
from evals.worlds.world import Dice, World

DECIDERS = {
    "planner": ("paula", "peter"),
    "lead": ("lena",),
    "finance": ("farid", "fiona"),
    "warehouse_manager": ("wanda",),
    "commercial": ("carla",),
    "operations": ("omar", "olga"),
}
"""Which demo personas may answer for a role."""

MOST_DECISIONS = 300


@dataclass(frozen=True)
class Story:
    """What came of it. `states`: how many moves ended in which state; `executed`: actions per executed move.

    `start` is what the systems said after the event and before the program did anything; `rates` price both books.
    """

    world: str
    moves: int
    states: dict[str, int]
    executed: tuple[tuple[Action, ...], ...]
    approved: int
    rejected: int
    findings: tuple[Finding, ...]
    before: Statement
    after: Statement
    end: str
    ledger: tuple[str, ...]
    verified: bool
    replayed: bool
    start: Facts
    rates: Rates


def play(world: World, home: Path, *, reject_percent: int = 0) -> Story:
    """Play the story in an empty data folder. `reject_percent` of the questions are rejected, by seeded dice.

    Raises what the program raises; findings of the judge are in the result.
    """
    load_world(home, world.facts)
    connector = embedded(home)
    now = world.facts.taken_at
    app = open_application(Settings(home=home), now=now, connector=connector)
    try:
        for event in world.events:
            connector.happen(event)  # type: ignore[attr-defined]  # the outside world moves; not part of the port
        before = snapshot.take(connector.reads, now)
        for event in world.events:
            app.take_event(event)
        approved, rejected = _decide(app, Dice(world.seed, "decisions"), reject_percent)
        after = snapshot.take(connector.reads, now)
        return _judged(app, world, before, after, approved, rejected)
    finally:
        app.close()


def _decide(app: Application, dice: Dice, reject_percent: int) -> tuple[int, int]:
    """Personas answer every question that waits, until none does."""
    approved = rejected = 0
    while approved + rejected < MOST_DECISIONS:
        ready = [card for card in app.approvals() if not card.before]
        if not ready:
            break
        card = ready[0]
        involved = {card.asked_by, *card.edited_by} if card.four_eyes else set()
        who = next(person for person in DECIDERS[card.role] if person not in involved)
        if dice.chance(reject_percent):
            app.reject(card.approval, who, "the customer was told otherwise", card.digest)
            rejected += 1
        else:
            app.approve(card.approval, who, card.digest)
            approved += 1
    return approved, rejected


def demo_house() -> House:
    """The shipped personas and roles, as plain names."""
    shipped = resources.files("guardrails")
    people, policy = (
        shipped.joinpath(*place).read_text(encoding="utf-8") for place in (("people.yaml",), ("policy", "default.yaml"))
    )
    return House.read(people, policy)


def _judged(app: Application, world: World, before: Facts, after: Facts, approved: int, rejected: int) -> Story:
    reports = [app.report(run.id) for run in app.runs()]
    moves = {item.move.id: item for report in reports for item in report.moves}
    executed = tuple(tuple(item.move.actions) for _, item in sorted(moves.items()) if item.state.value == "executed")
    states: dict[str, int] = {}
    for item in moves.values():
        states[item.state.value] = states.get(item.state.value, 0) + 1
    rates = Rates()
    ledger = tuple(app.export("arthur"))
    return Story(
        world=world.name,
        moves=len(moves),
        states=states,
        executed=executed,
        approved=approved,
        rejected=rejected,
        findings=(*audit(before, after, executed), *audit_ledger(ledger, demo_house())),
        before=statement(before, rates),
        after=statement(after, rates, before=before),
        end=end_state(after),
        ledger=ledger,
        verified=app.verify().ok,
        replayed=all(app.replay(report.run.id).same for report in reports if report.plan is not None),
        start=before,
        rates=rates,
    )
