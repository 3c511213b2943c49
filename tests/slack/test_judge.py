"""The local Slack is strict: what Slack would refuse, it refuses, and says why."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier

from tests.slack.block_kit import chunk_findings, message_findings, shouting, view_findings
from tests.slack.local_slack import TOKEN, LocalSlack
from tests.slack.sender import SECRET, signature

SECTION: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": "*hello*", "verbatim": True}}
TITLE = {"type": "plain_text", "text": "Go"}
BUTTON: dict[str, Any] = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}
TABLE: dict[str, Any] = {
    "type": "table",
    "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]],
}
MODAL: dict[str, Any] = {"type": "modal", "title": {"type": "plain_text", "text": "Edit"}, "blocks": [SECTION]}
NUMBER = {"type": "number_input", "action_id": "n", "is_decimal_allowed": False}
INPUT: dict[str, Any] = {"type": "input", "label": {"type": "plain_text", "text": "Units"}, "element": NUMBER}

BAD_BLOCKS: dict[str, list[Any]] = {
    "a type that is none": [{"type": "sektion", "text": SECTION["text"]}],
    "a field that is none": [{**SECTION, "colour": "red"}],
    "a text that is no object": [{"type": "section", "text": "hello"}],
    "a section without text": [{"type": "section"}],
    "an empty text": [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}],
    "a text of 3,001": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
    "a header in mrkdwn": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    "a header of 151": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
    "a button text of 76": [{"type": "actions", "elements": [{**BUTTON, "text": {**TITLE, "text": "x" * 76}}]}],
    "a button value of 2,001": [{"type": "actions", "elements": [{**BUTTON, "value": "x" * 2001}]}],
    "a button in mrkdwn": [{"type": "actions", "elements": [{**BUTTON, "text": {"type": "mrkdwn", "text": "x"}}]}],
    "a style that is none": [{"type": "actions", "elements": [{**BUTTON, "style": "warning"}]}],
    "two buttons of one id": [{"type": "actions", "elements": [BUTTON]}, {"type": "actions", "elements": [BUTTON]}],
    "26 buttons": [{"type": "actions", "elements": [{**BUTTON, "action_id": f"b{n}"} for n in range(26)]}],
    "two blocks of one id": [{**SECTION, "block_id": "b"}, {**SECTION, "block_id": "b"}],
    "51 blocks": [SECTION] * 51,
    "two tables": [TABLE, TABLE],
    "a ragged table": [{"type": "table", "rows": [*TABLE["rows"], [{"type": "raw_text", "text": "a"}]]}],
    "a table of 101 rows": [{"type": "table", "rows": TABLE["rows"] * 101}],
    "an empty cell": [{"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]}],
    "a table of numbers that are none": [{"type": "table", "rows": [[{"type": "raw_text", "text": 5}]]}],
    "an input in a message": [INPUT],
}  # fmt: skip
BAD_VIEWS = {
    "a title of 25": {**MODAL, "title": {"type": "plain_text", "text": "x" * 25}},
    "an input without submit": {**MODAL, "blocks": [INPUT]},
    "metadata of 3,001": {**MODAL, "private_metadata": "x" * 3001},
    "a number as number": {
        **MODAL,
        "submit": {"type": "plain_text", "text": "Save"},
        "blocks": [{**INPUT, "element": {**NUMBER, "initial_value": 5}}],
    },
    "a first value over the bound": {
        **MODAL,
        "submit": {"type": "plain_text", "text": "Save"},
        "blocks": [{**INPUT, "element": {**NUMBER, "initial_value": "5", "max_value": "4"}}],
    },
    "a table": {**MODAL, "blocks": [TABLE]},
}
BAD_CHUNKS = {
    "a status that is none": {"type": "task_update", "id": "1", "title": "x", "status": "completed"},
    "no id": {"type": "task_update", "title": "x", "status": "complete"},
    "a title of 257": {"type": "task_update", "id": "1", "title": "x" * 257, "status": "complete"},
    "a type that is none": {"type": "task", "title": "x"},
}


@pytest.mark.parametrize("name", BAD_BLOCKS)
def test_bad_blocks_are_found(name):
    assert message_findings(BAD_BLOCKS[name])


@pytest.mark.parametrize("name", BAD_VIEWS)
def test_bad_modals_are_found(name):
    assert view_findings(BAD_VIEWS[name])


@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_bad_chunks_are_found(name):
    assert chunk_findings([BAD_CHUNKS[name]])


def test_good_ones_pass():
    assert message_findings([SECTION, TABLE, {"type": "actions", "elements": [BUTTON]}, {"type": "divider"}]) == []
    assert view_findings({**MODAL, "submit": {"type": "plain_text", "text": "Save"}, "blocks": [INPUT]}) == []
    assert chunk_findings([{"type": "task_update", "id": "1", "title": "x", "status": "complete"}]) == []


@pytest.mark.parametrize(
    "text",
    ["<!channel>", "<!here|here>", "<https://evil.example|click>", "<@everyone>", "@channel now", "see http://x"],
)
def test_what_would_shout_or_link_is_found(text):
    assert shouting({"type": "mrkdwn", "text": text})


def test_an_escaped_word_does_not_shout():
    said = {"type": "mrkdwn", "text": "&lt;!channel&gt; @channel <@U0000000001>", "verbatim": True}
    assert shouting(said) == [] and shouting({"type": "text", "text": "<!channel>"}) == []


@pytest.fixture(scope="module")
def slack():
    with LocalSlack() as slack:
        yield slack


def post(slack, method, given, token=TOKEN, verb="POST"):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    extra = {"params": given} if verb == "GET" else {"json": given}
    return httpx.request(verb, slack.url + method, headers=headers, trust_env=False, **extra)


def test_calls_that_slack_would_refuse_are_refused(slack):
    channel = slack.workspace.channel()
    for given, token, verb, method, error in (
        ({}, "", "POST", "auth.test", "not_authed"),
        ({}, "xoxb-other", "POST", "auth.test", "invalid_auth"),
        ({}, TOKEN, "POST", "chat.shout", "unknown_method"),
        ({"user": "U1"}, TOKEN, "POST", "users.info", "method_not_supported"),
        ({"user": "U1"}, TOKEN, "GET", "users.info", "user_not_found"),
        ({"text": "x"}, TOKEN, "POST", "chat.postMessage", "invalid_arguments"),
        ({"channel": channel}, TOKEN, "POST", "chat.postMessage", "no_text"),
        ({"channel": channel, "text": "x", "colour": "red"}, TOKEN, "POST", "chat.postMessage", "invalid_arguments"),
        ({"channel": "C9", "text": "x"}, TOKEN, "POST", "chat.postMessage", "channel_not_found"),
        ({"channel": channel, "text": "x", "thread_ts": "1.1"}, TOKEN, "POST", "chat.postMessage", "thread_not_found"),
        ({"channel": channel, "blocks": [SECTION]}, TOKEN, "POST", "chat.postMessage", "no_text"),
        ({"channel": channel, "text": "x", "blocks": [{}]}, TOKEN, "POST", "chat.postMessage", "invalid_blocks"),
        ({"channel": channel, "ts": "1.1", "text": "x"}, TOKEN, "POST", "chat.update", "message_not_found"),
        ({"channel": channel, "thread_ts": "1.1"}, TOKEN, "POST", "chat.startStream", "thread_not_found"),
        ({"trigger_id": "1", "view": MODAL}, TOKEN, "POST", "views.open", "expired_trigger_id"),
    ):
        answer = post(slack, method, given, token, verb).json()
        assert answer == {"ok": False, "error": error}, (method, given)


def test_a_stream_in_a_channel_needs_its_recipient_and_ends_once(slack):
    channel = slack.workspace.channel()
    user = slack.workspace.person("ann", "ann@example.com").id
    ts = slack.workspace.said(channel, user, "hi").ts
    start = {"channel": channel, "thread_ts": ts}
    assert post(slack, "chat.startStream", start).json()["error"] == "missing_recipient_team_id"
    whole = {**start, "recipient_team_id": "T1", "recipient_user_id": user}
    stream = {"channel": channel, "ts": post(slack, "chat.startStream", whole).json()["ts"]}
    assert post(slack, "chat.appendStream", {**stream, "markdown_text": "x" * 12001}).json()["error"] == "msg_too_long"
    assert post(slack, "chat.appendStream", {**stream, "markdown_text": "x"}).json()["ok"]
    assert post(slack, "chat.stopStream", stream).json()["ok"]
    assert post(slack, "chat.appendStream", {**stream, "markdown_text": "x"}).json()["error"].startswith("message_not")


def test_it_slows_down_who_is_too_fast_and_when_a_test_asks(slack):
    channel = slack.workspace.channel()
    answers = [post(slack, "chat.postMessage", {"channel": channel, "text": "x"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    slack.slow_down("auth.test", 7)
    assert post(slack, "auth.test", {}).headers["Retry-After"] == "7"
    assert post(slack, "auth.test", {}).json()["ok"]


def test_the_signature_is_the_one_slacks_own_library_makes():
    made = SignatureVerifier(SECRET).generate_signature(timestamp="1531420618", body=b"token=x&text=%3C")
    assert signature(SECRET, "1531420618", b"token=x&text=%3C") == made


def test_nothing_waits_for_a_minute(slack):
    """The judge itself is quick: it is asked on every call of every test."""
    begin = time.perf_counter()
    for _ in range(20):
        assert message_findings([SECTION] * 20) == []
    assert time.perf_counter() - begin < 5
