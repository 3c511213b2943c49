"""The panel's rooms begin where the delay was planned: planned once, a copy for every test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.runtime.application import Application
from tests.agent.house import opened
from tests.panel.house import on_built_in


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the delay was planned; every test gets a copy of its own."""
    home = tmp_path_factory.mktemp("planned") / "home"
    with on_built_in(home):
        return home


@pytest.fixture
def application(planned: Path, tmp_path: Path) -> Iterator[Application]:
    home = tmp_path / "home"
    shutil.copytree(planned, home)
    with opened(home) as application:
        yield application
