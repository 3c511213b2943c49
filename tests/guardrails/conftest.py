"""A house per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guardrails.house import House
from tests.guardrails.house import house as build


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with build(tmp_path) as built:
        yield built
