"""The same path on PostgreSQL: our tables, the threads and the durable engine in one database."""

import pytest

from storage.records import MoveState, RunState
from tests.agent.house import approve_fully, delay, distributor, opened, waiting_moves
from tests.databases import empty_url


@pytest.mark.real
def test_the_path_runs_on_postgresql(tmp_path):
    url = empty_url("postgresql", tmp_path)
    with opened(tmp_path, database_url=url) as app:
        run = delay(app)
        assert app.report(run).of(MoveState.EXECUTED)
        move = waiting_moves(app)[0]
    assert not (tmp_path / "quartermaster.db").exists() and not (tmp_path / "durable.db").exists()
    with opened(tmp_path, database_url=url) as app:
        approve_fully(app, move)
        for rest in waiting_moves(app):
            approve_fully(app, rest)
        assert app.report(run).run.state is RunState.DONE
        assert app.verify().ok and app.replay(run).same
    with distributor(tmp_path) as outside:
        assert outside.audit() == []
