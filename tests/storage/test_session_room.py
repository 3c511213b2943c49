"""Sessions and pages of runs keep their promises, on both databases."""

from __future__ import annotations

import pytest

from domain.errors import BadInput
from storage import cases, runs, sessions
from storage.database import Database
from storage.records import RunState, Visit
from tests.storage.samples import HOUR, NOW, case, run


def visit(key: str = "abc", user: str = "paula") -> Visit:
    return Visit(id=key, user=user, door="web", created_at=NOW, expires_at=NOW + HOUR)


def test_a_session_lives_until_its_time_is_over_or_it_is_ended(db: Database):
    with db.write() as session:
        assert sessions.begin(session, visit()) and not sessions.begin(session, visit(user="lena"))
        assert sessions.live(session, "abc", NOW) == visit()
        assert sessions.live(session, "abc", NOW + HOUR) is None
        assert sessions.live(session, "other", NOW) is None
        assert sessions.end(session, "abc") and not sessions.end(session, "abc")
        assert sessions.live(session, "abc", NOW) is None


def test_sessions_whose_time_is_over_are_forgotten_and_no_others(db: Database):
    with db.write() as session:
        sessions.begin(session, visit("old"))
        sessions.begin(session, visit("new").model_copy(update={"expires_at": NOW + 3 * HOUR}))
        assert sessions.forget(session, NOW + HOUR) == 1
        assert sessions.live(session, "new", NOW + HOUR) is not None


def test_runs_come_in_pages_the_newest_first(db: Database):
    with db.write() as session:
        cases.open_case(session, case())
        for number in range(1, 12):
            runs.admit(session, run(f"R-{number}"))
        first, total = runs.newest(session, limit=4)
        second, _ = runs.newest(session, after=first[-1].id, limit=4)
        none, left = runs.newest(session, {RunState.DONE}, limit=4)
        with pytest.raises(BadInput):
            runs.newest(session, after="R-99", limit=4)
    assert [one.id for one in (*first, *second)] == [f"R-{number}" for number in range(11, 3, -1)]
    assert (total, none, left) == (11, (), 0)
