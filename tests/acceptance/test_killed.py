"""SIGKILL of the whole program at any moment. (tests/agent/test_kill.py kills at each step of a saga, by name.)"""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.conftest import AT
from tests.acceptance.door import EVENTS, ended, process, quartermaster
from tests.agent.house import distributor, opened, who


def effects(home: Path) -> Counter[str]:
    """How often each key was carried out, as the distributor's own books say."""
    with closing(sqlite3.connect(home / "distributor.db")) as database:
        return Counter(key for (key,) in database.execute("SELECT key FROM sys_effects"))


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(4))
def test_killed_again_and_again_while_deciding_every_effect_is_there_once(seed: int, waiting: Path):
    """Each approval is answered by a process that is killed at a random moment, until it stays answered."""
    dice = random.Random(seed)
    killed = 0
    for _ in range(60):
        with opened(waiting) as app:
            cards = [card for card in app.approvals() if not card.before]
        if not cards:
            break
        words = ("approvals", "approve", cards[0].approval, "--as", who(cards[0]))
        running = process(waiting, *AT, *words)
        time.sleep(dice.uniform(0.6, 4.0))
        running.send_signal(signal.SIGKILL)
        killed += ended(running).code == -signal.SIGKILL
    assert killed
    assert quartermaster(waiting, *AT, "triage", "--once").code == 0
    finished(waiting)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(4))
def test_killed_while_an_event_comes_in_it_is_planned_once_by_whoever_comes_next(seed: int, tmp_path: Path):
    home, words = tmp_path / "home", (*AT, "event", EVENTS / "supplier_delay.json")
    running = process(home, *words)
    time.sleep(random.Random(seed).uniform(0.5, 5.0))
    running.send_signal(signal.SIGKILL)
    ended(running)
    for _ in range(2):
        assert quartermaster(home, *words).code == 0
    assert quartermaster(home, *AT, "triage", "--once").code == 0
    runs = quartermaster(home, "runs", "--output", "json").rows("runs")
    assert [row["case"] for row in runs if row["kind"] == "event"] == ["C-1"]
    finished(home)


def finished(home: Path) -> None:
    """Nothing is under way, every effect was carried out once and told once, and the books are right."""
    assert quartermaster(home, "ledger", "verify", "--head", home / "heads.txt").code == 0
    with opened(home) as app:
        moves = [item for run in app.runs() for item in app.report(run.id).moves]
        assert {item.state.value for item in moves} <= {"executed", "waiting", "superseded", "cancelled", "denied"}
        entries = [json.loads(line)["entry"] for line in app.export()]
        for item in moves:
            if item.state.value == "executed":
                told = Counter(e["action"] for e in entries if e["move"] == item.move.id and e["kind"] == "outcome")
                assert {action.id: 1 for action in item.move.actions}.items() <= told.items()
        for run in app.runs():
            assert app.replay(run.id).same
    assert set(effects(home).values()) <= {1}
    with distributor(home) as outside:
        assert outside.audit() == []
