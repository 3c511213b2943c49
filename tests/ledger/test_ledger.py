"""The ledger in a database: one writer, one chain, and proofs from the database, an export and a heads file."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from domain.errors import BadInput, Conflict, IntegrityBroken, UnknownReference
from guardrails.chain import EntryKind, Tamper
from guardrails.ledger import Ledger, grounds, verify_export
from storage import counters
from storage.database import Database, Session
from tests.databases import BACKENDS, migrated, migrated_url
from tests.ledger.attacks import NOW, breach, filled, ledger_of

WRITERS, EACH = 8, 5


def test_entries_say_who_when_why_and_come_back(db: Database):
    ledger = ledger_of(db)
    body = grounds(policy="P-1", planner="llm/1", model="m", facts="S-1", evidence=("T-1",), reasons=[{"rule": "r1"}])
    with db.write() as session:
        entry = ledger.append(
            session,
            EntryKind.APPROVAL,
            "ann",
            NOW.astimezone(timezone(timedelta(hours=2))),
            body,
            case="C-1",
            run="R-1",
        )
        ledger.append(session, EntryKind.INTENT, "gate", None, {"key": "k"}, move="C-1/r1/m1", action="a1")
    assert (entry.seq, entry.kind, entry.version, entry.at) == (1, "approval", 1, "2026-01-05T08:00:00+00:00")
    with db.read() as session:
        assert list(ledger.entries(session, [EntryKind.APPROVAL], case="C-1")) == [(entry, body)]
        ((second, said),) = ledger.entries(session, move="C-1/r1/m1", after=1)
        assert (second.prev, second.at, said) == (entry.hash, NOW.isoformat(), {"key": "k"})
        assert ledger.head(session).count == 2
    assert body["reasons"] == [{"rule": "r1"}] and "evidence" in body
    assert grounds() == {}


def test_an_entry_is_written_with_the_change_it_tells_of_or_not_at_all(db: Database):
    ledger = ledger_of(db)
    with pytest.raises(RuntimeError), db.write() as session:
        counters.next_id(session, "case")
        ledger.append(session, EntryKind.CASE, "intake", NOW, {})
        raise RuntimeError
    with db.read() as session:
        assert (counters.current(session, "case"), ledger.head(session).count) == (0, 0)


@pytest.mark.parametrize("body", [{"share": 0.5}, {"thing": object()}, {"text": "\ud800"}])
def test_what_has_no_canonical_form_is_refused(db: Database, body: dict[str, Any]):
    with db.write() as session, pytest.raises(BadInput, match="cannot be recorded"):
        ledger_of(db).append(session, EntryKind.CASE, "intake", NOW, body)


def test_a_time_without_zone_is_refused(db: Database):
    with db.write() as session, pytest.raises(BadInput, match="zone"):
        ledger_of(db).append(session, EntryKind.CASE, "intake", datetime(2026, 1, 5), {})


def test_writers_at_once_leave_one_unforked_chain(db: Database):
    ledger = ledger_of(db)
    gate = Barrier(WRITERS)

    def write(who: int) -> None:
        gate.wait(timeout=30)
        for number in range(EACH):
            with db.write() as session:
                ledger.append(session, EntryKind.OUTCOME, f"w{who}", NOW, {"number": number})
                ledger.append(session, EntryKind.OUTCOME, f"w{who}", NOW, {"again": number})

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    result = ledger.verify_now()
    assert result.ok and result.count == WRITERS * EACH * 2
    with db.read() as session:
        prevs = [entry.prev for entry, _ in ledger.entries(session)]
    assert len(set(prevs)) == len(prevs)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET actor = 'mallory' WHERE seq = 2",
        "DELETE FROM ledger WHERE seq = 6",
        "DELETE FROM ledger_contents WHERE seq = 6",
        "UPDATE ledger_contents SET body = '{}' WHERE seq = 2",
        "UPDATE ledger_contents SET seq = 60, body = NULL WHERE seq = 6",
    ],
)
def test_the_database_itself_refuses_to_change_the_ledger(db: Database, statement: str):
    ledger = filled(db)
    with pytest.raises((IntegrityBroken, Conflict)), db.write() as session:
        session.execute(text(statement))
    assert ledger.verify_now().ok


APPEND = """
import sys
from datetime import UTC, datetime
from concurrent.futures import ThreadPoolExecutor
from guardrails.chain import EntryKind
from guardrails.ledger import Ledger
from storage.database import Database
now = lambda: datetime(2026, 1, 5, 8, tzinfo=UTC)
db = Database(sys.argv[1])
ledger = Ledger(db, now)
def write(who):
    for number in range(10):
        with db.write() as session:
            ledger.append(session, EntryKind.OUTCOME, f"w{who}", None, {"number": number})
with ThreadPoolExecutor(4) as pool:
    list(pool.map(write, range(4)))
db.close()
"""


@pytest.mark.real
@pytest.mark.parametrize("name", BACKENDS)
def test_processes_at_once_leave_one_chain_without_fork_or_gap(name: str, tmp_path: Path):
    url = migrated_url(name, tmp_path)
    started = [subprocess.Popen([sys.executable, "-c", APPEND, url]) for _ in range(4)]
    assert [one.wait(timeout=120) for one in started] == [0] * 4
    db = Database(url)
    found = ledger_of(db).verify_now()
    assert found.ok and found.count == 4 * 4 * 10
    db.close()


def test_an_entry_is_on_disk_when_its_writer_goes_on(tmp_path: Path):
    """Who holds the ledger lets the next one in before the disk has answered; who wrote waits for it all the same."""
    with migrated("postgresql", tmp_path) as db:
        for number in range(20):
            with db.write() as session:
                ledger_of(db).append(session, EntryKind.CASE, "w", NOW, {"number": number})
                assert session.execute(text("SHOW synchronous_commit")).scalar() == "off"
                written = session.execute(text("SELECT pg_current_wal_insert_lsn()::text")).scalar()
            with db.read() as session:
                behind = text("SELECT pg_current_wal_flush_lsn() > CAST(:lsn AS pg_lsn)")
                assert session.execute(behind, {"lsn": written}).scalar() is True
                assert session.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_postgresql_refuses_to_empty_the_ledger(tmp_path: Path):
    with migrated("postgresql", tmp_path) as db:
        ledger = filled(db)
        with pytest.raises(IntegrityBroken), db.write() as session:
            session.execute(text("TRUNCATE ledger, ledger_contents"))
        assert ledger.verify_now().count == 6


def test_a_redaction_takes_the_content_and_leaves_the_proof(db: Database):
    ledger = filled(db)
    with db.write() as session:
        entry = ledger.redact(session, 3, "dpo", None, "asked by the person named")
    result = ledger.verify_now()
    assert result.ok and result.redacted == (3,)
    with db.read() as session:
        said = {found.seq: body for found, body in ledger.entries(session)}
        lines = list(ledger.export(session))
    assert said[3] is None
    assert (said[entry.seq] or {})["why"] == "asked by the person named"
    assert verify_export(lines).redacted == (3,)
    assert breach(verify_export(lines[:-1])) == (3, Tamper.CONTENT_MISSING)


@pytest.mark.parametrize(("seq", "error"), [(3, Conflict), (99, UnknownReference), (7, Conflict)])
def test_a_redaction_is_refused_twice_of_nothing_and_of_itself(db: Database, seq: int, error: type[Exception]):
    ledger = filled(db)
    with db.write() as session:
        ledger.redact(session, 3, "dpo", NOW, "once")
    with pytest.raises(error), db.write() as session:
        ledger.redact(session, seq, "dpo", NOW, "again")
    assert ledger.verify_now().count == 7


def test_head_is_held_for_whoever_asks_first(db: Database):
    """`hold` first, then change state: the order that cannot deadlock with another writer."""
    ledger = ledger_of(db)
    gate = Barrier(2)

    def write(who: str) -> int:
        gate.wait(timeout=30)
        with db.write() as session:
            before = ledger.hold(session).count
            counters.next_id(session, "case")
            _append_three(ledger, session, who)
            return before

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, ("ann", "bob"))) == [0, 3]
    with db.read() as session:
        assert [entry.actor for entry, _ in ledger.entries(session)] in (
            ["ann"] * 3 + ["bob"] * 3,
            ["bob"] * 3 + ["ann"] * 3,
        )


def _append_three(ledger: Ledger, session: Session, who: str) -> None:
    for number in range(3):
        ledger.append(session, EntryKind.CASE, who, NOW, {"number": number})
