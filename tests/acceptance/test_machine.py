"""The machine fails us: a locked database, a full disk, a folder that cannot be written. Said, and nothing is lost."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import AT
from tests.acceptance.door import EVENTS, may, python, quartermaster

DOWN = 5
MOUNT = ("unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size="$0" tmpfs "$1" && shift && exec "$@"')

HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_by_another_process(file: Path) -> Iterator[None]:
    """Another process has a write transaction on the file, until the end."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        yield
    finally:
        holder.communicate("")


@pytest.mark.real
def test_a_locked_database_is_said_and_the_same_command_works_when_it_is_free(waiting: Path):
    words = (*AT, "event", EVENTS / "short_stock.json")
    with held_by_another_process(waiting / "quartermaster.db"):
        quartermaster(waiting, *words).refused(DOWN, "another process holds the database")
        assert quartermaster(waiting, "approvals", "list").code == 0, "looking needs no lock"
    said = quartermaster(waiting, *words, "--output", "json")
    assert said.code == 0 and said.rows("events")[0]["arrived"] == "accepted"
    sound(waiting)


@pytest.mark.nightly
@pytest.mark.parametrize("file", ["distributor.db", "threads.db", "durable.db"])
def test_any_locked_file_is_said_and_the_event_is_not_lost(file: str, waiting: Path):
    """An event that was received goes on with the next command, whatever stopped it."""
    words = (*AT, "event", EVENTS / "short_stock.json")
    with held_by_another_process(waiting / file):
        said = quartermaster(waiting, *words)
        assert said.code in (0, DOWN) and "Traceback" not in said.err, said.err
    assert quartermaster(waiting, *words).code == 0
    assert quartermaster(waiting, *AT, "triage", "--once").code == 0
    cases = {row["case"] for row in quartermaster(waiting, "runs", "--output", "json").rows("runs")}
    assert "C-2" in cases
    sound(waiting)


def sound(home: Path) -> None:
    """No run is stuck, the ledger is whole, and the plans can be made again."""
    runs = quartermaster(home, "runs", "--output", "json").rows("runs")
    assert {row["state"] for row in runs} <= {"waiting", "done"}, runs
    assert quartermaster(home, "ledger", "verify", "--head", home / "heads.txt").code == 0
    for row in runs:
        assert quartermaster(home, "replay", row["run"]).code == 0


IN_A_SMALL_PLACE = """
import json, os, shutil, subprocess, sys, time
from pathlib import Path
from tests.acceptance.conftest import AT
from tests.acceptance.door import EVENTS, quartermaster
source, place = Path({source!r}), Path({place!r})
home = place / "home"
shutil.copytree(source, home)
found = {{}}
def say(name, *words):
    said = quartermaster(home, *AT, *words, QUARTERMASTER_LEASE_SECONDS="2")
    found[name] = [said.code, said.err]
{story}
print(json.dumps(found))
"""

FILL = """
def fill(leave):
    filler = place / "filler"
    free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
    filler.write_bytes(b"x" * max(0, free - leave))
"""

FULL = (
    FILL
    + """
event = str(EVENTS / "short_stock.json")
for leave in (0, 60_000, 200_000):
    fill(leave)
    say(f"event with {leave} bytes left", "event", event)
    say(f"list with {leave} bytes left", "approvals", "list")
    (place / "filler").unlink()
fill(0)
say("export", "ledger", "export", str(place / "ledger.jsonl"))
found["no export is left"] = [sorted(p.name for p in place.iterdir()), ""]
(place / "filler").unlink()
say("event again", "event", event)
say("triage", "triage", "--once")
say("verify", "ledger", "verify", "--head", str(home / "heads.txt"))
runs = quartermaster(home, "runs", "--output", "json").rows("runs")
found["runs"] = [[row["state"] for row in runs], ""]
found["replays"] = [[quartermaster(home, "replay", row["run"]).code for row in runs], ""]
"""
)

FULL_AT_ANY_MOMENT = (
    FILL
    + """
event = str(EVENTS / "short_stock.json")
for leave in range(0, 3_000_000, 150_000):
    shutil.rmtree(home)
    shutil.copytree(source, home)
    fill(leave)
    say(f"event with {leave} bytes left", "event", event)
    (place / "filler").unlink()
    time.sleep(2.1)  # what this process could not give back lasts as long as a lease; a process that ended has none
    say("again", "event", event)
    say("triage", "triage", "--once")
    say("verify", "ledger", "verify", "--head", str(home / "heads.txt"))
    runs = quartermaster(home, "runs", "--output", "json").rows("runs")
    replays = [quartermaster(home, "replay", row["run"]).code for row in runs]
    ends = [found[name][0] for name in ("again", "triage", "verify")]
    found[f"after {leave}"] = [ends, [row["state"] for row in runs], replays]
"""
)

READ_ONLY = """
other = str(EVENTS / "wave_at_risk.json")
subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
say("read-only event", "event", other)
say("read-only approve", "approvals", "approve", "A-1", "--as", "lena")
say("read-only triage", "triage", "--once")
say("read-only stop", "stop", "--as", "lena")
anew = quartermaster(place / "new", "demo")
found["read-only demo"] = [anew.code, anew.err]
say("read-only list", "approvals", "list")
subprocess.run(["mount", "-o", "remount,rw", str(place)], check=True)
say("event afterwards", "event", other)
say("verify afterwards", "ledger", "verify", "--head", str(home / "heads.txt"))
runs = quartermaster(home, "runs", "--output", "json").rows("runs")
found["runs afterwards"] = [[row["state"] for row in runs], ""]
"""

here = Path(__file__).parent
no_mounts = pytest.mark.skipif(
    not may(*MOUNT, "1m", str(here), "true"), reason="this machine lets nobody mount (unshare -rm, mount -t tmpfs)"
)


def told_in(place: Path, home: Path, size: str, story: str) -> dict[str, Any]:
    """A story told inside a file system of its own of this size; (exit code, stderr) by name."""
    place.mkdir()
    code = IN_A_SMALL_PLACE.format(source=str(home), place=str(place), story=story)
    said = python(code, *MOUNT, size, str(place))
    assert said.code == 0, said.err
    found: dict[str, Any] = json.loads(said.out.splitlines()[-1])
    print(json.dumps(found, indent=1))  # what the machine's failures looked like, when a test fails
    return found


def refused(found: list[Any]) -> None:
    code, err = found
    assert code == DOWN and "Fix: " in err and "Traceback" not in err, err


@pytest.fixture(scope="module")
def found(case: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was said in a small place that was full, then free again, then read-only, then writable again."""
    return told_in(tmp_path_factory.mktemp("places") / "small", case, "6m", FULL + READ_ONLY)


@pytest.mark.real
@no_mounts
def test_a_full_disk_is_said_and_after_some_is_freed_everything_goes_on(found: dict[str, Any]):
    refused(found["event with 0 bytes left"])
    for name, (code, err) in found.items():
        if name.startswith(("event with", "list with")):
            assert code in (0, 4, DOWN) and "Traceback" not in err, (name, err)
    assert found["export"][0] in (2, DOWN) and "ledger.jsonl" not in found["no export is left"][0]
    assert [found[name][0] for name in ("event again", "triage", "verify")] == [0, 0, 0]
    assert len(found["runs"][0]) >= 2 and set(found["runs"][0]) <= {"waiting", "done"}
    assert set(found["replays"][0]) == {0}


@no_mounts
@pytest.mark.nightly
def test_a_disk_that_fills_up_at_any_moment_loses_nothing(waiting: Path, tmp_path: Path):
    found = told_in(tmp_path / "small", waiting, "8m", FULL_AT_ANY_MOMENT)
    stopped = [name for name, (code, *_) in found.items() if name.startswith("event with") and code]
    assert len(stopped) >= 3, "some of them were stopped in the middle"
    for name, answer in found.items():
        if name.startswith("event with"):
            code, err = answer
            assert code in (0, 4, DOWN) and "Traceback" not in err, (name, err)
        if name.startswith("after"):
            ends, runs, replays = answer
            assert ends == [0, 0, 0] and set(replays) == {0}, (name, answer)
            assert len(runs) >= 2 and set(runs) <= {"waiting", "done"}, (name, answer)


@pytest.mark.real
@no_mounts
def test_a_folder_that_cannot_be_written_is_said_and_works_again_when_it_can(found: dict[str, Any]):
    for name in ("event", "approve", "triage", "stop", "demo"):
        refused(found[f"read-only {name}"])
    assert found["read-only list"][0] in (0, DOWN) and "Traceback" not in found["read-only list"][1]
    assert found["event afterwards"][0] == 0 and found["verify afterwards"][0] == 0
    assert len(found["runs afterwards"][0]) > len(found["runs"][0]), "the refused event came in afterwards"
    assert set(found["runs afterwards"][0]) <= {"waiting", "done"}


def test_a_damaged_file_is_named_whichever_it_is(waiting: Path):
    for name in ("quartermaster.db", "distributor.db", "threads.db", "durable.db"):
        file = waiting / name
        good = file.read_bytes()
        with closing(sqlite3.connect(file)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file.write_bytes(b"no database at all" * 100)
        quartermaster(waiting, *AT, "event", EVENTS / "short_stock.json").refused(DOWN)
        file.write_bytes(good)
