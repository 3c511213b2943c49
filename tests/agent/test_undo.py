"""The undo of an executed move: a new move that is judged, approved and carried out like any other, and only once."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agent.runtime.application import Application
from domain.actions import Action
from domain.errors import BadInput, Conflict, NotAllowed
from domain.facts import Facts
from evals.accounting import audit_undo
from evals.auditor import audit_ledger
from evals.harness.story import demo_house
from evals.worlds.generate import generate
from evals.worlds.world import Dice
from guardrails.policy import default_text
from storage.records import MoveState
from tests.agent.house import another_delay, approve_fully, opened, states
from tests.agent.partial import begin, in_world

Entries = list[dict[str, Any]]
FRESH = random.SystemRandom().sample(range(10**6), 12)


def _executed(application: Application, run: str, kind: str) -> str:
    """An executed move of a kind, the first in the plan."""
    found = [item for item in application.report(run).moves if item.move.kind == kind]
    move = next((item.move.id for item in found if item.state is MoveState.EXECUTED), None)
    if move is None:
        move = next(item.move.id for item in found if item.state is MoveState.WAITING)
        approve_fully(application, move)
    assert states(application, run)[move] is MoveState.EXECUTED
    return move


def _actions(application: Application, run: str, move: str) -> Sequence[Action]:
    return next(item.move.actions for item in application.report(run).moves if item.move.id == move)


def _attempt(application: Application, move: str, who: str) -> object:
    try:
        return application.overrides.undo(move, who, "mistake", settle=False)
    except Conflict as refused:
        return refused


def _holdings(facts: Facts) -> dict[tuple[str, str, str, str], int]:
    """Units per (line, SKU, site, inbound supply), the line being "" for what is earmarked."""
    held: Counter[tuple[str, str, str, str]] = Counter()
    for r in facts.reservations:
        held[r.line or "", r.sku, r.site, r.inbound or ""] += r.quantity
    return {key: units for key, units in held.items() if units}


def _audited(application: Application, case: str, move: str) -> None:
    """The auditor, who has only the export, finds nothing in it, and finds what is planted in a copy of it."""
    lines = list(application.export("arthur"))
    assert audit_ledger(lines, demo_house()) == ()
    for plant in (_by_an_auditor, _of_more_units, _of_what_never_was, _a_second_time):
        entries = [json.loads(line) for line in lines]
        plant(entries, case, move)
        found = audit_ledger(map(json.dumps, entries), demo_house())
        assert "undo" in {finding.law for finding in found}, plant.__name__


def _opening(entries: Entries, case: str) -> dict[str, Any]:
    return next(one for one in entries if (one["entry"]["kind"], one["entry"]["case"]) == ("case", case))


def _by_an_auditor(entries: Entries, case: str, _: str) -> None:
    _opening(entries, case)["entry"]["actor"] = "arthur"


def _of_more_units(entries: Entries, case: str, _: str) -> None:
    mine = [one for one in entries if (one["entry"]["kind"], one["entry"]["case"]) == ("intent", case)]
    next(one for one in mine if "quantity" in one["content"]["body"])["content"]["body"]["quantity"] += 1


def _of_what_never_was(entries: Entries, case: str, _: str) -> None:
    _opening(entries, case)["content"]["events"] = ["undo:M-999"]


def _a_second_time(entries: Entries, case: str, _: str) -> None:
    ended = [one for one in entries if one["entry"]["kind"] == "outcome" and one["content"].get("ended") == "executed"]
    last = next(one for one in ended if one["entry"]["case"] == case)
    entries.append(copy.deepcopy(last))


def test_an_undone_reallocation_gives_the_loser_its_units_again_and_only_once(delayed: Path):
    with opened(delayed) as application:
        undo = application.overrides.undo
        waiting = [m.move for m in application.report("R-1").moves if m.state is MoveState.WAITING]
        move = next(m for m in waiting if m.kind == "reallocate")
        with pytest.raises(Conflict, match="waiting, not executed"):
            undo(move.id, "lena", "mistake")
        start = application.facts_now()
        approve_fully(application, move.id)
        middle = application.facts_now()
        for user, code, error, says in (
            ("arthur", "mistake", NotAllowed, "no role"),
            ("nobody", "mistake", NotAllowed, "no user"),
            ("lena", "", BadInput, "no reason code"),
            ("lena", "because", BadInput, "'because'"),
        ):
            with pytest.raises(error, match=says):
                undo(move.id, user, code)
        undone = undo(move.id, "lena", "mistake", "the wrong customer")
        assert undone.move is not None and undone.decision == "waiting" and undone.waits_for, undone
        with pytest.raises(Conflict, match=f"being undone in case {undone.case}"):
            undo(move.id, "lena", "mistake")
        approve_fully(application, undone.move)
        assert states(application, undone.run)[undone.move] is MoveState.EXECUTED, application.report(undone.run)
        with pytest.raises(Conflict, match=f"was undone by {undone.move}"):
            undo(move.id, "lena", "mistake")
        back = _actions(application, undone.run, undone.move)
        assert audit_undo(start, middle, application.facts_now(), move.actions, back, alone=True) == ()
        assert application.verify().ok
        assert application.replay(undone.run).same
        _audited(application, undone.case, move.id)
        again = application.policies.dry_run(default_text(), application.now.replace(year=2000))
        assert again.unclear == () and {one.change for one in again.moves} == {"same"}
        override = application.overrides.cost(undone.move)
        assert override is not None
        assert "undo" in override.kinds and override.reason_code == "mistake" and override.by == "lena"
        assert override.optimum is not None and override.chosen is not None
        assert override.cost == max(0, override.optimum - override.chosen)
        for key in ("override_cost", "override_cost_by_person", "override_cost_by_kind"):
            number = application.metrics().number(key)
            assert (number.value, number.unit, number.count) == (override.cost, "USD", 1)


@pytest.mark.nightly
def test_units_drawn_from_free_supply_go_back_there(delayed: Path):
    with opened(delayed) as application:
        move = _executed(application, "R-1", "reserve")
        middle = application.facts_now()
        undone = application.overrides.undo(move, "lena", "mistake")
        assert undone.move is not None
        approve_fully(application, undone.move)
        assert states(application, undone.run)[undone.move] is MoveState.EXECUTED, application.report(undone.run)
        done, back = _actions(application, "R-1", move), _actions(application, undone.run, undone.move)
        end = application.facts_now()
        assert audit_undo(middle, middle, end, done, back, alone=False) == ()
        assert not [held for held in end.reservations if held.line is None]


@pytest.mark.nightly
def test_what_was_taken_back_is_not_planned_anew_unasked_and_two_who_undo_at_once_undo_once(delayed: Path):
    with opened(delayed) as application:
        move = _executed(application, "R-1", "reallocate")
        substance = next(m.move.substance for m in application.report("R-1").moves if m.move.id == move)
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda who: _attempt(application, move, who), ("lena", "omar")))
        refused = [answer for answer in answers if isinstance(answer, Conflict)]
        assert len(refused) == 1 and len([case for case in application.cases() if case.kind == "undo"]) == 1
        application.settle()
        undone = next(run for run in application.runs() if run.request.undo is not None)
        approve_fully(application, application.report(undone.id).moves[0].move.id)
        taken = application.take_event(another_delay())
        assert taken.run is not None
        report = application.report(taken.run)
        assert move in {item.move for item in report.run.request.rejected}
        assert substance not in {item.move.substance for item in report.moves}


@pytest.mark.nightly
def test_an_undo_can_be_undone(delayed: Path):
    with opened(delayed) as application:
        move = _executed(application, "R-1", "reallocate")
        before = application.facts_now()
        first = application.overrides.undo(move, "lena", "mistake")
        assert first.move is not None
        approve_fully(application, first.move)
        again = application.overrides.undo(first.move, "lena", "better-plan")
        assert again.move is not None
        approve_fully(application, again.move)
        assert states(application, again.run)[again.move] is MoveState.EXECUTED
        assert _holdings(before) == _holdings(application.facts_now())


@pytest.mark.real
def test_an_undo_on_worlds_drawn_now_restores_exactly_what_both_sides_held(tmp_path: Path):
    """Worlds are drawn until two reallocations were carried out and taken back whose losers no hold keeps from their
    units and whose undo policy does not deny; about every second world has one."""
    restored = 0
    for number in range(24):
        seed = random.SystemRandom().randrange(10**6)
        world, home = generate(seed), tmp_path / str(number)
        home.mkdir()
        begin(home, world)
        with in_world(home, world) as application:
            restored += _restores(application, seed)
        print(f"world {seed}: {restored} restored so far")
        if restored >= 2:
            return
    pytest.fail("no two reallocations could be taken back in 24 worlds")


def _restores(application: Application, seed: int) -> bool:
    """Whether a reallocation was carried out and taken back; then everybody, touched or not, holds what they held."""
    start = application.facts_now()
    moves = [m.move for m in application.report("R-1").moves if m.move.kind == "reallocate" and not m.move.needs]
    move = next((move for move in moves if not _on_hold(move.actions, start)), None)
    if move is None:
        return False
    approve_fully(application, move.id)
    if states(application, "R-1").get(move.id) is not MoveState.EXECUTED:
        return False
    taken = application.facts_now()
    assert _holdings(start) != _holdings(taken), (seed, move.id)
    undone = application.overrides.undo(move.id, "lena", "mistake")
    assert undone.move is not None, (seed, undone)
    if undone.decision == "denied":
        return False
    approve_fully(application, undone.move)
    assert states(application, undone.run)[undone.move] is MoveState.EXECUTED, (seed, undone)
    assert _holdings(start) == _holdings(application.facts_now()), (seed, undone)
    assert audit_ledger(application.export("arthur"), demo_house()) == (), seed
    assert application.replay(undone.run).same, seed
    return True


def _on_hold(actions: Sequence[Action], facts: Facts) -> bool:
    lines = {action.line for action in actions if action.kind in ("reserve", "release_reservation")}
    orders = [facts.order(facts.line(line).order) for line in sorted(lines) if facts.has("line", line)]
    return any(order.holds or facts.customer(order.customer).on_credit_hold for order in orders)


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(12))
def test_on_drawn_worlds_any_executed_move_can_be_taken_back(number: int, tmp_path: Path):
    seed = FRESH[number]
    world, dice = generate(seed), Dice(seed, "undo")
    begin(tmp_path, world)
    with in_world(tmp_path, world) as application:
        kinds = ("reallocate", "reserve", "wave")
        moves = [m.move for m in application.report("R-1").moves if m.move.kind in kinds and not m.move.needs]
        tried = 0
        for move in dice.some(moves, 4):
            start = application.facts_now()
            approve_fully(application, move.id)
            if states(application, "R-1").get(move.id) is not MoveState.EXECUTED:
                continue
            middle = application.facts_now()
            undone = application.overrides.undo(move.id, "lena", "mistake")
            if undone.move is None or undone.decision == "denied":
                continue
            approve_fully(application, undone.move)
            report = next(m for m in application.report(undone.run).moves if m.move.id == undone.move)
            assert report.state is MoveState.EXECUTED, (seed, report)
            end = application.facts_now()
            assert audit_undo(start, middle, end, move.actions, report.move.actions, alone=True) == (), (seed, move.id)
            tried += 1
        print(f"world {seed}: {tried} moves taken back")
