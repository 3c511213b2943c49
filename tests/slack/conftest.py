"""A strict local Slack for each test, and folders in which a supplier delay has come in, made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.house import delay, opened
from tests.slack.local_slack import LocalSlack


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    """A local Slack; the test fails when our app asked for anything Slack would not have taken."""
    with LocalSlack() as slack:
        yield slack
    assert slack.problems == []


@pytest.fixture(scope="session")
def _delayed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("delayed")
    with opened(home) as application:
        delay(application)
    return home


@pytest.fixture
def delayed(_delayed_once: Path, tmp_path: Path) -> Path:
    """A folder after the supplier delay under the shipped policy; its run is R-1."""
    return Path(shutil.copytree(_delayed_once, tmp_path / "home"))
