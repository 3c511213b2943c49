"""The distributor's database: one writer at a time on SQLite, row locks on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError

from connectors.embedded.tables import skus
from domain.errors import BadInput, DependencyDown, EffectRefused

BUSY_MS = 30_000


class Store:
    """Connections to one distributor.

    Raises DependencyDown when the database does not answer, stays locked, or holds no distributor yet.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(writes=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; nothing may be changed through it."""
        with _answering(), self.engine.begin() as db:
            yield db

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with _answering(), self._writer.begin() as db:
            yield db

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def lock(db: Connection, wanted: Collection[str]) -> None:
    """Wait until nobody else changes stock of these SKUs; EffectRefused for one the ERP does not know.

    Every write that touches stock, reservations, lines or tasks of a SKU takes this lock first, in SKU order: so sums
    read after it are true until commit, and two writers never wait for each other. (SQLite has one writer anyway.)
    """
    names = sorted(set(wanted))
    known = db.execute(select(skus.c.id).where(skus.c.id.in_(names)).order_by(skus.c.id).with_for_update()).scalars()
    if missing := sorted(set(names) - set(known)):
        raise EffectRefused(f"the ERP has no SKU '{missing[0]}'", field="sku", fix="check the SKU id")


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (IntegrityError, DataError):
        raise
    except (DatabaseError, InterfaceError) as error:
        said = str(error.orig).strip()
        if isinstance(error, ProgrammingError) or "no such table" in said:
            raise DependencyDown(
                f"the distributor's database holds no world: {said}", fix="load a world into it first"
            ) from error
        raise DependencyDown(
            f"the distributor's database did not answer: {said}",
            fix="check that the database is there, writable and not locked, then try again",
        ) from error


def _engine(url: str) -> Engine:
    try:
        target = make_url(url)
        if target.drivername in ("postgresql", "postgres"):
            target = target.set(drivername="postgresql+psycopg")
        engine = create_engine(target)
    except (ArgumentError, ModuleNotFoundError) as error:
        raise BadInput(
            f"'{url.split('@')[-1]}' names no database that can be used here", field="url",
            fix="use sqlite:///FILE or postgresql://USER@HOST/DATABASE",
        ) from error  # fmt: skip
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
