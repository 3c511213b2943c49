"""A run planned by a model, and one whose model fails, seen from the outside."""

import json
from typing import Any

from storage.records import MoveState
from tests.agent.house import delay, opened
from tests.llm.wire import fails, serving

KEY = "sk-nobody-may-see-this"


def test_a_model_that_fails_is_replaced_by_the_rules_and_the_reason_is_kept_everywhere(tmp_path):
    with serving(fails(500, f"broken {KEY}"), repeat=True) as server:
        model: dict[str, Any] = {"planner": "llm", "model": "scripted", "openai_base_url": server.url}
        with opened(tmp_path, openai_api_key=KEY, **model) as app:
            run = delay(app)
            report = app.report(run)
            assert report.run.planner == "rules/2" and "server_error" in report.run.fallback
            assert "server_error" in report.text and report.of(MoveState.EXECUTED)
            told = [json.loads(event.body) for event in app.events(run) if event.kind == "fallback"]
            assert "server_error" in told[0]["reason"]
            entries = [json.loads(line) for line in app.export()]
            planned = next(entry["content"] for entry in entries if entry["entry"]["kind"] == "plan")
            assert "server_error" in planned["fallback"]
            assert KEY not in json.dumps(entries) and KEY not in report.text
            assert app.replay(run).same


def test_without_a_model_named_the_rules_plan(tmp_path):
    with opened(tmp_path, planner="llm") as app:
        run = delay(app)
        assert "not_configured" in app.report(run).run.fallback
        assert app.report(run).of(MoveState.EXECUTED)
