"""Redaction: two people take away what an entry says; the proof stays, and whoever asks is told by whom and why."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.runtime.application import Application
from domain.errors import BadInput, Conflict, NotAllowed, StaleDecision, UnknownReference
from guardrails.chain import EntryKind
from guardrails.ledger import verify_export
from tests.agent.house import opened, waiting_moves

ASKED = ("omar", "personal-data", "asked by the person named")


def seq_of(app: Application, kind: EntryKind) -> int:
    return app.browse.ledger(kinds=[kind], limit=1)[0].entry.seq


def as_if_over(home: Path) -> None:
    """Everything that waits has ended: nothing of the run is under way any more."""
    with closing(sqlite3.connect(home / "quartermaster.db")) as database:
        database.execute("UPDATE moves SET state = 'expired' WHERE state NOT IN ('executed', 'denied')")
        database.execute("UPDATE runs SET state = 'done'")
        database.commit()


def test_two_people_redact_and_the_replay_says_by_whom_and_why(delayed: Path):
    with opened(delayed) as app:
        app.records.begin_keys("omar")
        plan = seq_of(app, EntryKind.PLAN)
        said = app.browse.ledger(seqs=[plan])[0].says
        asked = app.records.redact(plan, *ASKED)
        assert app.browse.ledger(seqs=[plan])[0].says == said, "nothing is gone before a second person confirms"
        assert app.replay("R-1").same
        assert any("moves" in left for left in asked.left) and any("snapshot" in left for left in asked.left)
        assert any("other entries about the same run" in left for left in asked.left)
        with pytest.raises(NotAllowed, match="another person"):
            app.records.confirm_redaction(plan, "omar", asked.digest)
        with pytest.raises(NotAllowed, match="not by Paula"):
            app.records.confirm_redaction(plan, "paula", asked.digest)
        with pytest.raises(StaleDecision):
            app.records.confirm_redaction(plan, "arthur", "0" * 64)
        denials = [entry.says or {} for entry in app.browse.ledger(kinds=[EntryKind.DENIAL])]
        refused = [says["user"] for says in denials if says.get("attempt") == "confirm_redaction"]
        assert refused == ["omar", "paula", "arthur"], "every refused attempt is in the ledger"
        done = app.records.confirm_redaction(plan, "arthur", asked.digest)
        assert (done.asked_by, done.done_by) == ("omar", "arthur")
        assert app.browse.ledger(seqs=[plan])[0].says is None
        found = app.replay("R-1")
        assert not found.same and found.redacted == done.in_words()
        assert all(word in found.redacted for word in ("arthur", "omar", "2026-", "asked by the person named"))
        assert app.verify().ok and app.verify().redacted == (plan,)
        lines = list(app.export("arthur"))
        assert verify_export(lines).redacted == (plan,)
        assert app.records.redactions() == (done.model_copy(update={"left": ()}),)
        for again in (app.records.redact, lambda *asked: app.records.confirm_redaction(plan, "olga", done.digest)):
            with pytest.raises((Conflict, UnknownReference)):
                again(plan, *ASKED)
        app.metrics()
        app.report("R-1")


def test_a_whole_run_loses_what_models_and_tools_told_it_word_for_word(delayed: Path):
    with opened(delayed) as app:
        plan = seq_of(app, EntryKind.PLAN)
        with pytest.raises(Conflict, match="under way"):
            app.records.redact(plan, *ASKED, "run")
    as_if_over(delayed)
    with opened(delayed) as app:
        asked = app.records.redact(plan, *ASKED, "run")
        app.records.confirm_redaction(plan, "olga", asked.digest)
        told = [event for event in app.events("R-1") if event.kind in ("tool", "redacted")]
        assert told and {event.body for event in told} == {f'{{"entry":{plan}}}'}
        with pytest.raises(Conflict, match="redacted"):
            app.facts("R-1")
        assert "olga" in app.replay("R-1").redacted
        body = app.browse.ledger(kinds=[EntryKind.REDACTION])[0].says or {}
        assert body["taken"][0].startswith(f"{len(told)} recorded calls") and "snapshot" in body["taken"][1]
        assert app.verify().ok
        app.metrics()


def test_what_may_not_be_redacted(delayed: Path):
    with opened(delayed) as app:
        app.records.begin_keys("omar")
        key, case = seq_of(app, EntryKind.KEY), seq_of(app, EntryKind.CASE)
        waits = app.browse.ledger(kinds=[EntryKind.DECISION], move=waiting_moves(app)[0], limit=1)[0].entry.seq
        for seq, error, said in (
            (key, Conflict, "proof rests"),
            (waits, Conflict, "under way"),
            (99_999, UnknownReference, "no entry"),
            (0, UnknownReference, "no entry"),
        ):
            with pytest.raises(error, match=said):
                app.records.redact(seq, *ASKED)
        with pytest.raises(NotAllowed, match="not by Paula"):
            app.records.redact(case, "paula", "personal-data", "why")
        with pytest.raises(BadInput, match="no reason"):
            app.records.redact(case, "omar", "because", "why")
        with pytest.raises(BadInput, match="says why"):
            app.records.redact(case, "omar", "secret", " ")
        with pytest.raises(UnknownReference, match="nobody asked"):
            app.records.confirm_redaction(case, "olga", "0" * 64)
        with pytest.raises(BadInput, match="no run"):
            app.records.redact(seq_of(app, EntryKind.POLICY), *ASKED, "run")
        assert app.verify().redacted == ()
