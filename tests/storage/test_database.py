"""The database itself: schema, transactions, and errors that say what to do."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Text, text

import storage.database
from domain.errors import BadInput, Conflict, StorageFailed
from storage import cases, counters
from storage.base import Instant
from storage.database import SCHEMA, Database
from storage.tables import METADATA, TABLES
from tests.databases import empty_url
from tests.storage.samples import case


def test_the_migrations_make_exactly_the_tables_of_the_rooms(db: Database):
    def differs(context: object, column: object, ours: object, found: object, wanted: object) -> bool | None:
        """An Instant is text in both; Alembic does not see through it."""
        return not isinstance(found, Text) if isinstance(wanted, Instant) else None

    with db._writer.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": differs})
        assert compare_metadata(context, METADATA) == []
    assert {table.__tablename__ for table in TABLES} == set(METADATA.tables)


def test_the_code_works_with_the_last_revision():
    folder = Path(storage.database.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == SCHEMA


def test_upgrade_can_be_run_by_many_at_once_and_again(backend: str, tmp_path: Path):
    url = empty_url(backend, tmp_path)
    databases = [Database(url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Database.upgrade, databases))
    for database in databases:
        database.upgrade()
        database.ensure_current()
        database.close()


def test_two_processes_may_upgrade_at_once(backend: str, tmp_path: Path):
    url = empty_url(backend, tmp_path)
    program = "import sys; from storage.database import Database; Database(sys.argv[1]).upgrade()"
    started = [
        subprocess.Popen([sys.executable, "-c", program, url], stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in started:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    database = Database(url)
    database.ensure_current()
    database.close()


def test_a_database_without_schema_says_so(backend: str, tmp_path: Path):
    database = Database(empty_url(backend, tmp_path))
    with pytest.raises(StorageFailed, match="has not been set up") as caught:
        database.ensure_current()
    assert caught.value.fix
    with pytest.raises(StorageFailed, match="has not been set up"), database.read() as session:
        counters.current(session, "case")
    database.close()


def test_looking_at_a_missing_sqlite_file_does_not_create_it(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(StorageFailed, match="has not been set up"):
        database.ensure_current()
    assert not list(tmp_path.iterdir())


def test_a_newer_schema_is_refused(db: Database):
    with db.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageFailed, match="schema 9999"):
        db.ensure_current()


def test_a_write_is_all_or_nothing(db: Database):
    with pytest.raises(RuntimeError), db.write() as session:
        cases.open_case(session, case())
        raise RuntimeError
    with db.read() as session:
        assert cases.listed(session) == ()


def test_a_read_cannot_write(db: Database):
    with pytest.raises(StorageFailed, match="cannot be written"), db.read() as session:
        counters.next_id(session, "case")
    with db.write() as session:
        assert counters.next_id(session, "case") == "C-1"


def test_a_read_sees_one_moment(db: Database):
    with db.read() as reader:
        before = counters.current(reader, "case")
        with db.write() as writer:
            counters.next_id(writer, "case")
        assert counters.current(reader, "case") == before


def test_the_same_key_twice_is_a_conflict(db: Database):
    with db.write() as session:
        cases.open_case(session, case())
    with pytest.raises(Conflict), db.write() as session:
        cases.open_case(session, case())


def test_a_locked_file_is_named_with_a_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storage.database, "BUSY_MILLISECONDS", 50)
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    database.upgrade()
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageFailed, match="another process holds") as caught, database.write():
        pass
    assert "try again" in str(caught.value)
    other.close()
    with database.write() as session:
        assert counters.next_id(session, "case") == "C-1"
    database.close()


def test_a_read_only_file_is_named_with_a_fix(tmp_path: Path):
    file = tmp_path / "a.db"
    database = Database(f"sqlite:///{file}")
    database.upgrade()
    database.close()
    read_only = Database(f"sqlite:///file:{file}?mode=ro&uri=true")
    with pytest.raises(StorageFailed, match="cannot be written") as caught, read_only.write() as session:
        counters.next_id(session, "case")
    assert "writable" in str(caught.value)
    read_only.close()


def test_a_read_only_mount_is_named_with_a_fix(tmp_path: Path):
    """Root ignores modes, so the folder is really mounted read-only, in a mount namespace of its own."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("this machine does not let us make a mount namespace")
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    database.upgrade()
    database.close()
    program = textwrap.dedent("""
        import sys
        from domain.errors import StorageFailed
        from storage import counters
        from storage.database import Database
        for name in ("a.db", "new.db"):
            database = Database(f"sqlite:///{sys.argv[1]}/{name}")
            try:
                database.upgrade()
                with database.write() as session:
                    counters.next_id(session, "case")
            except StorageFailed as error:
                print(error.message, "|", error.fix)
    """)
    (tmp_path / "program.py").write_text(program)
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" "$1/program.py" "$1"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", str(tmp_path), sys.executable],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stderr
    assert all("writable" in line for line in lines), lines


def test_a_full_disk_is_named_and_keeps_nothing_half_written(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    database.upgrade()
    with database.write() as session:
        cases.open_case(session, case("C-1"))
    with pytest.raises(StorageFailed, match="disk is full"), database.write() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
        session.execute(text(f"PRAGMA max_page_count={pages}"))
        for number in range(2, 5000):
            cases.open_case(session, case(f"C-{number}"))
    database.close()
    with database.read() as session:
        assert [found.id for found in cases.listed(session)] == ["C-1"]
    database.close()


def test_a_damaged_file_is_named(tmp_path: Path):
    (tmp_path / "a.db").write_bytes(b"this is not a database" * 100)
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    with pytest.raises(StorageFailed, match="not a database"):
        database.upgrade()
    database.close()


def test_a_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(StorageFailed, match="cannot be opened"):
        Database(f"sqlite:///{tmp_path / 'none' / 'a.db'}").upgrade()


def test_an_absent_server_is_named_without_its_password():
    database = Database("postgres://ann:sesame@127.0.0.1:9/none")
    with pytest.raises(StorageFailed, match="cannot be reached") as caught:
        database.upgrade()
    assert "sesame" not in str(caught.value)
    database.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://a/b", ""])
def test_a_url_of_no_known_database_is_refused_with_the_two_forms(url: str):
    with pytest.raises(BadInput, match="sqlite:///FILE"):
        Database(url)


def test_a_sqlite_database_waits_logs_ahead_and_checks_references(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    database.upgrade()
    with database.read() as session:
        asked = {name: session.execute(text(f"PRAGMA {name}")).scalar_one() for name in
                 ("journal_mode", "busy_timeout", "foreign_keys")}  # fmt: skip
    assert asked == {"journal_mode": "wal", "busy_timeout": 5000, "foreign_keys": 1}
    database.close()
