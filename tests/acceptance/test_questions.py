"""The four questions of a planner, answered from tools: what an answer names was in a recorded tool result."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import AT
from tests.acceptance.door import quartermaster
from tests.agent.house import opened

QUESTIONS = {
    "why did SO-5004 get nothing?": ("why", ("SO-5004", "hold")),
    "what would it take to ship SO-5003 by 2026-03-10?": ("what_would_it_take", ("SO-5003", "2026-03-10")),
    "who holds SKU-1042?": ("who_holds", ("SKU-1042", "units")),
    "who should get the last 120 of SKU-1042?": ("who_should_get", ("120", "SKU-1042")),
}


@pytest.fixture(scope="module")
def case(case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy for all questions: each leaves a run, and others count theirs."""
    return Path(shutil.copytree(case, tmp_path_factory.mktemp("asked") / "home"))


def asked(case: Path, question: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The answer, and the tool calls that its run recorded."""
    said = quartermaster(case, *AT, "ask", question, "--output", "json")
    assert said.code == 0, said.err
    run = quartermaster(case, *AT, "runs", "--output", "json").rows("runs")[-1]["run"]
    shown = quartermaster(case, *AT, "runs", run, "--events", "--output", "json")
    assert shown.code == 0, shown.err
    return said.rows("answer")[0], calls_of(case, run)


def calls_of(case: Path, run: str) -> list[dict[str, Any]]:
    with opened(case) as app:
        return [json.loads(event.body) for event in app.events(run) if event.kind == "tool"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_is_answered_from_tools_with_evidence_that_is_on_record(case: Path, question: str):
    intent, words = QUESTIONS[question]
    entries = quartermaster(case, *AT, "ledger", "verify", "--output", "json").rows("verification")[0]["count"]
    answer, calls = asked(case, question)
    assert answer["intent"] == intent
    for word in words:
        assert word in answer["text"], answer["text"]
    assert calls and answer["evidence"] and answer["rows"]
    recorded = json.dumps(calls)
    assert [named for named in answer["evidence"] if named not in recorded] == []
    assert {call["id"] for call in calls} <= set(answer["evidence"]), "every call it rests on is named"
    after = quartermaster(case, *AT, "ledger", "verify", "--output", "json").rows("verification")[0]["count"]
    assert after == entries, "asking changes nothing"


def test_the_last_units_are_given_out_once(case: Path):
    answer, _ = asked(case, "who should get the last 120 of SKU-1042?")
    gets = answer["columns"].index("gets")
    assert sum(int(row[gets]) for row in answer["rows"]) <= 120
    assert any(int(row[gets]) for row in answer["rows"])


def test_who_holds_a_sku_adds_up_to_what_is_reserved_and_what_waiting_plans_claim(case: Path):
    answer, calls = asked(case, "who holds SKU-1042?")
    result = json.loads(calls[0]["result"])
    with opened(case) as app:
        facts = app.facts(app.runs()[-1].id)
    assert facts is not None
    reserved = sum(r.quantity for r in facts.reservations if r.sku == "SKU-1042")
    claimed = sum(c.quantity for c in facts.claims if c.sku == "SKU-1042")
    assert reserved and claimed, "people are asked, so some units are claimed"
    assert result["held_units"] == reserved + claimed and f"{reserved + claimed} units" in answer["text"]


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("who holds SKU-1024?", "SKU-1042"),
        ("who should get the last 120 of SKU-1O42?", "SKU-1042"),
        ("why did SO-5O04 get nothing?", "SO-5004"),
        ("what would it take to ship SO-50004 by 2026-03-10?", "SO-5004"),
    ],
)
def test_what_nobody_knows_is_asked_back_with_what_was_meant(case: Path, question: str, meant: str):
    said = quartermaster(case, *AT, "ask", question, "--output", "json")
    answer = said.rows("answer")[0]
    assert said.code == 0 and "did you mean" in answer["text"] and meant in answer["suggestions"], answer
