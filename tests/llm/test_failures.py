"""Whatever goes wrong with a model ends in a named reason, without a secret in it, and the rules plan instead."""

from __future__ import annotations

import json
import socket
import time

import pytest

from agent.planners.llm import Failure, LlmPlanner, ModelFailed
from tests.llm.conftest import Fallen
from tests.llm.talks import KEY, box, delay, finishes, named, planner, recorded, refused
from tests.llm.wire import Reply, calls, completion, fails, says, serving, step

LEAKY = f"Incorrect API key provided: {KEY}"

FAILURES = {
    "an HTTP 400 for too much context": (
        fails(400, "This model's maximum context length is 4096 tokens", code="context_length_exceeded"),
        Failure.CONTEXT_OVERFLOW,
    ),
    "the context overflow of llama.cpp": (
        fails(400, "request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it"),
        Failure.CONTEXT_OVERFLOW,
    ),
    "an HTTP 400 for something else": (fails(400, "unknown field"), Failure.REFUSED_REQUEST),
    "an HTTP 401": (fails(401, LEAKY), Failure.AUTHENTICATION),
    "an HTTP 403": (fails(403, LEAKY), Failure.AUTHENTICATION),
    "an HTTP 404": (fails(404, f"no model for {KEY}"), Failure.REFUSED_REQUEST),
    "an HTTP 429": (fails(429, LEAKY), Failure.RATE_LIMIT),
    "an HTTP 500": (fails(500, LEAKY), Failure.SERVER_ERROR),
    "an HTTP 503 while loading": (fails(503, "Loading model"), Failure.SERVER_ERROR),
    "a connection that is dropped": (Reply(hang_up=True), Failure.CONNECTION),
    "an answer cut off at its limit": (says("GOLD comes fir", "length"), Failure.TOO_LONG),
    "an answer withheld by a filter": (says("", "content_filter"), Failure.WITHHELD),
    "a refusal": (completion({"content": None, "refusal": "I cannot help with that"}), Failure.WITHHELD),
    "an empty answer": (says(""), Failure.EMPTY),
    "an answer of blanks": (says(" \n"), Failure.EMPTY),
    "a page instead of JSON": (Reply(body="<html>proxy</html>"), Failure.MALFORMED),
    "JSON that is no completion": (Reply(body='{"hello": 1}'), Failure.MALFORMED),
    "a completion without choices": (Reply(body='{"choices": []}'), Failure.MALFORMED),
    "an error with status 200": (Reply(body=json.dumps({"error": {"message": LEAKY}})), Failure.MALFORMED),
    "a tool that does not exist": (named("drop_tables"), Failure.UNKNOWN_TOOL),
    "arguments that are no JSON": (calls(("inventory", '{"sku": ')), Failure.INVALID_ARGUMENTS),
    "arguments of the wrong shape": (named("inventory", warehouse="X"), Failure.INVALID_ARGUMENTS),
    "an id that no system knows": (named("inventory", sku="NOPE"), Failure.INVALID_ARGUMENTS),
    "reading for ever": (named("inventory", sku="X"), Failure.ENDLESS_LOOP),
    "no proposal for an event": (finishes("All is well."), Failure.NO_PROPOSAL),
    "words instead of a proposal": (says("All is well."), Failure.NO_PROPOSAL),
    "an id nobody named": (named("promise", line="SO-3-1", new_date="2026-03-14"), Failure.INVENTED_ID),
    "proposals that were never made": (finishes("Done.", include=["D-000000000000"]), Failure.INVENTED_ID),
}


@pytest.mark.parametrize("what", FAILURES)
def test_falls_back_to_rules_with_the_reason_after(what: str, fallen: Fallen):
    reply, reason = FAILURES[what]
    with serving(reply, repeat=True) as server:
        said = fallen(planner(server), delay())
    assert f"({reason.value}" in said
    assert KEY not in said
    assert "Fix: " in said


def test_an_answer_that_takes_too_long_is_a_time_out(fallen: Fallen):
    with serving(says("late", wait=30)) as server:
        before = time.monotonic()
        assert "(timeout)" in fallen(planner(server, timeout=0.3), delay())
        assert time.monotonic() - before < 10


def test_a_server_that_drips_bytes_for_ever_is_a_time_out(fallen: Fallen):
    with serving(Reply(drip=0.05)) as server:
        before = time.monotonic()
        assert "(timeout)" in fallen(planner(server, timeout=0.5), delay())
        assert time.monotonic() - before < 10


def test_an_endpoint_that_is_not_there_is_a_connection_failure(fallen: Fallen):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, never listening: every connection is refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        model = LlmPlanner(base_url=url, api_key=KEY, model="m", timeout=5, retries=0)
        assert "(connection)" in fallen(model, delay())


def test_a_model_that_is_not_named_is_not_asked(fallen: Fallen):
    with serving(says("hello")) as server:
        assert "(not_configured)" in fallen(planner(server, model=""), delay())
        assert server.seen == []


def test_structured_answers_cut_off_by_the_client_library_are_a_length_failure(fallen: Fallen):
    with serving(says('{"step": {"tool": "fin', "length")) as server:
        assert "(answer_too_long" in fallen(planner(server, mode="schema"), delay())


def test_structured_answers_that_are_no_step_go_back_to_the_model_first():
    asked = delay()
    tools, kept = box(asked)
    with (
        serving(says("{}"), says("not json"), step("nonsense"), repeat=True) as server,
        pytest.raises(ModelFailed) as failed,
    ):
        planner(server, mode="schema").plan(asked, tools)
    assert failed.value.reason is Failure.UNKNOWN_TOOL
    assert [json.loads(item)["reason"] for item in refused(kept)] == ["invalid_arguments"] * 2 + ["unknown_tool"] * 3


def test_one_retry_is_enough_for_a_hiccup():
    asked = delay()
    tools, _ = box(asked)
    script = [
        fails(503, "busy", headers=[("Retry-After", "0.01")]),
        named("escalate", role="lead", reason="Please look."),
    ]
    with serving(*script, finishes("The lead is asked.")) as server:
        draft = planner(server, retries=1).plan(asked, tools)
        assert len(server.seen) == 3
    assert [move.kind for move in draft.moves] == ["escalate"]


def test_mistakes_are_explained_to_the_model_before_they_end_the_run():
    asked = delay()
    tools, kept = box(asked)
    with serving(named("inventroy", sku="X"), repeat=True) as server, pytest.raises(ModelFailed):
        planner(server).plan(asked, tools)
    told = [message["content"] for message in server.seen[-1]["messages"] if message["role"] == "tool"]
    assert len(told) == 4
    assert all("did you mean inventory?" in text for text in told)
    assert len(refused(kept)) == 5
    assert len(recorded(kept)) == 5


def test_no_failure_chains_the_client_librarys_own_error():
    asked = delay()
    tools, _ = box(asked)
    with serving(fails(401, LEAKY)) as server, pytest.raises(ModelFailed) as failed:
        planner(server).plan(asked, tools)
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None
