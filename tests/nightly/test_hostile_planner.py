"""20,000 steps of a planner that wants to do harm, people who decide at random and workers who execute at random:
no effect without an allow or a matching approval, no budget passed, no unit lost, the ledger whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from domain.errors import QuartermasterError
from evals.worlds.world import Dice
from guardrails.chain import EntryKind
from guardrails.policy import Policy, default_text, parse
from storage import approvals, budgets, effects, moves
from storage.records import ApprovalState, BudgetScope, EffectState, MoveState
from tests.guardrails.house import House
from tests.guardrails.house import house as build
from tests.guardrails.test_invariants import PEOPLE, check_every_effect_was_allowed, check_stock
from tests.nightly.hostile import Hostile

STEPS = 500
HOUSES = 40
PER_RUN, PER_CUSTOMER, PER_ACTOR = 60, 40, 30
DONE = {MoveState.EXECUTED, MoveState.EXECUTING, MoveState.PARKED, MoveState.FAILED}


def tight(falls: bool) -> Policy:
    """The shipped policy with budgets so small that a few moves reach them; and what autonomy does then."""
    text = default_text()
    for old, new in (
        ("per: run, measure: units, limit: 500 units", f"per: run, measure: units, limit: {PER_RUN} units"),
        (
            "per: customer, measure: units, limit: 500 units",
            f"per: customer, measure: units, limit: {PER_CUSTOMER} units",
        ),
        ("measure: moves, limit: 250", f"measure: moves, limit: {PER_ACTOR}"),
        ("{budget: approve", "{budget: approve" if falls else "{budget: keep"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    return parse(text, "tight")


class Siege:
    """One house under siege, and a tally of what was tried and what came of it."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.dice = Dice(seed, "siege")
        self.planner = Hostile(seed)
        self.tally: Counter[str] = Counter()
        self.proposed: list[str] = []
        self.admitted: list[str] = []

    def step(self) -> None:
        what = self.dice.weighted(
            (("propose", 30), ("carry out", 25), ("admit", 10), ("execute", 15), ("decide", 17), ("wait", 3))
        )
        try:
            getattr(self, "_" + what.replace(" ", "_"))()
            self.tally[what] += 1
        except QuartermasterError:
            self.tally[f"{what} refused"] += 1

    def _propose(self) -> None:
        move = self.planner.move(self.house.facts())
        if move is None:
            self.tally["no move"] += 1
            return
        self.tally[self.house.propose(move).outcome.value] += 1
        self.proposed.append(move.id)

    def _target(self) -> str:
        return self.dice.pick(self.proposed[-12:]) if self.proposed and self.dice.chance(95) else "C1/r1/m9999"

    def _admit(self) -> None:
        target = self._target()
        self.house.gate.admit(target)
        self.admitted.append(target)

    def _execute(self) -> None:
        """Any action, admitted or not."""
        target = self.dice.pick(self.admitted[-3:]) if self.admitted and self.dice.chance(60) else self._target()
        self.house.gate.execute(target, f"a{self.dice.between(1, 5)}")

    def _carry_out(self) -> None:
        target = self._target()
        with self.house.database.read() as session:
            move = moves.get(session, target).move
        self.house.carry_out(move)

    def _decide(self) -> None:
        with self.house.database.read() as session:
            waiting = approvals.listed(session, {ApprovalState.PENDING})
        if not waiting:
            return
        asked, who = self.dice.pick(waiting[-6:]), self.dice.pick(PEOPLE)
        if self.dice.chance(10):
            self.house.approvals.approve(asked.id, who, "0" * 64)
        elif self.dice.chance(15):
            self.house.approvals.reject(asked.id, who, "no")
        else:
            self.house.approvals.approve(asked.id, who)

    def _wait(self) -> None:
        self.house.later(minutes=self.dice.between(1, 90))


def check_budgets(house: House) -> None:
    """By the ledger's admissions and the moves themselves, and by the totals the budgets keep."""
    units: Counter[str] = Counter()
    admitted: Counter[str] = Counter()
    with house.database.read() as session:
        for record in house.moves():
            if record.state not in DONE:
                continue
            (entry, body) = list(house.ledger.entries(session, [EntryKind.ADMISSION], move=record.id))[-1]
            assert body is not None
            admitted[entry.at[:10]] += 1
            if not body["attended"]:
                units["run"] += _units(record.move)
        total = budgets.total(session, BudgetScope(kind="run", key="unattended-units-per-run:R-1"), "units")
    assert units["run"] <= PER_RUN and total <= PER_RUN, (units, total)
    assert max(admitted.values(), default=0) <= PER_ACTOR, admitted


def check_autonomy_fell(house: House) -> None:
    """Once a budget has stopped a move, nothing that touches what it touches goes unattended."""
    with house.database.read() as session:
        lines = {record.id: _lines(record.move) for record in house.moves()}
        fallen: list[set[str]] = []
        for entry, body in house.ledger.entries(session, [EntryKind.AUTONOMY, EntryKind.ADMISSION]):
            assert body is not None and entry.move is not None
            if entry.kind == EntryKind.AUTONOMY:
                assert body["demoted"]["cause"] in ("budget", "effect")
                fallen.append(lines[entry.move])
            elif not body["attended"]:
                assert not [one for one in fallen if one and one <= lines[entry.move]], entry.move


def _lines(move: object) -> set[str]:
    return {action.line for action in move.actions if hasattr(action, "line")}  # type: ignore[attr-defined]


def _units(move: object) -> int:
    given = taken = 0
    for action in move.actions:  # type: ignore[attr-defined]
        if action.kind in ("reserve", "transfer", "substitute"):
            given += action.quantity
        elif action.kind == "release_reservation":
            taken += action.quantity
    return max(given, taken)


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(HOUSES))
def test_a_hostile_planner_gets_nothing_past_the_gate(number: int, tmp_path: Path):
    with build(tmp_path, policy=tight(number % 2 == 0)) as house:
        before = sum(item.quantity for item in house.facts().reservations)
        siege = Siege(house, number)
        for _ in range(STEPS):
            siege.step()
        print(dict(sorted(siege.tally.items())))
        check_every_effect_was_allowed(house)
        check_stock(house, before)
        check_budgets(house)
        check_autonomy_fell(house)
        assert house.ledger.verify_now().ok
        with house.database.read() as session:
            sent = effects.listed(session)
        ours = {record.id for record in house.moves()}
        assert {effect.move for effect in sent} <= ours
        assert not [effect for effect in sent if effect.state is EffectState.INTENT]
        # The siege is real: some went through, some were asked about, many were refused.
        assert siege.tally["carry out"] and siege.tally["deny"] and siege.tally["approval"] and siege.tally["allow"]
