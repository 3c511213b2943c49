"""One Slack workspace for two entities: a channel says which is spoken to; strangers to it are told privately."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.entities import entities
from agent.runtime.clock import FixedClock
from agent.runtime.compose import open_application
from agent.runtime.installation import Installation
from agent.settings import Settings
from api.slack.entities import ELSEWHERE, place_of, sender_of, team_of
from api.slack.modals import entity_of
from tests.agent.house import CAREFUL, NOW, delay, policy_file, turn, waiting_moves
from tests.http.house import Served, served
from tests.slack.house import payload
from tests.slack.local_slack import TOKEN, LocalSlack
from tests.slack.sender import SECRET, Sender
from tests.slack.workspace import Message

House = tuple[Installation, Served, list[str]]
"""Both entities, their web door, and a channel for each and for none."""
ROLES = "planner lead finance warehouse_manager commercial operations".split()


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    with LocalSlack() as local:
        yield local


@pytest.fixture(scope="module")
def house(slack: LocalSlack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("slack")
    channels = [slack.workspace.channel() for _ in range(3)]
    rows = [
        f"  - {{id: {user}, name: {user}, email: {user}@example.com, grants: ["
        + ", ".join(f"{{role: {role}, entities: [{where}]}}" for role in ROLES)
        + "]}"
        for user, where in (("anna", "north"), ("otto", "north"), ("bert", "south"))
    ]
    (folder / "people.yaml").write_text("\n".join(["people:", *rows, ""]))
    policy_file(folder, CAREFUL)
    (folder / "entities.yaml").write_text(
        "entities:\n"
        f"  - {{id: north, name: Norden, policy: policy.yaml, slack_channel: {channels[0]}}}\n"
        f"  - {{id: south, name: Sur, policy: policy.yaml, slack_channels: [{channels[1]}]}}\n"
    )
    settings = Settings.model_validate(
        {
            "home": folder / "home",
            "entities": folder / "entities.yaml",
            "people": folder / "people.yaml",
            "slack_signing_secret": SECRET,
            "slack_bot_token": TOKEN,
            "slack_api_url": slack.url,
        }
    )
    for one in entities(settings):
        begun = open_application(one.settings, clock=FixedClock(NOW))
        delay(begun)
        begun.close()

    def opening(entity: Any) -> Any:
        application = open_application(entity.settings, clock=FixedClock(NOW), works=False)
        return application, application.close

    held = Installation(entities(settings), opening)
    with served(held, work=False) as web:
        yield held, web, channels
    held.close()


def asked_by(held: Installation, entity: str) -> list[str]:
    return [run.actor for run in held.application(entity).runs() if run.kind == "question"]


@pytest.mark.nightly
def test_a_channel_belongs_to_its_entity_and_a_stranger_to_it_is_told_privately(house: House, slack: LocalSlack):
    held, web, (north, south, nobodys) = house
    sender = Sender(f"{web.url}/slack/events", slack.workspace)
    anna, bert = (slack.workspace.person(name, f"{name}@example.com").id for name in ("anna", "bert"))
    sender.mention(anna, north, "what waits?")
    slack.wait_for(lambda: asked_by(held, "north") == ["anna"])
    sender.mention(bert, south, "what waits?")
    slack.wait_for(lambda: asked_by(held, "south") == ["bert"])
    sender.mention(bert, north, "what waits?")
    sender.mention(anna, nobodys, "what waits?")
    slack.wait_for(lambda: ELSEWHERE[:40] in str(vars(slack.workspace)))
    sender.direct(anna, slack.workspace.channel("D"), "what waits?")
    slack.wait_for(lambda: asked_by(held, "north") == ["anna", "anna"])
    assert asked_by(held, "south") == ["bert"]


@pytest.mark.nightly
def test_a_card_is_decided_at_its_entity_and_not_the_card_of_the_same_number_elsewhere(house: House, slack: LocalSlack):
    held, web, (north, _, _) = house
    sender = Sender(f"{web.url}/slack/events", slack.workspace)
    application, other = held.application("north"), held.application("south")
    card = turn(application, waiting_moves(application)[0])
    before = {one.approval: one.state for one in other.approvals(everything=True)}
    assert card.approval in before, "both count their questions from one"

    def posted() -> Message | None:
        return next((m for m in slack.workspace.messages if payload(m, "quartermaster_card") == card.approval), None)

    message: Message = slack.wait_for(posted)
    assert message.channel == north
    otto = slack.workspace.person("otto", "otto@example.com").id
    bert = slack.workspace.person("bert", "bert@example.com").id
    assert sender.click(bert, message, "qm_approve").status_code == 200
    assert application.show(card.approval).decided_by is None, "a stranger to the entity decides nothing"
    assert sender.click(otto, message, "qm_approve").status_code == 200
    slack.wait_for(lambda: application.show(card.approval).decided_by == "otto")
    assert {one.approval: one.state for one in other.approvals(everything=True)} == before
    held.application("north").staff.deactivate("otto", "anna", "left")
    later = turn(application, waiting_moves(application)[-1])
    shown: Message = slack.wait_for(
        lambda: next((m for m in slack.workspace.messages if payload(m, "quartermaster_card") == later.approval), None)
    )
    assert sender.click(otto, shown, "qm_approve").status_code == 200
    assert application.show(later.approval).decided_by is None, "the card refuses whose powers were ended"


def test_where_a_request_comes_from_is_read_from_every_shape_slack_sends():
    event = {"type": "event_callback", "team_id": "T1", "event": {"channel": "C1", "user": "U1"}}
    click = {"team": {"id": "T2"}, "channel": {"id": "C2"}, "user": {"id": "U2"}}
    modal = {"team": {"id": "T3"}, "user": {"id": "U3"}, "view": {"external_id": "north.123.456"}}
    assert [(team_of(one), place_of(one), sender_of(one)) for one in (event, click, modal)] == [
        ("T1", "C1", "U1"),
        ("T2", "C2", "U2"),
        ("T3", "", "U3"),
    ]
    assert [entity_of(one) for one in (event, click, modal)] == ["", "", "north"]


def test_a_file_of_one_entity_is_that_entity_alone(tmp_path: Path):
    (tmp_path / "entities.yaml").write_text("entities:\n  - {id: north, name: Norden}\n")
    settings = Settings.model_validate({"home": tmp_path, "entities": tmp_path / "entities.yaml"})
    held = Installation(entities(settings), lambda one: (open_application(one.settings), lambda: None))
    assert not held.several and held.only.id == "north"
    held.application("north").close()
