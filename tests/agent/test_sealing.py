"""Signing as it happens by itself: by the worker when it is due, with every export, and never over what was changed."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from api.cli.commands import ledger
from api.cli.output import Format, Output
from api.cli.session import Session
from domain.errors import Conflict, IntegrityBroken, NotAllowed
from guardrails.chain import EntryKind
from guardrails.heads import read_heads
from guardrails.ledger import verify_export
from guardrails.signing import read_publics
from tests.agent.house import NOW, opened

TRUNCATION = (
    "Truncation to an older signed checkpoint is found with a head file, and reported as undetectable without one."
)


def test_a_worker_signs_when_so_much_came_or_so_long_went_by(delayed: Path):
    with opened(delayed, checkpoint_entries=1000, checkpoint_minutes=30) as app:
        assert app.records.seal() is None, "there is no key yet"
        app.records.begin_keys("omar")
        assert app.records.seal() is None
        list(app.export("arthur"))
        assert app.records.seal() is None, "an export signs by itself"
        app.stop("lena", "wms", "storm")
        assert app.records.seal() is None
    with opened(delayed, now=NOW + timedelta(minutes=31), checkpoint_minutes=30) as app:
        made = app.records.seal()
        assert made is not None and made.number == 3
        app.stop("lena", "erp", "storm")
    with opened(delayed, now=NOW + timedelta(minutes=32), checkpoint_entries=1) as app:
        assert app.records.seal() is not None and app.records.seal() is None
        assert [head.count for head in read_heads(app.records.checkpoints_file)][-1] == app.head().count - 1
        assert app.verify(read_heads(app.records.checkpoints_file)).ok


def test_what_was_tampered_with_is_told_and_not_signed_and_goes_out_all_the_same(delayed: Path):
    with opened(delayed, checkpoint_entries=1) as app:
        app.records.begin_keys("omar")
        app.stop("lena", "wms", "storm")
        assert app.records.seal() is not None
        app.stop("lena", "erp", "storm")
        last = app.head().count
        app.records.keep_head()
    with closing(sqlite3.connect(delayed / "quartermaster.db")) as database:
        for trigger in ("ledger_never_shrinks", "ledger_contents_never_shrink"):
            database.execute(f"DROP TRIGGER {trigger}")
        for table in ("ledger_contents", "ledger"):
            database.execute(f"DELETE FROM {table} WHERE seq = {last}")
        database.commit()
    told: list[str] = []
    with opened(delayed, checkpoint_entries=1) as app:
        app.stop("lena", "tms", "storm")
        for _ in range(2):
            assert app.records.seal(told.append) is None
        assert len(told) == 1 and f"entry {last} (edited)" in told[0] and "nothing is signed" in told[0]
        assert app.records.trouble == told[0]
        assert [(one.cause, one.level) for one in app.pilot.demotions()] == [("verify", "observe")]
        with pytest.raises(IntegrityBroken):
            app.records.checkpoint()
        lines = list(app.export("arthur"))
        assert not verify_export(lines, read_heads(app.heads_file)).ok


def test_a_key_that_could_not_begin_leaves_no_file(delayed: Path):
    with opened(delayed) as app:
        first = app.records.begin_keys("omar")
        with pytest.raises(Conflict):
            app.records.begin_keys("omar")
        second = app.records.rotate_keys("omar")
        assert [key.id for key in app.records.keys()] == [first.id, second.id]  # noqa: SIM118 - no mapping
        files = {path.name for path in (delayed / "keys").iterdir()}
        assert files == {f"{key.id}{end}" for key in (first, second) for end in (".key", ".pub")}


@pytest.mark.parametrize("who", ["paula", "arthur", "nobody-at-all"])
def test_whoever_does_not_keep_the_keys_neither_begins_nor_rotates_them_and_the_try_is_recorded(
    delayed: Path, who: str
):
    with opened(delayed) as app:
        for attempt in (app.records.begin_keys, app.records.rotate_keys):
            with pytest.raises(NotAllowed):
                attempt(who)
        assert app.records.keys() == () and not list((delayed / "keys").glob("*"))
        with app._parts.database.read() as session:
            said = [body for _, body in app._parts.ledger.entries(session, [EntryKind.DENIAL])]
        assert [body["attempt"] for body in said if body and body["user"] == who] == ["keys", "keys"]


def test_verify_says_what_is_proven_up_to_where(delayed: Path, tmp_path: Path):
    with opened(delayed) as app:
        key = app.records.begin_keys("omar")
        export = tmp_path / "ledger.jsonl"
        export.write_text("\n".join(app.export("arthur")) + "\n")
        heads = app.records.checkpoints_file
        count = app.head().count
    public = delayed / "keys" / f"{key.id}.pub"
    assert len(read_publics(public)) == 1

    def said(**given: object) -> tuple[int, str]:
        out = io.StringIO()
        session = Session(Output(Format.TABLE, out), tmp_path / "nothing here", None, None)
        code = ledger.verify(session, **{"head": (), "export": export, "key": (), **given})  # type: ignore[arg-type]
        return code, " ".join(out.getvalue().split())

    code, text = said(key=(public,), head=(heads,))
    assert code == 0 and f"signed: entries 1 to {count - 1}, by {key.id}" in text
    assert f"not signed yet: entries {count} to {count}" in text and "undetectable" not in text and "--key" not in text
    code, text = said()
    assert code == 0 and TRUNCATION in text and "--key FILE" in text
    export.write_text(export.read_text().replace("supplier-portal", "supplier-portul", 1))
    code, text = said(key=(public,))
    assert code == 4 and "first broken place: entry" in text
