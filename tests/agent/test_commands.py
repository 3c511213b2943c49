"""What is asked to be done is offered; a yes right after it starts one governed run of its own; nothing else does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agent.casework.commission import commission
from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from domain.errors import NotAllowed
from domain.execution import WaveState
from domain.requests import Answer
from guardrails.supply import free_units
from storage import plans, runs
from storage.records import MoveState, RunState
from tests.agent.house import opened, policy_file


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Application]:
    with opened(tmp_path) as application:
        yield application


def wave(app: Application) -> str:
    return next(one.id for one in app.facts_now().waves if one.state is WaveState.RELEASED)


def told(app: Application, text: str, talk: str = "", user: str = "paula") -> tuple[Answer, str, str]:
    """The answer, its run, and the conversation."""
    said = app.say(text, user, talk)
    app.settle()
    answer = app.report(said.run).answer
    assert answer is not None
    return answer, said.run, said.conversation


def offered(app: Application, user: str = "paula") -> str:
    """A conversation in which the copilot has offered to hold a wave, and waits."""
    answer, _, talk = told(app, f"hold wave {wave(app)}", user=user)
    assert answer.offer is not None and answer.offer.tool == "hold_wave"
    return talk


def commands(app: Application) -> list[str]:
    return [run.id for run in app.runs() if run.kind == "command"]


def test_nothing_happens_before_a_yes(app: Application) -> None:
    before = app.head()
    offered(app)
    assert commands(app) == [] and app.head() == before
    assert all(case.kind == "question" for case in app.cases())


def test_a_yes_starts_one_run_in_a_case_of_its_own_raised_by_who_said_it(app: Application) -> None:
    talk = offered(app)
    answer, run, _ = told(app, "yes please", talk)
    report = app.report(run)
    assert answer.accepted is not None and commands(app) == [report.follow]
    assert report.follow is not None
    follow = app.run(report.follow)
    case = next(case for case in app.cases() if case.id == follow.case)
    assert (case.kind, case.raised_by, case.scope) == ("request", "paula", answer.accepted.scope)
    assert follow.kind == "command" and follow.planner == "rules/2"
    done = app.report(follow.id)
    assert [move.move.kind for move in done.moves] == ["wave"]
    assert follow.request.scope == answer.accepted.scope, "the scope of a command does not grow"
    entries = [json.loads(line)["entry"] for line in app.export("arthur")]
    assert next(e["actor"] for e in entries if e["kind"] == "case" and e["case"] == case.id) == "paula"


def test_questions_and_commands_replay_byte_for_byte(app: Application) -> None:
    talk = offered(app)
    for text in ("yes", "and what waits?", "why?", "gibberish of a kind"):
        told(app, text, talk)
    planned = [run.id for run in app.runs()]
    assert len(planned) == 6
    assert [run for run in planned if not app.replay(run).same] == []


def test_a_second_yes_a_late_yes_and_a_yes_after_something_else_start_nothing(app: Application) -> None:
    talk = offered(app)
    told(app, "yes", talk)
    assert len(commands(app)) == 1
    assert told(app, "yes", talk)[0].accepted is None
    told(app, f"hold wave {wave(app)}", talk)
    told(app, "what waits?", talk)
    assert told(app, "yes", talk)[0].accepted is None
    talk = offered(app)
    assert isinstance(app._parts.clock, FixedClock)
    app._parts.clock.advance(timedelta(hours=1))
    answer, run, _ = told(app, "yes", talk)
    assert answer.accepted is None and "older" in answer.text and app.report(run).follow is None
    assert len(commands(app)) == 1


def test_a_yes_that_overtakes_the_offer_starts_nothing(app: Application) -> None:
    """Both are said before the worker looks: at the time of the yes nothing was offered yet."""
    first = app.say(f"hold wave {wave(app)}", "paula")
    second = app.say("yes", "paula", first.conversation)
    app.settle()
    assert app.report(second.run).answer is not None and commands(app) == []


def test_nobody_says_yes_for_somebody_else_or_without_a_role(app: Application) -> None:
    talk = offered(app)
    with pytest.raises(NotAllowed):
        app.say("yes", "peter", talk)
    own = offered(app, "arthur")
    _, run, _ = told(app, "yes", own, "arthur")
    assert app.report(run).follow is None and commands(app) == []
    refused = [json.loads(event.body) for event in app.events(run) if event.kind == "follow"]
    assert "no role" in refused[0]["why"]


def test_a_forged_acceptance_is_refused_against_the_record(app: Application) -> None:
    """Whoever writes an answer that says 'accepted' cannot start what was not offered."""
    talk = offered(app)
    _, run, _ = told(app, "what waits?", talk)
    parts = app._parts
    with parts.database.write() as session:
        asked = runs.get(session, run)
        made = plans.of_run(session, run)[-1]
        plan = plans.load(session, made.case, made.revision)
        offer = asked.request.history[-1].offer
        assert plan.answer is not None and offer is not None
        forged = offer.model_copy(update={"arguments": '{"wave":"everything"}'})
        answer = plan.answer.model_copy(update={"accepted": forged})
        assert commission(session, parts.services, asked, plan.model_copy(update={"answer": answer})) is None
        right = plan.model_copy(update={"answer": plan.answer.model_copy(update={"accepted": offer})})
        assert commission(session, parts.services, asked, right) is not None, "what was offered it may accept"
        assert commission(session, parts.services, asked, right) is None, "and only once"


def test_whoever_asked_for_a_move_under_four_eyes_cannot_decide_it(tmp_path: Path) -> None:
    policy = policy_file(tmp_path, ("default: act", "default: approve"))
    with opened(tmp_path, policy=policy) as app:
        talk = offered(app)
        _, run, _ = told(app, "yes", talk)
        follow = app.report(run).follow
        assert follow is not None and app.run(follow).state is RunState.WAITING
        waits = [item for item in app.report(follow).moves if item.state is MoveState.WAITING]
        assert waits, "policy asks a person, as for any other move"
        cards = [card for card in app.approvals() if card.move == waits[0].move.id]
        assert cards and all(card.asked_by == "paula" for card in cards)


def test_a_command_whose_world_has_changed_proposes_nothing_and_says_so(app: Application) -> None:
    facts = app.facts_now()
    free = free_units(facts)
    (sku, here, supply), units = max(free.items(), key=lambda item: (item[0][2] is None, item[1]))
    assert supply is None and units > 4
    there = next(s.id for s in facts.sites if s.id != here)
    text = f"transfer {units} of {sku} from {here} to {there}"
    _, _, first = told(app, text)
    _, _, second = told(app, text)
    one = app.report(told(app, "yes", first)[1]).follow
    two = app.report(told(app, "yes", second)[1]).follow
    assert one is not None and two is not None
    assert len(app.report(one).moves) == 1
    assert app.report(two).moves == () and "can no longer be done" in app.report(two).text
