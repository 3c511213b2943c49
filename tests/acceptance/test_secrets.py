"""What nobody may see is in no output: not of config, not of errors, not of a run whose model fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.conftest import AT
from tests.acceptance.door import EVENTS, Said, quartermaster
from tests.agent.house import opened

KEY, PASSWORD = "sk-nobody-may-see-this", "hunter2-nor-this"
SECRET = {
    "OPENAI_API_KEY": KEY,
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    "QUARTERMASTER_DATABASE_URL": f"postgresql://us:{PASSWORD}@127.0.0.1:9/quartermaster",
}


def clean(said: Said) -> Said:
    assert KEY not in said.out + said.err and PASSWORD not in said.out + said.err, said
    return said


@pytest.mark.parametrize("form", ["table", "json", "ndjson"])
def test_config_shows_that_a_secret_is_set_and_not_which(form: str, tmp_path: Path):
    said = clean(quartermaster(tmp_path, "config", "--output", form, **SECRET))
    assert said.code == 0
    for variable in SECRET:
        assert variable in said.out, "where it comes from is said"


@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize(
    "url",
    [
        SECRET["QUARTERMASTER_DATABASE_URL"],
        f"postgresql://us:{PASSWORD}@127.0.0.1:port/x",
        f"mysql://us:{PASSWORD}@127.0.0.1/x",
        f"postgresql+nodriver://us:{PASSWORD}@127.0.0.1:9/x",
        f"postgresql://us:{PASSWORD}@127.0.0.1:9/x?sslmode=sometimes",
        f"postgresql://us:{PASSWORD}@[::1/x",
        PASSWORD,
    ],
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(url: str, form: str, tmp_path: Path):
    given = {**SECRET, "QUARTERMASTER_DATABASE_URL": url}
    for words in (("triage", "--once"), ("approvals", "list"), ("config",)):
        said = clean(quartermaster(tmp_path, *words, "--output", form, **given))
        assert said.code in (2, 5) or words == ("config",)
        assert "Traceback" not in said.err


def test_a_dead_model_is_replaced_by_the_rules_and_the_reason_is_told(waiting: Path):
    """Nobody listens on the port: the plan is made all the same, and everybody can see by whom and why."""
    model = {
        "QUARTERMASTER_PLANNER": "llm",
        "QUARTERMASTER_MODEL": "scripted",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    said = clean(quartermaster(waiting, *AT, "event", EVENTS / "short_stock.json", **model))
    assert said.code == 0, said.err
    assert "rules" in said.out and "connection" in said.out, "the report says who planned and why"
    shown = clean(quartermaster(waiting, "runs", "R-2", "--events", "--output", "json", **model))
    assert "connection" in shown.out
    with opened(waiting) as app:
        run = app.report("R-2").run
        assert run.planner.startswith("rules/") and "connection" in run.fallback
        told = [json.loads(event.body) for event in app.events("R-2") if event.kind == "fallback"]
        assert told and "connection" in told[0]["reason"]
    assert quartermaster(waiting, "replay", "R-2").code == 0
    clean(quartermaster(waiting, *AT, "ledger", "export", **model))
