"""The database behind every room: one SQLite file by default, PostgreSQL by URL; reading, writing and the schema."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from domain.errors import BadInput, StorageFailed
from storage.faults import explained

__all__ = ["SCHEMA", "Database", "Session"]

SCHEMA = "0003"
"""The revision this code works with; the last one in storage/migrations (tested)."""

BUSY_MILLISECONDS = 5000

UPGRADE_MILLISECONDS = 60_000
"""How long a process waits for another one that brings the schema up; on a slow disk that takes a while."""

FLUSH = "flush"
"""What a session is told (`session.info`) that commits without waiting for the disk: `write` waits after it, when
others are let in already. Nobody is told of what is not on disk, and no one who comes later is on disk before it."""


class Database:
    """A database by URL: `sqlite:///path/to/file.db` or `postgresql://user@host/name`.

    Nothing is opened before the first use. SQLite: WAL, foreign keys on, waits 5 s for a lock. Every error of the
    driver comes out as StorageFailed (locked, read-only, disk full, cannot connect, not set up), Conflict (a key that
    exists) or IntegrityBroken (an attempt to change the ledger), with a fix.
    """

    def __init__(self, url: str) -> None:
        self._url = _normal(url)
        self.is_postgresql = self._url.get_backend_name() == "postgresql"
        engine = _postgresql(self._url) if self.is_postgresql else _sqlite(self._url)
        self._reader, self._writer = _two_ways(engine, self.is_postgresql)
        self._here = threading.local()

    @property
    def name(self) -> str:
        """The URL without its password, for people to read."""
        return self._url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on one consistent view of the data; writing in it fails. It is rolled back at the end."""
        with explained(lambda: self.name), Session(self._reader) as session:
            session.connection()
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back when anything is raised.

        SQLite: BEGIN IMMEDIATE, so one writer at a time from its first statement on. PostgreSQL: READ COMMITTED; rooms
        change state by compare and set, and lock what they must.
        """
        with explained(lambda: self.name):
            with Session(self._writer) as session, session.begin():
                session.connection()
                before, self._here.session = self.writing, session
                try:
                    yield session
                finally:
                    self._here.session = before
            if session.info.get(FLUSH):
                self._flush()

    @property
    def writing(self) -> Session | None:
        """The session of the transaction that this thread writes in just now; None when it writes nothing."""
        found: Session | None = getattr(self._here, "session", None)
        return found

    def flush(self) -> None:
        """Wait until everything that was committed before, by anybody, is on disk."""
        if self.is_postgresql:
            with explained(lambda: self.name):
                self._flush()

    def _flush(self) -> None:
        """A record of our own in the log of the database, committed the ordinary way: what is before it is on disk
        when it is. Many who wait share one write."""
        with self._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SELECT pg_logical_emit_message(true, 'quartermaster', '')")

    def upgrade(self) -> None:
        """Bring the schema up to SCHEMA; quick when it is there already, safe when several processes start at once."""
        with explained(lambda: self.name):
            if self._revision() == SCHEMA:
                return
            if not self.is_postgresql:
                self._use_wal()
            with self._writer.execution_options(upgrading=True).begin() as connection:
                if self.is_postgresql:
                    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('quartermaster/upgrade'))"))
                _migrate(connection)
                if not self.is_postgresql:
                    connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        self.ensure_current()

    def ensure_current(self) -> None:
        """Raise StorageFailed unless the schema is the one this code works with. One small query."""
        with explained(lambda: self.name):
            revision = self._revision()
        if revision is None:
            raise StorageFailed(
                f"the database has not been set up ({self.name})",
                field="database",
                fix="run any command that may write, or have the deployment upgrade the database first",
            )
        if revision != SCHEMA:
            raise StorageFailed(
                f"the database has schema {revision}, this version works with {SCHEMA} ({self.name})",
                field="database",
                fix="install the version of Quartermaster that wrote it, or a newer one",
            )

    def close(self) -> None:
        """Close every connection; the database can be used again afterwards."""
        self._writer.dispose()

    def _revision(self) -> str | None:
        """The schema revision of the database, None when it has none; never creates a SQLite file."""
        if not self.is_postgresql and not _exists(self._url):
            return None
        with self._reader.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()

    def _use_wal(self) -> None:
        """Switch the file to write-ahead logging (kept in the file). SQLite does not wait for others here, so we do."""
        connection = self._writer.raw_connection()
        try:
            for pause in range(1, 101):
                try:
                    connection.cursor().execute("PRAGMA journal_mode=WAL").fetchone()
                    return
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error) or pause == 100:
                        raise
                sleep(BUSY_MILLISECONDS / 1000 / 100)
        finally:
            connection.close()


def _normal(url: str) -> URL:
    """The URL with the driver we use; BadInput when it is no URL of a database we know."""
    fix = "give sqlite:///FILE or postgresql://USER@HOST/NAME in QUARTERMASTER_DATABASE_URL"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # a port that is no number; what it says may hold the password
        raise BadInput("this is not a database URL", field="QUARTERMASTER_DATABASE_URL", fix=fix) from None
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return parsed
    raise BadInput(f"'{backend}' is not a database we work with", field="QUARTERMASTER_DATABASE_URL", fix=fix)


def _postgresql(url: URL) -> Engine:
    return create_engine(url, pool_pre_ping=True, pool_size=20, max_overflow=10, connect_args={"connect_timeout": 5})


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_MILLISECONDS / 1000})

    def prepare(connection: Any, record: object) -> None:  # noqa: ARG001 - called by SQLAlchemy
        connection.isolation_level = None  # we say BEGIN ourselves, the driver would say it too late
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        connection.execute("PRAGMA foreign_keys=ON")

    def begin(connection: Connection) -> None:
        told = connection.get_execution_options()
        writing = told.get("writing", False)
        if told.get("upgrading", False):
            connection.exec_driver_sql(f"PRAGMA busy_timeout={UPGRADE_MILLISECONDS}")
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writing else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _two_ways(engine: Engine, is_postgresql: bool) -> tuple[Engine, Engine]:
    """The engine for reading (one consistent view, no writes) and the one for writing; they share their connections."""
    if is_postgresql:
        reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return reader, engine.execution_options(isolation_level="READ COMMITTED")
    return engine, engine.execution_options(writing=True)


def _exists(url: URL) -> bool:
    """Whether a SQLite database is there: a file; or one in memory or behind a URI, which opening cannot litter."""
    name = url.database or ""
    return name in ("", ":memory:") or name.startswith("file:") or Path(name).exists()


def _migrate(connection: Connection) -> None:
    """Run the migrations that are missing, inside the transaction of this connection."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
