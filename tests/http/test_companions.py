"""The Slack door inside the web application: any host name, but nothing without Slack's signature."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage.records import RunState
from tests.agent.house import opened
from tests.http.house import served
from tests.slack.local_slack import TOKEN, LocalSlack
from tests.slack.sender import SECRET, Sender, signature

TUNNEL = {"Host": "planner-trial.example.com"}


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack() as local:
        yield local
    assert local.problems == []


def test_slack_and_the_panel_are_one_application_and_one_worker_serves_both(tmp_path: Path, slack: LocalSlack) -> None:
    more: dict[str, Any] = {"slack_signing_secret": SECRET, "slack_bot_token": TOKEN, "slack_api_url": slack.url}
    with opened(tmp_path, **more) as application, served(application) as web:
        sender = Sender(f"{web.url}/slack/events", slack.workspace)
        paula = slack.workspace.person("paula", "paula@example.com").id
        channel = slack.workspace.channel()
        asked = sender.mention(paula, channel, "what waits?")
        slack.wait_for(lambda: any(run.state is RunState.DONE for run in application.runs()))
        slack.wait_for(lambda: len(slack.workspace.thread(channel, asked.ts)) > 1)
        assert [run.actor for run in application.runs()] == ["paula"]


def test_slack_comes_under_any_host_name_but_only_with_its_signature(tmp_path: Path, slack: LocalSlack) -> None:
    more: dict[str, Any] = {"slack_signing_secret": SECRET, "slack_bot_token": TOKEN, "slack_api_url": slack.url}
    body = json.dumps({"type": "url_verification", "challenge": "c", "token": "unused"}).encode()
    now = str(int(time.time()))
    signed = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": signature(SECRET, now, body),
    }
    with opened(tmp_path, **more) as application, served(application) as web:
        path = f"{web.url}/slack/events"
        assert httpx.post(path, content=body, headers={**TUNNEL, **signed}).status_code == 200
        forged = {**TUNNEL, **signed, "X-Slack-Signature": signature("another", now, body)}
        assert httpx.post(path, content=body, headers=forged).status_code == 401
        assert httpx.get(f"{web.url}/api/personas", headers=TUNNEL).status_code == 403


def test_without_slack_configured_its_door_is_not_there(tmp_path: Path) -> None:
    with opened(tmp_path) as application, served(application) as web:
        assert httpx.post(f"{web.url}/slack/events", content=b"{}").status_code == 404
