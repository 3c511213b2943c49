"""What the documentation says is what the program does."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from agent.settings import Settings
from api.cli import exits
from api.cli.reference import TABLES, refreshed
from connectors.csvfiles import load_mapping, read
from evals.worlds.check import faults
from guardrails.policy import default_text, parse

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


def _blocks(text: str, language: str) -> list[tuple[str, str]]:
    """(name, content) of the fenced blocks of one language."""
    return [(name.strip(), body) for name, body in re.findall(rf"```{language}([^\n]*)\n(.*?)```", text, re.DOTALL)]


def test_the_command_reference_is_what_the_commands_say(tmp_path: Path):
    made = tmp_path / "cli.md"
    command = [sys.executable, "-m", "typer", "api.cli.main", "utils", "docs", "--name", "quartermaster"]
    subprocess.run([*command, "--output", str(made)], cwd=ROOT, check=True, capture_output=True)
    assert made.read_text(encoding="utf-8") == (DOCS / "cli.md").read_text(encoding="utf-8"), "run make docs"


@pytest.mark.parametrize(("file", "place", "table"), TABLES, ids=[place for _, place, _ in TABLES])
def test_the_tables_in_the_docs_are_those_of_the_program(file: str, place: str, table):
    text = (DOCS / file).read_text(encoding="utf-8")
    assert len(table().splitlines()) > 5
    assert text == refreshed(text, place, table()), "run make docs"


def test_every_example_of_a_policy_is_a_policy():
    text = (DOCS / "policy.md").read_text(encoding="utf-8")
    examples = [yaml.safe_load(body) for _, body in _blocks(text, "yaml")]
    assert {key for example in examples for key in example} >= {
        "rules",
        "roles",
        "waiting",
        "autonomy",
        "pilot",
        "budgets",
    }
    for example in examples:
        if "scope" in example:
            assert parse(f"{default_text()}\n---\n{yaml.safe_dump(example)}").documents
            continue
        whole = yaml.safe_load(default_text())
        for key, value in example.items():
            if key == "rules":
                value = [*(rule for rule in whole["rules"] if rule["id"] not in {new["id"] for new in value}), *value]
            elif key == "roles":
                value = whole["roles"] | value
            whole[key] = value
        # Dates and decimals as their text, the way a file has them.
        assert parse(yaml.safe_dump(whole, allow_unicode=True)).rules


def test_the_example_of_an_import_is_read_whole(tmp_path: Path):
    text = (DOCS / "import.md").read_text(encoding="utf-8")
    for name, body in (*_blocks(text, "csv"), *_blocks(text, "yaml")):
        (tmp_path / name).write_text(body, encoding="utf-8")
    found = read(tmp_path, load_mapping(tmp_path / "my-mapping.yaml"))
    assert found.rejected == () and found.assumed
    assert faults(found.facts) == ()
    lines = {line.id: line for order in found.facts.orders for line in order.lines}
    assert sorted(order.id for order in found.facts.orders) == ["SO-7001", "SO-7002"]
    assert sorted(line.quantity for line in lines.values()) == [20, 36, 40]
    assert {str(line.unit_price) for line in lines.values()} == {"58.00", "57.95", "17.50"}
    assert found.facts.order("SO-7002").ship_complete and not found.facts.order("SO-7001").ship_complete


def test_the_readme_names_every_setting_and_every_exit_code():
    for field in Settings.model_fields:
        if field != "sources":
            name = field.upper() if field.startswith("openai") else f"QUARTERMASTER_{field.upper()}"
            assert f"`{name}`" in README, name
    for code in (exits.OK, exits.USAGE, exits.WAITING, exits.FAILED, exits.DOWN, exits.INTERRUPTED):
        assert f"| {code} |" in README, code


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_and_paths_lead_somewhere(page: Path):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / target).exists(), target
    for path in re.findall(
        r"`((?:agent|api|connectors|domain|evals|guardrails|storage|tools|tests|examples|docs)/[\w./-]*)`", text
    ):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_command_shown_is_one_the_program_has(page: Path):
    from typer.main import get_command

    from api.cli.main import app

    shown = [line for _, body in _blocks(page.read_text(encoding="utf-8"), "") for line in body.splitlines()]
    known = get_command(app)
    for line in shown:
        if not re.match(r"(?:[A-Z_]+=\S+ )*quartermaster ", line):
            continue
        words = shlex.split(line.partition("#")[0].partition(" > ")[0])
        arguments = words[words.index("quartermaster") + 1 :]
        with known.make_context("quartermaster", [*arguments, "--help"], resilient_parsing=True) as context:
            names = [word for word in arguments if word in known.list_commands(context)]  # type: ignore[attr-defined]
        assert names, line


def test_every_make_target_in_the_readme_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`?make ([a-z-]+)", README))
    assert {"setup", "demo"} <= named <= targets
