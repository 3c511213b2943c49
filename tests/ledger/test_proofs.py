"""Proofs from the database, from an export and from a heads file: every attack is found in its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.errors import BadInput, StorageFailed
from guardrails.chain import EntryKind, Tamper
from guardrails.heads import read_heads, record_head
from guardrails.ledger import verify_export
from storage.database import Database
from tests.databases import BACKENDS, migrated
from tests.ledger.attacks import NOW, breach, filled, tamper

ATTACKS = {
    "edited": (["UPDATE ledger SET actor = 'mallory' WHERE seq = 2"], (2, Tamper.EDITED)),
    "dated back": (["UPDATE ledger SET at = '2025-01-01T00:00:00+00:00' WHERE seq = 4"], (4, Tamper.EDITED)),
    "removed": (
        ["DELETE FROM ledger_contents WHERE seq = 3", "DELETE FROM ledger WHERE seq = 3"],
        (3, Tamper.REMOVED),
    ),
    "swapped": (
        [f"UPDATE {table} SET seq = {new} WHERE seq = {old}" for table in ("ledger_contents", "ledger")
         for old, new in ((2, 99), (5, 2), (99, 5))],
        (2, Tamper.SWAPPED),
    ),
    "inserted": (
        [f"UPDATE {table} SET seq = seq + 100 WHERE seq > 3" for table in ("ledger_contents", "ledger")]
        + [f"UPDATE {table} SET seq = seq - 99 WHERE seq > 3" for table in ("ledger_contents", "ledger")]
        + [
            'INSERT INTO ledger SELECT 4, kind, version, at, actor, "case", run, move, action, content_hash, prev, '
            "hash FROM ledger WHERE seq = 2",
            "INSERT INTO ledger_contents SELECT 4, body, NULL FROM ledger_contents WHERE seq = 2",
        ],
        (4, Tamper.INSERTED),
    ),
    "content edited": (
        ["UPDATE ledger_contents SET body = '{\"number\":9}' WHERE seq = 5"],
        (5, Tamper.CONTENT_EDITED),
    ),
    "content emptied": (["UPDATE ledger_contents SET body = NULL WHERE seq = 5"], (5, Tamper.CONTENT_MISSING)),
    "content removed": (["DELETE FROM ledger_contents WHERE seq = 1"], (1, Tamper.CONTENT_MISSING)),
    "last row removed, its content left": (["DELETE FROM ledger WHERE seq = 6"], (6, Tamper.REMOVED)),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_on_the_tables_is_found_in_the_database_and_in_its_export(db: Database, attack: str):
    ledger = filled(db)
    statements, expected = ATTACKS[attack]
    tamper(db, *statements)
    assert breach(ledger.verify_now()) == expected
    with db.read() as session:
        exported = verify_export(ledger.export(session))
    if attack.startswith("last row"):
        assert exported.ok, "an export holds no content without a row; only a head tells"
    else:
        assert breach(exported) == expected


def test_removed_last_rows_are_found_with_the_heads_file_only(db: Database, tmp_path: Path):
    ledger = filled(db)
    file = tmp_path / "data" / "heads"
    with db.read() as session:
        head = ledger.head(session)
    record_head(file, head.count, head.hash, NOW)
    tamper(db, "DELETE FROM ledger_contents WHERE seq > 4", "DELETE FROM ledger WHERE seq > 4")
    blind = ledger.verify_now()
    assert blind.ok and not blind.end_proven
    assert breach(ledger.verify_now(read_heads(file)[-1])) == (5, Tamper.TRUNCATED)
    with db.write() as session:  # life goes on, and hides nothing from an older head
        for _ in range(3):
            last = ledger.append(session, EntryKind.DECISION, "copilot", NOW, {})
    record_head(file, last.seq, last.hash, NOW)
    assert breach(ledger.verify_now(read_heads(file))) == (6, Tamper.EDITED)


def test_a_heads_file_grows_by_lines_and_names_a_bad_one(tmp_path: Path):
    file = tmp_path / "heads"
    for count in (1, 2):
        record_head(file, count, str(count) * 64, NOW)
    assert file.read_text() == "".join(f"{n} {str(n) * 64} 2026-01-05T08:00:00+00:00\n" for n in (1, 2))
    assert [head.count for head in read_heads(file)] == [1, 2]
    file.write_text(file.read_text() + "three\n")
    with pytest.raises(BadInput, match="line 3"):
        read_heads(file)
    with pytest.raises(BadInput, match="none"):
        read_heads(tmp_path / "none")
    with pytest.raises(StorageFailed, match="could not be written"):
        record_head(file / "below a file", 1, "1" * 64, NOW)


def test_an_export_is_the_same_bytes_on_both_databases_and_every_time(tmp_path: Path):
    exports = []
    for name in (*BACKENDS, "sqlite"):
        with migrated(name, tmp_path) as db:
            ledger = filled(db)
            with db.read() as session:
                exports.append("\n".join(ledger.export(session)))
    assert len(set(exports)) == 1
    first = json.loads(exports[0].splitlines()[0])
    assert first["content"]["number"] == 0 and first["entry"]["seq"] == 1


EDITS: dict[str, Callable[[list[str]], None]] = {
    "a letter": lambda lines: lines.__setitem__(2, lines[2].replace("copilot", "mallory")),
    "a space": lambda lines: lines.__setitem__(2, lines[2].replace(",", ", ", 1)),
    "cut short": lambda lines: lines.__setitem__(2, lines[2][:-2]),
    "another field": lambda lines: lines.__setitem__(2, lines[2].replace('"entry":{', '"entry":{"a":1,')),
    "not an object": lambda lines: lines.__setitem__(2, "[1]"),
    "nested beyond reason": lambda lines: lines.__setitem__(2, "[" * 100_000),
    "the content": lambda lines: lines.__setitem__(2, lines[2].replace('"number":2', '"number":3')),
}


@pytest.mark.parametrize("edit", EDITS)
def test_any_change_of_an_exported_line_is_found_there(edit: str, tmp_path: Path):
    with migrated("sqlite", tmp_path) as db:
        ledger = filled(db)
        with db.read() as session:
            lines = list(ledger.export(session))
    assert verify_export(lines).ok
    EDITS[edit](lines)
    assert breach(verify_export(lines))[0] == 3
