"""The import contracts hold on the tree, and each one is seen to catch what it forbids."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.rules import PACKAGES
from tests.house.tree import ROOT, copy_packages, tracked

CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["id"]: contract for contract in CONFIG["tool"]["importlinter"]["contracts"]}

# contract -> what one careless afternoon would bring: {file: lines}. Files are made, or the lines appended.
PLANTS: dict[str, dict[str, str]] = {
    "layers": {"guardrails/planted.py": "import agent\n"},
    "no-cycles": {
        "storage/planted_a.py": "from storage import planted_b\n",
        "storage/planted_b.py": "def late():\n    from storage import planted_a\n",
    },
    "one-shaft": {"tools/planted.py": "from connectors.writes import Writes\n"},
    "adapters": {"api/planted.py": "import connectors.embedded\n"},
    "pure-domain": {"domain/planted.py": "import random\n"},
    "tools-strangers": {
        "tools/planted_a.py": "PLANTED = 1\n",
        "tools/planted_b.py": "from tools.planted_a import PLANTED\n",
    },
    "insights-read": {"insights/planted.py": "from guardrails.ledger import Ledger\n"},
    "insights-apart": {"agent/nodes/planted.py": "import insights.metrics\n"},
    "judge": {"evals/planted.py": "from domain.allocation import anything\n"},
    "edge-agent": {"tools/planted.py": "from langgraph.graph import StateGraph\n"},
    "edge-doors": {"agent/planted.py": "import fastapi\n"},
    "edge-knowledge": {"agent/planted.py": "import chromadb\n"},
    "edge-sql": {"guardrails/planted.py": "from sqlalchemy.orm import Session\n"},
    "edge-durable": {"agent/runtime/planted.py": "from dbos import DBOS\n"},
}


def lint(tree: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    start = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", start, "--no-cache", "--no-logo"]
    if contract:
        command += ["--contract", contract]
    return subprocess.run(
        command, cwd=tree, capture_output=True, text=True, env={"COLUMNS": "300", "PATH": "", "NO_COLOR": "1"}
    )


def test_the_tree_keeps_every_contract():
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in answer.stdout


def test_every_contract_has_a_planted_violation():
    assert set(PLANTS) == set(CONTRACTS)


@pytest.mark.parametrize("contract", sorted(PLANTS))
def test_a_planted_violation_is_caught_by_its_contract(contract: str, tmp_path: Path):
    tree = copy_packages(tmp_path)
    for path, lines in PLANTS[contract].items():
        place = tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        (place.parent / "__init__.py").touch()
        place.write_text(lines)
    answer = lint(tree, contract)
    assert answer.returncode != 0, answer.stdout
    assert f"{CONTRACTS[contract]['name']} BROKEN" in answer.stdout, answer.stdout + answer.stderr
    assert "planted" in answer.stdout.split("Broken contracts", 1)[1], answer.stdout


@pytest.mark.parametrize("package", ["agent.runtime.saga", "agent.nodes.act", "guardrails.approvals", "evals.harness"])
def test_nobody_else_reaches_the_writer(package: str, tmp_path: Path):
    """The shaft is one module wide: not the rooms beside the gate, not the runtime at large, not the harness."""
    tree = copy_packages(tmp_path)
    place = tree / (package.replace(".", "/") + ".py")
    place.parent.mkdir(parents=True, exist_ok=True)
    (place.parent / "__init__.py").touch()
    with place.open("a") as file:
        file.write("\nimport connectors.writes\n")
    answer = lint(tree, "one-shaft")
    assert f"{CONTRACTS['one-shaft']['name']} BROKEN" in answer.stdout, answer.stdout + answer.stderr
    assert f"{package} -> connectors.writes" in answer.stdout


def test_every_folder_of_python_is_under_contract():
    """A new top-level folder cannot stay outside the layers, nor a package outside the third-party edges."""
    folders = {path.split("/")[0] for path in tracked() if path.endswith(".py") and "/" in path}
    roots = set(CONFIG["tool"]["importlinter"]["root_packages"])
    assert folders - {"tests", "examples"} == roots == set(PACKAGES)
    layered = {name.strip() for layer in CONTRACTS["layers"]["layers"] for name in layer.split("|")}
    assert layered == roots
    owners = {
        "one-shaft": {"connectors"},
        "adapters": {"connectors", "evals"},
        "edge-agent": {"agent"},
        "edge-doors": {"api"},
        "edge-knowledge": {"knowledge"},
        "edge-sql": {"storage"},
        "edge-durable": set(),
    }
    for contract, free in owners.items():
        assert set(CONTRACTS[contract]["source_modules"]) == roots - free, contract
