"""Stories that are told once: the known one, and one on a world drawn now (three by night)."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.insights.house import Told, generated, known


@pytest.fixture(scope="session")
def nine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The built-in world, nine known decisions, a silent system, a day without answers, and the rest."""
    with known(tmp_path_factory.mktemp("nine")) as told:
        yield told


@pytest.fixture(scope="session", params=[0, *(pytest.param(more, marks=pytest.mark.nightly) for more in (1, 2))])
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A generated world whose seed is drawn now (each test prints it), with people who decide by dice."""
    seed = random.SystemRandom().randrange(10**6)
    with generated(tmp_path_factory.mktemp("drawn"), seed) as told:
        yield told
