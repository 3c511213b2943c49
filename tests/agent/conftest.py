"""A folder in which the supplier delay came in under a policy that asks about everything, made once and copied."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.agent.house import CAREFUL, delay, opened, policy_file


@pytest.fixture(scope="session")
def _careful_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("careful")
    with opened(home, policy=policy_file(home, CAREFUL)) as application:
        delay(application)
    return home


@pytest.fixture
def careful(_careful_once: Path, tmp_path: Path) -> Path:
    """The same under a policy that has a person confirm every move; nothing has been carried out."""
    return Path(shutil.copytree(_careful_once, tmp_path / "home"))
