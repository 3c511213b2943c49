"""The ledger: appending an entry against a bare INSERT of the same bytes, by one writer and by eight."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from api.cli.view import View, view
from evals.bench.timing import ms, ratio, together
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger
from storage.database import Database

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BODY = {"did": "opened", "title": "Supplier delay", "reasons": ["x" * 200], "evidence": ["T-0123456789ab"] * 4}
WRITERS = (1, 8)


def measure(postgres: str, folder: Path, entries: int) -> View:
    """One row per database and number of writers; every writer commits its own transaction for every entry."""
    rows = []
    for name, url in (("SQLite", f"sqlite:///{folder / 'ledger.db'}"), ("PostgreSQL", postgres)):
        database = Database(url)
        database.upgrade()
        insert = _sqlite(folder / "bare.db") if name == "SQLite" else _postgres(url)
        for writers in WRITERS:
            each = entries // writers
            together([_appending(database, 1)] * writers)  # connections are open before anything is measured
            ours, _ = together([_appending(database, each)] * writers)
            theirs, _ = together([insert(each) for _ in range(writers)])
            count = each * writers
            rows.append([name, writers, count, ms(ours / count), ms(theirs / count), ratio(ours, theirs)])
        with database.read() as session:
            assert Ledger(database, lambda: AT).verify_database(session).ok, "a broken chain has no speed to compare"
        database.close()
    return view(
        "ledger",
        "Ledger, beside a bare INSERT",
        "database | writers | entries | per entry | per bare INSERT | ratio",
        rows,
        [
            "Each entry is one transaction, on disk when it returns, in threads of one process. An entry is hashed, "
            "chained to the one before under a lock and written as two rows; a bare INSERT is one row of the same text."
        ],
    )


def _appending(database: Database, count: int) -> Callable[[], None]:
    ledger = Ledger(database, lambda: AT)

    def work() -> None:
        for _ in range(count):
            with database.write() as session:
                ledger.append(session, EntryKind.CASE, "bench", AT, BODY, case="C-1")

    return work


def _sqlite(file: Path) -> Callable[[int], Callable[[], None]]:
    with sqlite3.connect(file) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT)")
    made.close()

    def insert(count: int) -> Callable[[], None]:
        connection = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)

        def work() -> None:
            for _ in range(count):
                connection.execute("INSERT INTO bare (body) VALUES (?)", (str(BODY),))
            connection.close()

        return work

    return insert


def _postgres(url: str) -> Callable[[int], Callable[[], None]]:
    with psycopg.connect(url) as made:
        made.execute("CREATE TABLE bare (id serial PRIMARY KEY, body text)")

    def insert(count: int) -> Callable[[], None]:
        connection = psycopg.connect(url, autocommit=True)

        def work() -> None:
            for _ in range(count):
                connection.execute("INSERT INTO bare (body) VALUES (%s)", (str(BODY),))
            connection.close()

        return work

    return insert
