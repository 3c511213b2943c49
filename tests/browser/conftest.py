"""One browser for all tests; worlds prepared once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from agent.runtime.application import Application
from tests.agent.house import opened
from tests.browser.house import held, launched
from tests.panel.house import on_built_in


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with sync_playwright() as playwright:
        started = launched(playwright)
        yield started
        started.close()


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the supplier's delay was planned; every test gets a copy of its own."""
    home = tmp_path_factory.mktemp("planned") / "home"
    with held(on_built_in(home)):
        return home


@pytest.fixture
def application(planned: Path, tmp_path: Path) -> Iterator[Application]:
    """The built-in world after the delay, open."""
    home = tmp_path / "home"
    shutil.copytree(planned, home)
    with held(opened(home)) as application:
        yield application
