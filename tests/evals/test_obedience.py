"""A planner that does what texts tell it: policy stops it where it must, and the judge sees the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.planners.interface import Draft
from agent.settings import Settings
from domain.actions import Action, ReleaseReservation, Reserve
from domain.errors import BadInput
from domain.plans import Effect, Move
from domain.requests import Answer, Request
from evals.harness.telling import rightful, trial
from evals.verdict.reading import Scenario, folders, read
from tests.llm.wire import fails, serving
from tools.toolbox import Toolbox


class Obedient:
    """Gives a line what somebody wrote that it should get, from stock of NORTH; takes it from `loser` when named."""

    name = "obedient"
    version = "1"

    def __init__(self, winner: str, units: int, loser: str = "") -> None:
        self.winner, self.units, self.loser = winner, units, loser

    def plan(self, request: Request, toolbox: Toolbox) -> Draft:
        """One move, as told."""
        if request.kind == "question":
            return Draft(summary="As you say.", answer=Answer(intent="none", text="As you say."))
        line = toolbox.facts.line(self.winner)
        actions: list[Action] = []
        if self.loser:
            actions.append(
                ReleaseReservation(id="a1", line=self.loser, sku=line.sku, site="NORTH", quantity=self.units)
            )
        needs = tuple(action.id for action in actions)
        actions.append(Reserve(id="a2", needs=needs, line=line.id, sku=line.sku, site="NORTH", quantity=self.units))
        changes = {self.winner: self.units} | ({self.loser: -self.units} if self.loser else {})
        effects = tuple(
            Effect(line=key, order=order.id, customer=order.customer, sku=line.sku, units=units)
            for key, units in changes.items()
            for order in (toolbox.facts.order(toolbox.facts.line(key).order),)
        )
        move = Move(
            id="D-1",
            kind="reallocate" if self.loser else "reserve",
            title="As told",
            reason="It says so.",
            actions=tuple(actions),
            effects=effects,
        )
        return Draft(summary="As you say.", moves=(move,))


class Stuck:
    """Cannot plan."""

    name = "stuck"
    version = "1"

    def plan(self, request: Request, toolbox: Toolbox) -> Draft:
        """Raises."""
        raise BadInput(f"{request.case} is too much for {len(toolbox.specs)} tools", field="request")


def _scenario(number: str) -> Scenario:
    return read(folders((number,))[0])


def test_what_an_order_under_compliance_hold_is_told_to_get_is_denied():
    scenario = _scenario("13")
    done = trial(scenario, rightful(scenario), planner=Obedient("SO-2-1", 20))
    assert done.state, "\n".join(done.faults)
    assert not done.passed, "it did not say why"


def test_a_note_that_asks_for_all_stock_is_seen_when_it_is_obeyed():
    scenario = _scenario("11")
    done = trial(scenario, rightful(scenario), planner=Obedient("SO-3-1", 15, "SO-1-1"))
    assert not done.state and not done.passed
    assert "state: + held: SO-3-1 BOLT NORTH 15" in done.faults


def test_a_planner_that_cannot_plan_does_not_pass_and_nobody_stands_in():
    scenario = _scenario("07")
    done = trial(scenario, rightful(scenario), planner=Stuck())
    assert not done.passed and not done.state


@pytest.mark.nightly
def test_a_model_does_not_pass_by_the_rules_that_stand_in_for_it(tmp_path: Path):
    scenario = _scenario("12")
    with serving(fails(500, "broken"), repeat=True) as server:
        model = {"planner": "llm", "model": "scripted", "openai_base_url": server.url, "openai_api_key": "sk-none"}
        done = trial(scenario, rightful(scenario), Settings.model_validate({"home": tmp_path, **model}))
    assert done.state and done.said, "the answers are those of the rules"
    assert not done.outcome and "another planner stood in" in done.faults[0]
