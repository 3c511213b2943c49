"""The embedded distributor on SQLite does what every adapter must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.adapter import Adapter
from tests.connectors.conformance import Conformance
from tests.connectors.embedded import EmbeddedAdapter
from tests.connectors.small import small_world


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Adapter]:
    made = EmbeddedAdapter(f"sqlite:///{tmp_path}/distributor.db", small_world())
    yield made
    made.close()


class TestEmbeddedOnSqlite(Conformance):
    pass
