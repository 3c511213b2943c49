"""`demo`: one supplier delay from event to executed and audited decision, told screen by screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli import exits, screens
from api.cli.commands.approvals import card_views, cards_view, decision_view
from api.cli.session import Session
from api.cli.view import View, view
from domain.errors import NotAllowed
from domain.plans import Move
from guardrails.heads import read_heads

if TYPE_CHECKING:
    from agent.casework.outcome import MoveReport, Report
    from agent.runtime.application import Application
    from agent.runtime.clock import FixedClock
    from guardrails.cards import Card
    from guardrails.people import People, User

MINUTES_TO_DECIDE = 7
"""How long a demo persona takes for a card."""
MOST_DECISIONS = 200


def demo(session: Session, *, seed: int | None, world: Path | None) -> int:
    """Make the data folder anew, let the event happen, let personas decide, show what came of it and prove it."""
    from agent.runtime.bring import built_in_world, fresh_demo, remember_time, world_file
    from agent.runtime.clock import FixedClock
    from agent.runtime.compose import open_application

    settings = session.settings()
    told = world_file(world) if world is not None else built_in_world(seed)
    session.output.progress(f"Making {told.name} in {settings.home} ...")
    fresh_demo(settings.home, told)
    clock = FixedClock(told.facts.taken_at)
    application = open_application(settings, clock=clock)
    try:
        session.output.progress("The event happens; the copilot plans ...")
        runs = [run for event in told.events if (run := application.take_event(event).run) is not None]
        views = _planned(application, runs)
        session.output.progress("Demo personas decide ...")
        views += _decided(application, clock, application.people)
        clock.advance(timedelta(minutes=MINUTES_TO_DECIDE))
        cases = {application.report(run).run.case for run in runs}
        views += _came_of_it(application, sorted(cases))
    finally:
        application.close()
    remember_time(settings.home, told.name, clock.now())
    session.output.show("demo", views)
    return exits.OK


def _planned(application: Application, runs: Iterable[str]) -> list[View]:
    views: list[View] = []
    for run in runs:
        report = application.report(run)
        facts = application.facts(run)
        if report.plan is None or facts is None:
            views.append(view("report", f"Run {run}", notes=[report.text]))
            continue
        skus = [sku for allocation in report.plan.allocations for sku in allocation.skus]
        views.append(screens.facts_screen(facts, report.run.request.events, skus))
        views += screens.plan_screens(report.plan, facts)
        moves = [(item.move, item.verdict, item.state.value) for item in report.moves]
        views.append(screens.moves_screen("The verdict of policy on each move", moves, facts.base_currency))
        views.append(_unattended(report))
    waiting = application.approvals()
    views.append(cards_view(waiting, f"What waits for whom: {len(waiting)} questions"))
    if waiting:
        views += card_views(waiting[0])
    return views


def _unattended(report: Report) -> View:
    done = [item for item in report.moves if item.state.value == "executed"]
    rows = [(item.move.id, item.move.title, _effects(item)) for item in done]
    return view("unattended", f"Done unattended: {len(done)} moves", "move | what | effects in other systems", rows)


def _effects(item: MoveReport) -> str:
    return ", ".join(f"{effect.operation} {effect.receipt or effect.state.value}" for effect in item.effects)


def _decided(application: Application, clock: FixedClock, people: People) -> list[View]:
    """Personas answer every question: the move with the least at stake is rejected, everything else approved."""
    views: list[View] = []
    refused = _least(application.approvals())
    for _ in range(MOST_DECISIONS):
        turn = [card for card in application.approvals() if not card.before]
        if not turn:
            break
        clock.advance(timedelta(minutes=MINUTES_TO_DECIDE))
        views.append(_answer(application, people, turn[0], reject=turn[0].move == refused))
    rows = [row for one in views for row in one.rows]
    notes = [note for one in views for note in one.notes]
    return [
        view("decisions", f"Demo personas decided {len(rows)} questions", "approval | move | state | by", rows, notes)
    ]


def _least(cards: Sequence[Card]) -> str | None:
    """The waiting move with the least at stake; None when fewer than two wait, so that something is always approved."""
    if len({card.move for card in cards}) < 2:
        return None
    return min(cards, key=lambda card: (card.value_at_stake, card.approval)).move


def _entitled(people: People, role: str) -> list[User]:
    """Personas of a role (`a/b`: either), in the order of the people file."""
    return [person for name in role.split("/") for person in people.holding(name)]


def _answer(application: Application, people: People, card: Card, *, reject: bool) -> View:
    """The first persona who is entitled answers; who is not is refused by the program, and the next one tries."""
    refusals = []
    for person in _entitled(people, card.role):
        try:
            if reject:
                made = application.reject(card.approval, person.id, "these customers were promised first", card.digest)
            else:
                made = application.approve(card.approval, person.id, card.digest, "as proposed")
        except NotAllowed as refused:
            refusals.append(f"{card.approval}: {person.id} may not: {refused.message}")
            continue
        shown = decision_view(made)
        row = (made.approval, made.move, f"{made.did}, move {made.state.value}", person.id)
        notes = [f"{made.move}: {note}" for note in shown.notes if not note.startswith("Still")]
        return view("decision", shown.title, "approval | move | state | by", [row], [*refusals, *notes])
    return view("decision", f"Nobody could decide {card.approval}", notes=refusals)


def _came_of_it(application: Application, cases: list[str]) -> list[View]:
    reports = [application.report(run.id) for case in cases for run in application.runs(case)]
    rows = [
        (item.move.id, item.move.title, item.state.value, item.move.value, item.reason)
        for report in reports
        for item in report.moves
    ]
    executed = [item for report in reports for item in report.moves if item.state.value == "executed"]
    worth = sum((item.move.value for item in executed), Decimal("0.00"))
    outcome = view(
        "outcome",
        "What came of it",
        "move | what | state | value | why",
        rows,
        [f"{len(executed)} moves were carried out in the ERP and the WMS, worth {worth}."],
    )
    return [outcome, *_proof(application, reports), _ask_next(reports)]


def _proof(application: Application, reports: list[Report]) -> list[View]:
    found = application.verify(read_heads(application.heads_file))
    head = application.head()
    replays = [application.replay(report.run.id) for report in reports if report.plan is not None]
    notes = [
        f"{found.count} entries, {'whole' if found.ok else f'BROKEN: {found.breach}'}; head {head.hash}",
        *(f"replay of {one.run}: {'the same plan, byte for byte' if one.same else 'ANOTHER PLAN'}" for one in replays),
    ]
    return [view("ledger", "The ledger, verified", notes=notes, data={"head": head, "ok": found.ok, "notes": notes})]


def _ask_next(reports: list[Report]) -> View:
    first = next(report for report in reports if report.plan is not None)
    assert first.plan is not None
    moves: list[Move] = list(first.plan.moves)
    effects = [effect for move in moves for effect in move.effects]
    loser = next((e for e in effects if e.units < 0 or e.sooner < 0), effects[0] if effects else None)
    notes = ["quartermaster runs", f"quartermaster runs {first.run.id} --events", "quartermaster ledger verify"]
    if loser is not None:
        after = loser.promise_before or first.run.created_at.date()
        notes = [
            f'quartermaster ask "who holds {loser.sku}?"',
            f'quartermaster ask "why did {loser.order} get nothing?"',
            f'quartermaster ask "what would it take to ship {loser.order} by {after}?"',
            f'quartermaster ask "who should get the last 120 of {loser.sku}?"',
            *notes,
        ]
    return view("next", "Ask about it (in the folder shown above)", notes=notes)
