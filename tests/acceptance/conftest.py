"""Two data folders, each made once and copied for every test that changes it: the demo told, and a case that waits."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.door import EVENTS, Said, quartermaster


@dataclass(frozen=True)
class Told:
    """A demo: its folder, what it showed, and the ledger that it left."""

    home: Path
    shown: Said
    ledger: Said


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The demo of seed 7, told once. Only looked at."""
    home = tmp_path_factory.mktemp("told") / "here"
    shown = quartermaster(home, "demo", "--seed", 7, "--output", "json")
    return Told(home, shown, quartermaster(home, "ledger", "export"))


@pytest.fixture
def demo(told: Told, tmp_path: Path) -> Path:
    """A copy of the demo's folder, to do things to."""
    return Path(shutil.copytree(told.home, tmp_path / "demo"))


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the supplier delay came in: its case is C-1, its run R-1. Only to copy."""
    home = tmp_path_factory.mktemp("waiting") / "home"
    taken = quartermaster(home, *AT, "event", EVENTS / "supplier_delay.json")
    assert taken.code == 0, taken.err
    return home


@pytest.fixture
def waiting(case: Path, tmp_path: Path) -> Path:
    """A copy of it, to do things to."""
    return Path(shutil.copytree(case, tmp_path / "waiting"))


AT = ("--now", "2026-03-02T09:00Z")
