"""Systems that are silent: sagas park, events wait, facts are the last good ones; nothing is lost."""

import json
import threading
from datetime import timedelta

import pytest

from connectors.embedded.faults import Fault
from connectors.embedded.world import built_in_event
from domain.errors import DependencyDown, NotAllowed
from storage.records import MoveState, RunState, SagaState
from tests.agent.house import (
    NOW,
    admitted,
    another_delay,
    approve_fully,
    distributor,
    in_another_process,
    opened,
    states,
    waiting_moves,
)


def break_down(home, **fault):
    with distributor(home) as outside:
        outside.faults.set(Fault(**fault))


def repair(home):
    with distributor(home) as outside:
        outside.faults.clear()


def test_a_silent_system_parks_the_move_and_it_is_done_when_the_system_is_back(delayed):
    break_down(delayed, system="crm", writes_down=True)
    with opened(delayed) as app:
        move = waiting_moves(app)[0]
        approve_fully(app, move)
        assert states(app, "R-1")[move] is MoveState.PARKED
        saga = next(one for one in app.sagas() if one.move == move)
        assert saga.state is SagaState.PARKED and "crm" in saga.note
        assert "parked until a system answers" in app.report("R-1").text
    repair(delayed)
    with opened(delayed) as app:
        app.settle()
        assert states(app, "R-1")[move] is MoveState.EXECUTED
        assert app.verify().ok
    with distributor(delayed) as outside:
        assert outside.audit() == []


def test_a_parked_move_keeps_its_units_from_other_plans(delayed):
    break_down(delayed, system="erp", writes_down=True)
    with opened(delayed) as app:
        move = waiting_moves(app)[0]
        approve_fully(app, move)
        assert states(app, "R-1")[move] is MoveState.PARKED
        app.settle()
        assert states(app, "R-1")[move] is MoveState.PARKED
    repair(delayed)
    with opened(delayed) as app:
        app.settle()
        assert states(app, "R-1")[move] is MoveState.EXECUTED


def test_a_worker_takes_parked_work_up_when_it_is_due(delayed):
    break_down(delayed, system="wms", writes_down=True)
    with opened(delayed) as app:
        move = waiting_moves(app)[0]
        approve_fully(app, move)
        assert states(app, "R-1")[move] is MoveState.PARKED
    repair(delayed)
    stop = threading.Event()
    with opened(delayed, now=NOW + timedelta(hours=1)) as app:
        worker = threading.Thread(target=app.run_worker, args=(stop, 0.05))
        worker.start()
        for _ in range(600):
            if states(app, "R-1")[move] is MoveState.EXECUTED:
                break
            stop.wait(0.05)
        stop.set()
        worker.join(timeout=60)
        assert not worker.is_alive() and states(app, "R-1")[move] is MoveState.EXECUTED


def test_the_kill_switch_holds_a_move_back_and_lifting_it_lets_the_move_go(delayed):
    with opened(delayed) as app:
        app.stop("lena", reason="stocktaking")
        move = waiting_moves(app)[0]
        approve_fully(app, move)
        assert states(app, "R-1")[move] is MoveState.PARKED
        with pytest.raises(NotAllowed):
            app.lift("lena", reason="done")
        assert app.lift("omar", reason="done").state == "asked"
        assert states(app, "R-1")[move] is MoveState.PARKED
        assert app.lift("olga", reason="seen").by == ("omar", "olga")
        assert states(app, "R-1")[move] is MoveState.EXECUTED
        assert app.verify().ok


def test_an_event_that_cannot_be_looked_up_now_is_kept_and_applied_by_the_next_sweep(tmp_path):
    with opened(tmp_path):
        pass
    break_down(tmp_path, system="procurement", reads_down=True)
    with opened(tmp_path) as app:
        with pytest.raises(DependencyDown):
            app.take_event(built_in_event())
        assert not app.runs()
    repair(tmp_path)
    with opened(tmp_path) as app:
        found = app.triage_once()
        assert [taken.event for taken in found.events] == ["EV-1001"]
        assert app.report(app.runs()[0].id).of(MoveState.EXECUTED)


def test_when_a_source_cannot_be_read_planning_goes_on_from_the_last_good_facts(delayed):
    with opened(delayed) as app:
        run = admitted(app, another_delay(new_eta="2026-03-27"))
    break_down(delayed, system="tms", reads_down=True)
    with opened(delayed, now=NOW + timedelta(hours=2)) as app:
        app.settle()
        facts = app.facts(run)
        assert facts is not None and all(source.degraded for source in facts.sources)
        context = next(json.loads(e.body) for e in app.events(run) if e.kind == "context")
        assert "tms" in context["degraded"]
        done = app.report(run)
        assert not done.of(MoveState.EXECUTED), "policy lets nothing go unattended on degraded facts"
        assert done.run.state in (RunState.WAITING, RunState.DONE)


def test_a_run_that_cannot_read_anything_stays_admitted_and_goes_on_later(tmp_path):
    with opened(tmp_path) as app:
        run = admitted(app, built_in_event())
    break_down(tmp_path, system="wms", reads_down=True)
    with opened(tmp_path) as app:
        with pytest.raises(DependencyDown):
            app.settle(focus=run)
        assert app.report(run).run.state is RunState.ADMITTED and "wms" in app.report(run).run.failure
    repair(tmp_path)
    with opened(tmp_path) as app:
        app.settle(focus=run)
        assert app.report(run).of(MoveState.EXECUTED) and app.report(run).run.failure == ""


FULL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from domain.errors import StorageFailed
from tests.agent.house import delay, opened
with opened(home) as app:
    app._parts.runner, app._parts.engine
    biggest = max(path.stat().st_size for path in home.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (biggest + {room}, resource.RLIM_INFINITY))
    try:
        delay(app)
    except StorageFailed as error:
        print(error.fix)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


@pytest.mark.real
@pytest.mark.parametrize("room", [20_000, *(pytest.param(n, marks=pytest.mark.nightly) for n in (0, 300_000))])
def test_a_full_disk_is_said_and_what_was_accepted_goes_on_when_there_is_room(tmp_path, delayed, room):
    home = tmp_path / "small"
    with opened(home):
        pass
    said = in_another_process(FULL.format(room=room), home)
    assert said.returncode == 0 and said.stdout.strip(), said.stderr
    with opened(home) as app, opened(delayed) as whole:
        app.triage_once()
        app.settle()  # a move that the full disk parked is not due again yet
        assert states(app, "R-1") == states(whole, "R-1")
        assert app.verify().ok
    with distributor(home) as outside:
        assert outside.audit() == []
