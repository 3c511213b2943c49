"""`quartermaster metrics`: the same numbers for people and for programs, with the entries behind each."""

from __future__ import annotations

from pathlib import Path

from agent.runtime.compose import open_application
from agent.settings import Settings
from connectors.embedded.world import BUILT_IN_NOW, built_in_event
from domain.canonical import plain
from tests.acceptance.door import quartermaster


def test_metrics_are_told_to_people_and_to_programs(tmp_path: Path):
    app = open_application(Settings(home=tmp_path), now=BUILT_IN_NOW)
    try:
        app.take_event(built_in_event())
        expected = app.metrics()
    finally:
        app.close()
    told = quartermaster(tmp_path, "--now", BUILT_IN_NOW.isoformat(), "metrics", "--output", "json")
    assert told.code == 0 and told.rows("metrics") == plain(expected.numbers)
    people = quartermaster(tmp_path, "metrics")
    assert people.code == 0 and "Unattended share" in people.out and "How each is measured" in people.out
    later = quartermaster(tmp_path, "metrics", "--since", "2030-01-01", "--output", "json")
    assert {one["key"] for one in later.rows("metrics") if one["value"] is not None} <= {"stalled_now"}
    quartermaster(tmp_path, "metrics", "--until", "soon").refused(2, "--until", "soon")
    quartermaster(tmp_path, "metrics", "--since", "2030-01-01", "--until", "2029-01-01").refused(2, "before it begins")
