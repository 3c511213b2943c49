"""Proofs at the door: whoever changes the database file with the database's own tools is found, and where."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.conftest import AT
from tests.acceptance.door import quartermaster
from tests.ledger.test_proofs import ATTACKS


def attack(home: Path, *statements: str) -> None:
    """Drop every guard, then change rows, as somebody who owns the file can."""
    with closing(sqlite3.connect(home / "quartermaster.db")) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            database.execute(statement)
        database.commit()


@pytest.mark.parametrize("name", [name for name in ATTACKS if not name.startswith("last row")])
def test_verify_finds_an_attack_on_the_file_and_names_the_place(name: str, waiting: Path):
    statements, (seq, tamper) = ATTACKS[name]
    assert quartermaster(waiting, "ledger", "verify").code == 0
    attack(waiting, *statements)
    said = quartermaster(waiting, "ledger", "verify", "--output", "json")
    assert said.code == 4
    breach = said.rows("verification")[0]["breach"]
    assert (breach["seq"], breach["what"]) == (seq, tamper.value)
    table = quartermaster(waiting, "ledger", "verify")
    assert table.code == 4 and "broken" in table.out and f"first broken place: entry {seq} (" in table.out


def test_missing_last_rows_are_found_with_a_head_kept_elsewhere_and_only_with_it(waiting: Path, tmp_path: Path):
    kept = Path(shutil.copy(waiting / "heads.txt", tmp_path / "kept elsewhere.txt"))
    whole = quartermaster(waiting, "ledger", "verify", "--head", kept, "--output", "json").rows("verification")[0]
    assert whole["ok"] and whole["end_proven"]
    last = whole["count"] - 2
    attack(waiting, *(f"DELETE FROM {table} WHERE seq > {last}" for table in ("ledger_contents", "ledger")))
    blind = quartermaster(waiting, "ledger", "verify")
    assert blind.code == 0 and "--head" in blind.out, "it says what it cannot know"
    seeing = quartermaster(waiting, "ledger", "verify", "--head", kept, "--output", "json")
    assert seeing.code == 4
    assert seeing.rows("verification")[0]["breach"]["seq"] == last + 1


def test_an_export_verifies_without_the_database_and_any_change_of_it_is_found(waiting: Path, tmp_path: Path):
    file = tmp_path / "ledger.jsonl"
    assert quartermaster(waiting, *AT, "ledger", "export", file).code == 0
    nowhere, heads = tmp_path / "nowhere", waiting / "heads.txt"
    check = ("ledger", "verify", "--export", file, "--head", heads)
    assert quartermaster(nowhere, *check).code == 0 and not nowhere.exists()
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    for changed in (
        [*lines[:4], lines[4].replace("2026", "2025"), *lines[5:]],
        [*lines[:4], *lines[5:]],
        [*lines[:4], lines[5], lines[4], *lines[6:]],
        [*lines[:5], *lines[4:]],
        lines[:-1],
    ):
        file.write_text("".join(changed), encoding="utf-8")
        assert quartermaster(nowhere, *check).code == 4


def test_a_replay_gives_the_recorded_plan_byte_for_byte_and_says_where_another_differs(waiting: Path):
    said = quartermaster(waiting, "replay", "R-1", "--output", "json")
    found = said.rows("replay")[0]
    assert said.code == 0 and found["same"] and found["recorded"] == found["replayed"]
    with closing(sqlite3.connect(waiting / "quartermaster.db")) as database:
        (request,) = database.execute("SELECT request FROM runs WHERE id = 'R-1'").fetchone()
        assert "2026-03-20" in request
        database.execute("UPDATE runs SET request = replace(request, '2026-03-20', '2026-03-08') WHERE id = 'R-1'")
        database.commit()
    other = quartermaster(waiting, "replay", "R-1", "--output", "json")
    assert other.code == 4 and not other.rows("replay")[0]["same"] and other.rows("replay")[0]["difference"]


def test_a_snapshot_or_plan_that_was_changed_is_named_and_not_replayed(waiting: Path):
    """The changed snapshot is a good snapshot, packed as we pack it; only its content is another."""
    with closing(sqlite3.connect(waiting / "quartermaster.db")) as database:
        (plan,) = database.execute("SELECT body FROM plans").fetchone()
        (packed,) = database.execute("SELECT s.body FROM snapshots s JOIN runs r ON r.facts = s.id").fetchone()
        facts = zlib.decompress(packed)
        assert b'"on_hand":220' in facts and "PO-8801" in plan
        other = zlib.compress(facts.replace(b'"on_hand":220', b'"on_hand":221'))
        database.execute("UPDATE snapshots SET body = ? WHERE body = ?", (other, packed))
        database.commit()
        quartermaster(waiting, "replay", "R-1").refused(4, "snapshot", "was changed")
        database.execute("UPDATE snapshots SET body = ? WHERE body = ?", (packed, other))
        database.execute("UPDATE plans SET body = replace(body, 'PO-8801', 'PO-8802')")
        database.commit()
        quartermaster(waiting, "replay", "R-1").refused(4, "plan of case", "was changed")


def test_the_heads_file_names_a_line_that_is_no_head(waiting: Path, tmp_path: Path):
    (tmp_path / "heads").write_text("12 not-a-hash\n", encoding="utf-8")
    quartermaster(waiting, "ledger", "verify", "--head", tmp_path / "heads").refused(2, "line 1")
    refused = quartermaster(waiting, "ledger", "verify", "--head", tmp_path / "none", "--output", "json")
    assert refused.code == 2 and json.loads(refused.err)["data"]["fix"]
