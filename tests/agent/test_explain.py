"""One entry answers who, what, when, on which facts, policy, planner and model, why, approved by whom, what came."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from agent.runtime.application import Application
from domain.errors import UnknownReference
from evals.harness.story import play
from evals.worlds.generate import generate
from guardrails.chain import EntryKind
from guardrails.explaining import NOBODY, QUESTIONS
from tests.agent.house import approve_fully, opened, waiting_moves

DRAWN = [random.SystemRandom().randrange(10**6) for _ in range(3)]
ANSWERED_BY_ITSELF = ("for", "operation", "body", "facts", "policy", "planner", "model", "reasons", "state", "receipt")


def effects_answered(app: Application) -> int:
    """Every executed effect answers all nine, in its own entry too; how many there are."""
    done = [
        item for item in app.browse.ledger(kinds=[EntryKind.OUTCOME], limit=10**6) if (item.says or {}).get("state")
    ]
    known = {approval.decided_by for approval in app.approvals(everything=True)}
    for item in done:
        found = app.records.explain(item.entry.seq)
        missing = [name for name, _ in QUESTIONS if not getattr(found, name)]
        assert missing == [], (item.entry, missing)
        says = item.says or {}
        assert [name for name in ANSWERED_BY_ITSELF if says.get(name) in (None, "", [])] == []
        assert says["attended"] is bool(says["approved_by"]) is (found.approved_by != NOBODY)
        assert {one["by"] for one in says["approved_by"]} <= known
        assert found.follows_from and found.follows_from[-1] < item.entry.seq
        assert found.policy.startswith("P-") and found.facts.startswith("S-")
    return len(done)


def test_every_executed_effect_answers_all_nine_questions(delayed: Path):
    with opened(delayed) as app:
        approve_fully(app, waiting_moves(app)[0])
        assert effects_answered(app) > 20
        attended = [
            e for e in app.browse.ledger(kinds=[EntryKind.OUTCOME], limit=500) if (e.says or {}).get("attended")
        ]
        told = app.records.explain(attended[-1].entry.seq)
        assert "(lead) at 2026-" in told.approved_by and "supplier-portal" in told.who
        assert "model none" in told.planner and "reallocate-large" in told.why
        assert told.result.startswith("done, receipt ")
        for item in app.browse.ledger(limit=500):
            app.records.explain(item.entry.seq)
        with pytest.raises(UnknownReference):
            app.records.explain(99_999)


def test_an_entry_of_an_older_version_is_explained_by_those_it_follows_from(delayed: Path):
    with opened(delayed) as app:
        admitted = app.browse.ledger(kinds=[EntryKind.ADMISSION], limit=1)[0].entry
        with app._parts.database.write() as session:
            body = {"operation": "erp.reserve", "key": "k", "state": "done", "receipt": "R-1", "why": ""}
            about = {"case": admitted.case, "run": admitted.run, "move": admitted.move, "action": "a1"}
            old = app._parts.ledger.append(session, EntryKind.OUTCOME, "gate", None, body, **about)
        found = app.records.explain(old.seq)
        assert [name for name, _ in QUESTIONS if not getattr(found, name)] == []
        assert found.approved_by == NOBODY and "units" not in found.result


@pytest.mark.nightly
@pytest.mark.parametrize("which", range(3), ids=["first", "second", "third"])
def test_every_executed_effect_of_drawn_worlds_answers_all_nine_questions(which: int, tmp_path: Path):
    seed = DRAWN[which]
    print(f"world {seed}")
    story = play(generate(seed), tmp_path, reject_percent=20)
    with opened(tmp_path) as app:
        assert effects_answered(app) > 0 or not story.executed


@pytest.mark.nightly
def test_every_executed_effect_of_the_demo_answers_all_nine_questions(tmp_path: Path):
    program = Path(sys.executable).with_name("quartermaster")
    subprocess.run([program, "--home", tmp_path, "demo"], check=True, capture_output=True)
    with opened(tmp_path) as app:
        assert effects_answered(app) > 100
