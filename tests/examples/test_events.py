"""Every example event is one a newcomer can take in: it becomes a case, a plan with moves, and nothing fails."""

from __future__ import annotations

import shutil
import typing
from pathlib import Path

import pytest

from agent.runtime.compose import open_application
from agent.runtime.world import world_url
from agent.settings import Settings
from connectors.embedded.connector import EmbeddedDistributor
from connectors.embedded.world import BUILT_IN_NOW, built_in_event
from domain.events import Event, EventData
from domain.verdicts import Outcome
from storage.records import MoveState, RunState

FILES = sorted((Path(__file__).parents[2] / "examples" / "events").glob("*.json"))
UNION = typing.get_args(typing.get_args(EventData)[0])
KINDS = {kind.model_fields["kind"].default for kind in UNION}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the built-in world and our tables in it, and nothing done yet."""
    home = tmp_path_factory.mktemp("prepared")
    open_application(Settings(home=home), now=BUILT_IN_NOW).close()
    return home


def test_there_is_one_example_of_every_kind_of_event_and_each_is_named_after_its_kind():
    told = [Event.model_validate_json(file.read_bytes()) for file in FILES]
    assert [event.data.kind for event in told] == [file.stem for file in FILES]
    assert {event.data.kind for event in told} == KINDS
    assert len({event.id for event in told}) == len(told)


def test_the_example_delay_is_the_one_the_demo_tells():
    delay = next(file for file in FILES if file.stem == "supplier_delay")
    assert Event.model_validate_json(delay.read_bytes()) == built_in_event()


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_an_example_event_leads_to_a_case_with_a_plan_and_no_failure(file: Path, prepared: Path, tmp_path: Path):
    home = Path(shutil.copytree(prepared, tmp_path / "home"))
    app = open_application(Settings(home=home), now=BUILT_IN_NOW)
    try:
        taken = app.take_event(Event.model_validate_json(file.read_bytes()))
        assert taken.case is not None and taken.run is not None
        assert [case.kind for case in app.cases()] == [file.stem]
        report = app.report(taken.run)
        assert report.run.state in (RunState.DONE, RunState.WAITING) and not report.run.failure
        assert report.plan is not None and report.plan.summary and report.moves
        assert {item.state for item in report.moves} <= {MoveState.EXECUTED, MoveState.WAITING}, report.text
        waiting = {item.move.id for item in report.of(MoveState.WAITING)}
        assert {card.move for card in app.approvals()} == waiting
        for item in report.moves:
            assert item.verdict is not None and item.verdict.outcome is not Outcome.DENY and item.verdict.reasons
        assert app.replay(taken.run).same and app.verify().ok
    finally:
        app.close()
    outside = EmbeddedDistributor(world_url(home))
    try:
        assert outside.audit() == []
    finally:
        outside.close()
