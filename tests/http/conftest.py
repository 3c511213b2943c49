"""A folder in which nothing has happened, made once and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.http.house import opened


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
