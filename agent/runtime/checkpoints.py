"""Where threads are kept while they wait: a SQLite file in the data folder, or PostgreSQL. Only how to go on is here;
what was decided lives in our tables, so a thread is deleted some days after it has ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import StorageFailed
from storage.role import THREADS

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver


class Checkpoints:
    """The saver that the graph is compiled with, what its database raises when it fails, and its end."""

    def __init__(
        self, saver: BaseCheckpointSaver[Any], failures: tuple[type[Exception], ...], close: Callable[[], None]
    ) -> None:
        self.saver = saver
        self.failures = failures
        self.close = close

    def forget(self, threads: Collection[str]) -> None:
        """Delete threads that have ended."""
        for thread in threads:
            self.saver.delete_thread(thread)


def open_checkpoints(home: Path, url: str) -> Checkpoints:
    """The checkpoints beside our database `url` (a PostgreSQL URL), else a file in `home`. StorageFailed otherwise."""
    return _postgres(url) if url.startswith("postgresql") else _sqlite(home / "threads.db")


def _sqlite(path: Path) -> Checkpoints:
    from langgraph.checkpoint.sqlite import SqliteSaver

    try:
        connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
        saver = SqliteSaver(connection)
        saver.setup()
    except sqlite3.Error as error:
        raise StorageFailed(
            f"the threads of waiting runs cannot be kept in {path.name} ({error})",
            field="QUARTERMASTER_HOME",
            fix="check that the data folder is writable and has free space",
        ) from error
    return Checkpoints(saver, (sqlite3.Error,), connection.close)


def _postgres(url: str) -> Checkpoints:
    import psycopg
    from langgraph.checkpoint.postgres import PostgresSaver

    plain = "postgresql" + url[url.index("://") :]
    path = f"-c search_path={THREADS},public"  # a schema that is not there is passed over
    opened = PostgresSaver.from_conn_string(psycopg.conninfo.make_conninfo(plain, options=path))
    saver = opened.__enter__()
    saver.setup()

    def close() -> None:
        opened.__exit__(None, None, None)

    return Checkpoints(saver, (psycopg.Error,), close)
