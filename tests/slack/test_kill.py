"""The process is killed, not stopped, right after a click and a question: the next one carries out, answers, once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.slack.door import PATH
from storage.records import MoveState
from tests.slack.block_kit import shown
from tests.slack.house import door
from tests.slack.local_slack import TOKEN, LocalSlack
from tests.slack.sender import SECRET, Sender
from tests.slack.workspace import Message

SERVE = """
import json, sys, threading
from pathlib import Path
from tests.agent.house import opened
from tests.slack.house import serving
home, given = Path(sys.argv[1]), json.loads(sys.argv[2])
with opened(home, **given) as application, serving(application, 0.05) as url:
    print(url, flush=True)
    threading.Event().wait()
"""


def card_in(slack: LocalSlack, approval: str) -> Message | None:
    found = [m for m in slack.workspace.messages if m.metadata and approval in m.metadata["event_payload"].values()]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.real
def test_a_kill_between_click_and_execution_loses_nothing(delayed, slack):
    channel = slack.workspace.channel()
    slack.limits.burst = 50
    given = {
        "slack_signing_secret": SECRET, "slack_bot_token": TOKEN, "slack_api_url": slack.url, "slack_channel": channel,
        "lease_seconds": 2,
    }  # fmt: skip
    command = [sys.executable, "-c", SERVE, str(delayed), json.dumps(given)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    try:
        assert process.stdout is not None
        sender = Sender(process.stdout.readline().strip() + PATH, slack.workspace)
        paula = slack.workspace.person("paula", "paula@example.com").id
        card = slack.wait_for(lambda: card_in(slack, "A-10"))
        assert sender.click(paula, card, "qm_approve").status_code == 200
        asked = sender.mention(paula, channel, "what waits?")
    finally:
        process.kill()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
    with door(delayed, slack, slack_channel=channel) as house:
        assert house.application.show("A-10").decided_by == "paula"
        house.answer_to(asked)
        slack.wait_for(lambda: "The move carried out" in shown(house.posted("A-10").blocks), 30)
        assert house.application.show("A-10").move_state is MoveState.EXECUTED
        questions = [run for run in house.application.runs() if run.kind == "question"]
        assert len(questions) == 1 and house.application.verify().ok
