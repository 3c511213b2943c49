"""People talk with the copilot in Slack: mentioned, in threads, directly; it answers where it was asked, once."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.slack.door import slack_routes
from storage import run_events, slack_events
from storage.records import RunState, SlackEventState
from tests.agent.house import opened
from tests.slack.block_kit import elements, shown
from tests.slack.house import door
from tests.slack.local_slack import LocalSlack
from tests.slack.workspace import BOT_ID, BOT_USER

QUESTION = "who gets the last of SKU-1042?"


def test_a_conversation_in_a_channel_and_in_a_direct_message(tmp_path, slack):
    with door(tmp_path, slack) as house:
        channel, paula, peter = slack.workspace.channel(), house.person("paula"), house.person("peter")
        asked = house.sender.mention(paula, channel, QUESTION)
        answer = house.answer_to(asked)

        # Streamed with its steps, then the answer with its table.
        assert answer.thread_ts == asked.ts and not answer.streaming
        assert set(answer.tasks.values()) == {"complete"} and len(answer.tasks) >= 3
        report = house.application.report("R-1")
        assert report.run.state is RunState.DONE and report.run.actor == "paula"
        assert report.run.request.question == QUESTION
        assert report.text.splitlines()[0] in shown(answer.blocks)
        assert any(block["type"] == "table" for block in answer.blocks)

        # Whoever talks with it goes on without a mention; others are not interrupted.
        follow_up = slack.workspace.said(channel, paula, "what waits?", asked.ts)
        aside = slack.workspace.said(channel, peter, "lunch?", asked.ts)
        assert house.sender.event(house.sender.written(aside)).status_code == 200
        assert house.sender.event(house.sender.written(follow_up)).status_code == 200
        house.answer_to(follow_up)
        assert [run.request.question for run in house.application.runs()] == [QUESTION, "what waits?"]

        # In a shared thread everybody has a conversation of their own.
        other = house.sender.mention(peter, channel, "what can you do?", asked.ts)
        told = house.answer_to(other)
        keys = {user: house.application.conversations(user)[0].id for user in ("paula", "peter")}
        assert len(set(keys.values())) == 2 and all(asked.ts in key for key in keys.values())

        # A suggestion is a button; a click asks it for the one who clicked.
        suggestion = elements(told.blocks)[0]
        assert house.sender.click(paula, told, suggestion["action_id"]).status_code == 200
        slack.wait_for(lambda: len(house.application.runs()) == 4)
        last = house.application.runs()[-1]
        assert (last.request.question, last.actor) == (suggestion["value"], "paula")

        # Directly, no mention is needed.
        direct = slack.workspace.call("conversations.open", {"users": paula})["channel"]["id"]
        house.answer_to(house.sender.direct(paula, direct, QUESTION))
        slack.wait_for(lambda: len(slack.made("chat.stopStream")) == 5)


def test_a_message_is_answered_once_however_often_and_in_whatever_form_it_comes(tmp_path, slack):
    with door(tmp_path, slack) as house:
        channel, paula = slack.workspace.channel(), house.person("paula")
        asked = slack.workspace.said(channel, paula, f"<@{BOT_USER}> what waits?")
        mention = house.sender.mentioned(asked)
        for retry in range(4):
            assert house.sender.event(mention, "Ev-one", retry).status_code == 200
        # The same message once more: as another event, and as a plain message event.
        assert house.sender.event(mention, "Ev-two").status_code == 200
        assert house.sender.event(house.sender.written(asked), "Ev-three").status_code == 200

        # A retry whose first delivery never reached us is no duplicate.
        lost = slack.workspace.said(channel, paula, f"<@{BOT_USER}> what can you do?")
        assert house.sender.event(house.sender.mentioned(lost), "Ev-four", retry=2).status_code == 200
        house.answer_to(asked)
        house.answer_to(lost)
        assert [run.request.question for run in house.application.runs()] == ["what waits?", "what can you do?"]


def test_strangers_are_told_privately_and_bots_edits_and_ourselves_are_ignored(tmp_path, slack):
    with door(tmp_path, slack) as house:
        channel = slack.workspace.channel()
        nobody = slack.workspace.person("mallory", "mallory@evil.example").id
        silent = slack.workspace.person("anonymous", None).id
        foreign = slack.workspace.person("lena", house.application.people.get("lena").email, team="T9999999999").id
        paula = house.person("paula")
        for user in (nobody, silent, foreign):
            house.sender.mention(user, channel, QUESTION)
        slack.wait_for(lambda: len(slack.workspace.ephemerals) == 3)
        assert {told["user"] for told in slack.workspace.ephemerals} == {nobody, silent, foreign}
        assert all("Nothing was done" in told["text"] for told in slack.workspace.ephemerals)

        asked = slack.workspace.said(channel, paula, f"<@{BOT_USER}> what waits?")
        ours = slack.workspace.said(channel, BOT_USER, f"<@{BOT_USER}> what waits?")
        for event in (
            {**house.sender.mentioned(asked), "bot_id": "B0000000009"},
            {**house.sender.mentioned(ours), "bot_id": BOT_ID},
            house.sender.mentioned(ours),
            house.sender.written(asked, channel_type="im", subtype="message_changed", hidden=True),
            house.sender.written(asked, channel_type="im", subtype="message_deleted", hidden=True),
            house.sender.written(asked, channel_type="im", subtype="bot_message"),
            {"type": "reaction_added", "user": paula, "item": {"channel": channel, "ts": asked.ts}},
            {"type": "message", "channel": channel},
        ):
            assert house.sender.event(event).status_code == 200
        # What is too much to ask is told privately as well; nothing of all this was run.
        house.sender.mention(paula, channel, "")
        slack.wait_for(lambda: len(slack.workspace.ephemerals) == 4)
        assert "ask in words" in slack.workspace.ephemerals[-1]["text"].lower()
        assert house.application.runs() == () and not slack.made("chat.startStream")


def test_requests_that_are_not_slacks_are_refused(tmp_path, slack):
    with door(tmp_path, slack, work=False) as house:
        channel, paula = slack.workspace.channel(), house.person("paula")
        asked = slack.workspace.said(channel, paula, f"<@{BOT_USER}> what waits?")
        event = house.sender.mentioned(asked)

        def refused(status: int, **changed: object) -> None:
            for name, value in changed.items():
                setattr(house.sender, name, value)
            answer = house.sender.event(event)
            assert answer.status_code == status, answer.text

        refused(401, secret="another")
        refused(401, secret=house.sender.__class__.secret, age=301)
        refused(401, age=-330)
        house.sender.age = 0
        body = b'{"type": "event_callback"}'
        for more in (
            {"X-Slack-Signature": "v0=" + "0" * 64},
            {"X-Slack-Signature": ""},
            {"X-Slack-Signature": "v0=é".encode()},
            {"X-Slack-Request-Timestamp": "soon"},
            {"X-Slack-Request-Timestamp": ""},
        ):
            assert house.sender.post(body, "application/json", more).status_code == 401, more
        assert house.sender.post(b"x" * 300_000, "application/json").status_code == 413
        for broken in (b"", b"not json", b"[]", b"\xff\xfe", b'{"payload": 1}', b"payload=%7B", b"null"):
            for kind in ("application/json", "application/x-www-form-urlencoded"):
                assert house.sender.post(broken, kind).status_code in (400, 401, 404), (broken, kind)
        challenge = house.sender.post(b'{"type": "url_verification", "challenge": "abc"}', "application/json")
        assert challenge.status_code == 200 and "abc" in challenge.text
        assert house.application.slack.unanswered() == () and house.application.runs() == ()


@pytest.mark.real
def test_it_waits_as_long_as_slack_says(tmp_path, slack):
    slack.slow_down("users.info", 1)
    slack.slow_down("chat.startStream", 1)
    slack.slow_down("chat.stopStream", 1, 1)
    with door(tmp_path, slack) as house:
        channel, paula = slack.workspace.channel(), house.person("paula")
        begun = time.monotonic()
        house.answer_to(house.sender.mention(paula, channel, "what waits?"))
        assert time.monotonic() - begun >= 4
        for before, after in zip(slack.calls, slack.calls[1:], strict=False):
            if before.answer == "ratelimited":
                same = next(call for call in slack.calls if call.at > before.at and call.method == before.method)
                assert same.at - before.at >= 1, after
        assert len(slack.made("chat.stopStream")) == 1


def test_steps_come_at_their_pace_however_fast_they_happen(tmp_path, slack):
    with door(tmp_path, slack, work=False, pace=0.4) as house:
        application, channel = house.application, slack.workspace.channel()
        house.sender.mention(house.person("paula"), channel, "what waits?")
        slack.wait_for(lambda: slack.made("chat.startStream"))
        run = application.runs()[0].id
        with application._parts.database.write() as session:
            for _ in range(100):
                run_events.append(session, run, application.now, "tool", {"tool": "look_" + "x" * 300})
        slack.wait_for(lambda: len(slack.made("chat.appendStream")) == 4)
        appends = [call.at for call in slack.made("chat.appendStream")]
        assert all(later - earlier >= 0.4 for earlier, later in pairwise(appends))


def test_what_was_said_and_not_answered_is_answered_after_a_restart(tmp_path, slack):
    channel = slack.workspace.channel()
    with door(tmp_path, slack, work=False) as house:
        paula = house.person("paula")
        asked = house.sender.mention(paula, channel, "what waits?")
        slack.wait_for(lambda: slack.made("chat.startStream"))
        slack.wait_for(lambda: house.application.slack.unanswered()[0].stream)
    with door(tmp_path, slack) as house:
        answer = house.answer_to(asked)
        assert len(house.application.runs()) == 1 and not answer.streaming
        slack.wait_for(lambda: not house.application.slack.unanswered())
    # Said, answered, and then the process died before it could note that: it is not answered again.
    with door(tmp_path, slack, work=False) as house:
        with house.application._parts.database.write() as session:
            event = slack_events.listed(session, {SlackEventState.ANSWERED})[0]
            slack_events.advance(session, event.id, SlackEventState.ANSWERED, SlackEventState.ADMITTED)
        slack.wait_for(lambda: not house.application.slack.unanswered())
    assert len(slack.made("chat.stopStream")) == 1 and answer.versions == 1


def test_where_nobody_can_read_it_any_more_nothing_is_said_again_and_again(tmp_path):
    with LocalSlack() as slack:
        channel = slack.workspace.channel()
        with door(tmp_path, slack, work=False) as house:
            house.sender.mention(house.person("paula"), channel, "what waits?")
            slack.wait_for(lambda: slack.made("chat.startStream"))
            slack.workspace.channels[channel].discard(BOT_USER)
        with door(tmp_path, slack) as house:
            slack.wait_for(lambda: not house.application.slack.unanswered())
        assert all("not_in_channel" in problem for problem in slack.problems)
        assert slack.counted()["chat.stopStream"] <= 1


def test_of_two_processes_either_may_hear_and_one_speaks(tmp_path, slack):
    channel = slack.workspace.channel()
    with door(tmp_path, slack) as one, door(tmp_path, slack) as two:
        paula = one.person("paula")
        asked = slack.workspace.said(channel, paula, f"<@{BOT_USER}> what waits?")
        for house, retry in ((one, 0), (two, 1), (one, 2)):
            assert house.sender.event(house.sender.mentioned(asked), "Ev-one", retry).status_code == 200
        other = two.sender.mention(paula, channel, "what can you do?")
        one.answer_to(asked)
        one.answer_to(other)
        assert len(one.application.runs()) == 2 and len(slack.made("chat.stopStream")) == 2


def test_without_its_secrets_there_is_no_door_and_it_is_said_once(tmp_path, caplog):
    half: dict[str, Any] = {"slack_bot_token": "xoxb-1"}
    none: dict[str, Any] = {}
    for given, word in ((none, "not configured"), (half, "half of it is missing")):
        caplog.clear()
        with opened(tmp_path, **given) as application:
            app = FastAPI()
            app.include_router(slack_routes(application, application.settings))
            with TestClient(app) as client:
                assert client.post("/slack/events", content=b"{}").status_code == 404
        assert [word in line.getMessage() for line in caplog.records if "no Slack door" in line.getMessage()] == [True]
        assert "xoxb-1" not in caplog.text
