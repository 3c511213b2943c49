"""A filled ledger, and what somebody with the database's own tools can do to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

from sqlalchemy import make_url

from guardrails.chain import EntryKind, Tamper, Verification
from guardrails.ledger import Ledger, grounds
from storage.database import Database

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


def ledger_of(db: Database) -> Ledger:
    return Ledger(db, lambda: NOW)


def filled(db: Database, count: int = 6) -> Ledger:
    ledger = ledger_of(db)
    with db.write() as session:
        for number in range(count):
            body = grounds(policy="P-1", planner="rules/1", facts="S-1", evidence=["T-1"]) | {"number": number}
            ledger.append(session, EntryKind.DECISION, "copilot", NOW, body, case="C-1", move=f"C-1/r1/m{number}")
    return ledger


def tamper(db: Database, *statements: str) -> None:
    """What somebody with the database's own tools can do: take the guards away, then change rows."""
    if db.is_postgresql:
        with db.write() as session:
            for statement in ("SET LOCAL session_replication_role = replica", *statements):
                session.connection().exec_driver_sql(statement)
        return
    with closing(sqlite3.connect(str(make_url(db.name).database))) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def breach(result: Verification) -> tuple[int, Tamper]:
    assert result.breach is not None
    return result.breach.seq, result.breach.what
