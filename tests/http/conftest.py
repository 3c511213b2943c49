"""Folders made once and copied for each test: a fresh one, and one in which the supplier delay has come in already."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.agent.house import delay
from tests.http.house import opened


@pytest.fixture(scope="session")
def delayed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder itself: copy it."""
    home = tmp_path_factory.mktemp("delayed")
    with opened(home) as application:
        delay(application)
    return home


@pytest.fixture
def delayed(delayed_once: Path, tmp_path: Path) -> Path:
    """A folder after the supplier delay; its run is R-1."""
    return Path(shutil.copytree(delayed_once, tmp_path / "home"))


@pytest.fixture(scope="session")
def fresh_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder itself: copy it."""
    home = tmp_path_factory.mktemp("fresh")
    with opened(home):
        return home


@pytest.fixture
def fresh(fresh_once: Path, tmp_path: Path) -> Path:
    """A folder with the built-in world, in which nothing has happened."""
    return Path(shutil.copytree(fresh_once, tmp_path / "home"))
