"""`triage` and `worker` on the command line: report files, progress, usage, and a clean stop."""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from api.cli.exits import OK, USAGE
from tests.acceptance.door import ended, process, quartermaster
from tests.triage.test_sweeping import wait_for

AT = ("--now", "2026-03-02T09:00Z")


def test_triage_reports_on_stdout_in_a_file_and_tells_how_far_it_is(tmp_path: Path):
    home, words, figures = tmp_path / "home", tmp_path / "night.md", tmp_path / "night.json"
    said = quartermaster(home, *AT, "triage", "--once", "--report", words, "--output", "json")
    assert said.code == OK, said.err
    assert "new cases to plan" in said.err and "is planned" in said.err
    report = said.rows("report")[0]
    assert report["version"] == 1 and report["exceptions"] and report["done"] and report["queued"]
    assert all(move["roles"] for move in report["queued"])
    assert words.read_text(encoding="utf-8").startswith("# Triage of 2026-03-02 09:00 UTC")
    again = quartermaster(home, *AT, "triage", "--once", "--report", figures, "--output", "json")
    assert again.code == OK
    envelope = json.loads(figures.read_text(encoding="utf-8"))
    assert (envelope["schema"], envelope["kind"]) == ("quartermaster/1", "triage_report")
    assert {item["how"] for item in envelope["data"]["exceptions"]} <= {"known"}
    assert not envelope["data"]["done"] and envelope["data"]["waiting_in_all"] == report["waiting_in_all"]


@pytest.mark.parametrize(
    "words",
    [
        ("triage",),
        ("triage", "--once", "--watch"),
        ("triage", "--once", "--every", "5"),
        ("triage", "--watch", "--every", "0"),
        ("worker", "--every", "9999"),
    ],
)
def test_unusable_ways_to_call_it_are_refused(tmp_path: Path, words: tuple[str, ...]):
    quartermaster(tmp_path / "home", *words).refused(USAGE)


def test_a_report_that_cannot_be_written_is_said(tmp_path: Path):
    said = quartermaster(tmp_path / "home", *AT, "triage", "--once", "--report", tmp_path / "no" / "such.md")
    said.refused(5, "--report")


@pytest.mark.real
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_worker_sweeps_and_stops_cleanly_when_asked(tmp_path: Path):
    home = tmp_path / "home"
    running = process(home, "worker", "--every", "15")

    def swept() -> bool:
        if not (home / "quartermaster.db").exists():
            return False
        with closing(sqlite3.connect(home / "quartermaster.db")) as ours:
            made = ours.execute("SELECT name FROM sqlite_master WHERE name = 'sweeps'").fetchall()
            return bool(made and ours.execute("SELECT number FROM sweeps").fetchall())

    try:
        wait_for(swept)
    finally:
        running.send_signal(signal.SIGTERM)
        said = ended(running)
    assert said.code == OK, said.err
    assert "Working (a sweep every 15 minutes)" in said.err and "Stopped" in said.err
    assert "Traceback" not in said.err
