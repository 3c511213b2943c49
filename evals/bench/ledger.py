"""The ledger: appending an entry against a bare INSERT of the same bytes, by one writer and by sixteen."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

import psycopg

from api.cli.view import View, view
from evals.bench.timing import ms, ratio, together
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger
from storage.database import Database

GATES: list[Barrier] = []
"""In a process of several: where they wait for each other."""
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BODY = {"did": "opened", "title": "Supplier delay", "reasons": ["x" * 200], "evidence": ["T-0123456789ab"] * 4}
WRITERS = ((1, 1), (1, 16), (4, 4))
"""Processes, and threads in each."""


def measure(postgres: str, folder: Path, entries: int, most_processes: int = 4) -> View:
    """One row per database and number of writers; every writer commits its own transaction for every entry."""
    rows = []
    for name, url in (("SQLite", f"sqlite:///{folder / 'ledger.db'}"), ("PostgreSQL", postgres)):
        database = Database(url)
        database.upgrade()
        insert = _sqlite(folder / "bare.db") if name == "SQLite" else _postgres(url)
        for processes, threads in (one for one in WRITERS if one[0] <= most_processes):
            writers = processes * threads
            each = entries // writers
            ours = _ours(url, processes, threads, each)
            theirs, _ = together([insert(each) for _ in range(writers)])
            count = each * writers
            who = f"{threads} in each of {processes} processes" if processes > 1 else str(threads)
            rows.append(
                [name, who, count, ms(ours / count), f"{count / ours:.0f}/s", ms(theirs / count), ratio(ours, theirs)]
            )
        with database.read() as session:
            found = Ledger(database, lambda: AT).verify_database(session)
        assert found.ok, f"a broken chain has no speed to compare: {found.breach}"
        database.close()
    return view(
        "ledger",
        "Ledger, beside a bare INSERT",
        "database | writers | entries | per entry | entries | per bare INSERT | ratio",
        rows,
        [
            "Each entry is one transaction, on disk when it returns; a bare INSERT is one row of the same text, by as "
            "many threads of one process. An entry is hashed, chained to the one before under a lock, and written as "
            "two rows. On PostgreSQL the lock is held until the commit is written, and the wait for the disk is shared."
        ],
    )


def _ours(url: str, processes: int, threads: int, each: int) -> float:
    """Seconds until every writer has appended `each` entries, in this process or in several that start together."""
    if processes == 1:
        return _writing(url, threads, each, None)
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(processes)
    with ProcessPoolExecutor(processes, context, _gated, (gate,)) as pool:
        return max(pool.map(_in_process, [(url, threads, each)] * processes))


def _gated(gate: Barrier) -> None:
    GATES.append(gate)


def _in_process(given: tuple[str, int, int]) -> float:
    return _writing(*given, GATES[0])


def _writing(url: str, threads: int, each: int, gate: Barrier | None) -> float:
    database = Database(url)
    together([_appending(database, 1)] * threads)  # connections are open before anything is measured
    if gate is not None:
        gate.wait()
    seconds, _ = together([_appending(database, each)] * threads)
    database.close()
    return seconds


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
