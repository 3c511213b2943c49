"""A real model behind a real server: protocol, schema mode, failures and fallback. Its answers are not judged."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from agent.planners.assemble import assemble
from agent.planners.llm import Failure, LlmPlanner, ModelFailed
from agent.planners.llm.loop import MODEL
from agent.planners.llm.messages import Mode
from domain.canonical import canonical_json
from domain.plans import Plan
from domain.requests import Request
from tests.llm.conftest import Fallen
from tests.llm.model_server import running
from tests.llm.talks import box, delay, question
from tests.tools.worlds import world
from tools.table import TOOLS

pytestmark = pytest.mark.real

PATIENCE = 240.0


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(context=8192) as address:
        yield address


def planner(url: str, mode: Mode = "tools", timeout: float = PATIENCE, turns: int = 2) -> LlmPlanner:
    return LlmPlanner(
        base_url=url,
        api_key=None,
        model="smollm2",
        timeout=timeout,
        turns=turns,
        retries=0,
        mode=mode,
        answer_tokens=96,
    )


def tried(model: LlmPlanner, asked: Request) -> tuple[Plan | ModelFailed, list[tuple[str, str]]]:
    """The plan or the named failure, and what was recorded: (name, text)."""
    tools, kept = box(asked)
    try:
        draft = model.plan(asked, tools)
    except ModelFailed as failed:
        return failed, [(call.tool, call.result) for call in kept]
    made = assemble(draft, asked, planner=f"{model.name}/{model.version}", policy="P", facts=world().id)
    return made, [(call.tool, call.result) for call in kept]


@pytest.mark.parametrize("mode", ["tools", "schema"])
def test_a_real_model_plans_or_fails_with_a_name_and_its_record_plays_back(url: str, mode: Mode):
    model, asked = planner(url, mode), question("who holds X?")
    ended, kept = tried(model, asked)
    outputs = [text for name, text in kept if name == MODEL]
    if not outputs:  # the client library raises instead of handing over a structured answer that was cut off
        assert isinstance(ended, ModelFailed)
        assert (mode, ended.reason) == ("schema", Failure.TOO_LONG)
        return
    again, kept_again = tried(model.replaying(outputs), asked)
    if isinstance(ended, ModelFailed):
        assert isinstance(again, ModelFailed)
        assert again.reason is ended.reason
    else:
        assert canonical_json(again) == canonical_json(ended)
    assert kept_again == kept


def test_the_grammar_of_schema_mode_is_enforced(url: str):
    """Whatever it chooses, it is one JSON step that names a tool of ours, unless it was cut off."""
    for asked in (delay(), question("who holds X?"), question("stock of X?")):
        ended, kept = tried(planner(url, "schema", turns=1), asked)
        outputs = [json.loads(text) for name, text in kept if name == MODEL]
        if not outputs:
            assert isinstance(ended, ModelFailed)
            assert ended.reason is Failure.TOO_LONG
        for output in outputs:
            step = json.loads(output["content"])["step"]
            assert step["tool"] in {*TOOLS, "finish"}
            assert isinstance(step["arguments"], dict)


def test_the_rules_plan_when_a_real_model_is_too_slow(url: str, fallen: Fallen):
    before = time.monotonic()
    assert f"({Failure.TIMEOUT.value})" in fallen(planner(url, timeout=0.05), delay())
    assert time.monotonic() - before < 30


def test_a_conversation_too_long_for_a_real_server_is_an_overflow():
    with running(context=512) as small:
        ended, kept = tried(planner(small), delay())
    assert isinstance(ended, ModelFailed)
    assert ended.reason is Failure.CONTEXT_OVERFLOW
    assert kept == []
