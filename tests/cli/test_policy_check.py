"""`quartermaster policy check` as a person and a pipeline use it: exit codes, JSON, files and folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from guardrails.policy import default_text


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["policy", "check", *words])
    return result.exit_code, result.stdout, result.stderr


def test_a_clean_policy_ends_with_0():
    code, out, _ = run("docs/policies/distributor")
    assert (code, out.strip()) == (0, "docs/policies/distributor: nothing is wrong")


def test_findings_end_with_4_and_are_data_for_programs(tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_text(default_text().replace("roles: [planner, finance]", "roles: [planner, fin]"))
    code, out, _ = run(str(file), "--output", "json")
    (item,) = json.loads(out)["data"]["findings"]["items"]
    assert code == 4
    assert item["what"] == "malformed" and item["file"] == "mine.yaml" and item["field"] == "rules[19].roles[1]"
    assert item["line"] > 0 and "finance" in item["fix"]
    assert "there is no role 'fin'" in run(str(file))[1]


def test_what_is_no_policy_at_all_ends_with_2(tmp_path: Path):
    assert run(str(tmp_path / "none.yaml"))[0] == 2
    (tmp_path / "broken.yaml").write_text("a: [")
    assert run(str(tmp_path / "broken.yaml"))[0] == 2


def test_the_configured_policy_is_checked_when_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QUARTERMASTER_POLICY", "docs/policies/distributor")
    assert run()[0] == 0
    monkeypatch.setenv("QUARTERMASTER_POLICY", str(tmp_path))
    assert run()[0] == 2, "an empty folder"
