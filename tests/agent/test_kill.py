"""SIGKILL at each step of a saga: every effect exactly once, the run finished after restart, the ledger whole."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from agent.runtime.durable import Engine, WorkState
from agent.runtime.leases import Leases, is_gone, process_name
from connectors.embedded.faults import Fault
from domain.actions import SYSTEM_OF
from storage.database import Database
from storage.records import MoveState, RunState, SagaState
from tests.agent.house import distributor, in_another_process, opened, state_of, states, turn, waiting_moves, who

GO_ON = """
from tests.agent.house import opened, approve_fully
with opened(home) as app:
    approve_fully(app, {move!r})
    app.settle()
"""

OPERATIONS = {
    "hold_wave": "wms.hold",
    "release_reservation": "erp.release",
    "reserve": "erp.reserve",
    "update_promise": "erp.update_promise",
    "create_customer_task": "crm.create_task",
}


def outside_effects(home):
    """(system, key, operation) of everything the distributor has carried out, as its own books say."""
    database = sqlite3.connect(home / "distributor.db")
    try:
        return database.execute("SELECT system, key, operation FROM sys_effects ORDER BY system, key").fetchall()
    finally:
        database.close()


STEPS = ("hold_wave", "release_reservation", "reserve", "update_promise", "create_customer_task")


@pytest.mark.real
@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_killed_at_every_step_in_turn_the_saga_is_finished_with_each_effect_once(delayed, point):
    with opened(delayed) as app:
        waiting = [item.move for item in app.report("R-1").of(MoveState.WAITING)]
        move = next(move for move in waiting if set(STEPS) <= {action.kind for action in move.actions})
        before = len(app.sagas())
    for kind in STEPS:
        with distributor(delayed) as outside:
            operation = OPERATIONS[kind].partition(".")[2]
            outside.faults.set(Fault(system=SYSTEM_OF[kind], die_at=point, die_operation=operation))
        died = in_another_process(GO_ON.format(move=move.id), delayed)
        assert died.returncode == -9, (kind, died.stderr)
    with opened(delayed) as app:
        assert len(app.sagas()) == before + 1
        app.settle()
        item = next(i for i in app.report("R-1").moves if i.move.id == move.id)
        assert item.state is MoveState.EXECUTED
        assert item.saga is not None and item.saga.state is SagaState.DONE
        assert move.id not in app._parts.runner.thread("R-1")[1], "the thread does not wait for it any more"
        assert app.report("R-1").run.state is (RunState.WAITING if waiting_moves(app) else RunState.DONE)
        done = [e for e in item.effects if e.action != "earmark"]
        assert sorted(e.action for e in done) == sorted(a.id for a in move.actions)
        assert app.verify().ok
        outcomes = [json.loads(line)["entry"] for line in app.export()]
        told = [e["action"] for e in outcomes if e["move"] == move.id and e["kind"] == "outcome" and e["action"]]
        assert sorted(told) == sorted(set(told)), "an outcome is told once"
    keys = [key for _, key, _ in outside_effects(delayed) if f":{move.id}:" in key and not key.endswith(":earmark")]
    assert len(keys) == len(set(keys)) == len(move.actions)
    with distributor(delayed) as outside:
        assert outside.audit() == []


def test_lost_replies_are_asked_for_again_under_the_same_key(delayed):
    with distributor(delayed) as outside:
        outside.faults.set(Fault(system="erp", lose_replies=2))
    with opened(delayed) as app:
        move = waiting_moves(app)[0]
        while [card for card in app.approvals() if card.move == move]:
            card = turn(app, move)
            app.approve(card.approval, who(card), card.digest)
        assert states(app, "R-1")[move] is MoveState.EXECUTED
    keys = [key for _, key, _ in outside_effects(delayed)]
    assert len(keys) == len(set(keys))
    with distributor(delayed) as outside:
        assert outside.audit() == []


ENGINE = """
import os, signal, sys
from agent.runtime.durable import Engine
def touch(n):
    with open(home / "done", "a") as file:
        file.write(f"{n}\\n")
    if n == int(os.environ["DIE"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return {"n": n}
def counting(steps, payload):
    for n in range(payload["to"]):
        steps.run(f"step {n}", touch, n)
    return {"state": "done"}
engine = Engine(f"sqlite:///{home / 'durable.db'}", os.environ["WHO"], {"counting": counting})
for work in engine.unfinished():
    engine.adopt({work.executor})
engine.start("counting", "W-1", {"to": 4})
while engine.glance("W-1", 5).state == "running":
    pass
print(engine.status("W-1"))
engine.close()
"""


@pytest.mark.parametrize("step", [pytest.param(step, marks=[] if step == 2 else pytest.mark.real) for step in range(4)])
def test_work_of_a_dead_process_goes_on_behind_its_last_recorded_step(tmp_path, step):
    died = in_another_process(ENGINE, tmp_path, WHO="first", DIE=str(step))
    assert died.returncode == -9, died.stderr
    went_on = in_another_process(ENGINE, tmp_path, WHO="second", DIE="99")
    assert "DONE" in went_on.stdout and "second" in went_on.stdout, went_on.stderr
    done = [int(line) for line in (tmp_path / "done").read_text().split()]
    assert done == sorted([*range(4), step]), "only the step in flight is sent again"


def test_work_is_stored_as_json_under_a_version_of_ours(tmp_path):
    in_another_process(ENGINE, tmp_path, WHO="first", DIE="99")
    database = sqlite3.connect(tmp_path / "durable.db")
    given = database.execute("SELECT inputs FROM workflow_input").fetchone()[0]
    answered = database.execute("SELECT output FROM workflow_output").fetchone()[0]
    version = database.execute("SELECT application_version FROM workflow_status").fetchone()[0]
    database.close()
    assert json.loads(given)["positionalArgs"] == [{"to": 4}] and json.loads(answered) == {"state": "done"}
    assert version == "quartermaster-1"


def test_the_same_work_started_twice_runs_once(tmp_path):
    ran = []

    def note():
        ran.append(1)
        return {}

    def flow(steps, payload):
        steps.run("note", note)
        return {"state": "done"}

    engine = Engine(f"sqlite:///{tmp_path / 'durable.db'}", "me", {"flow": flow})
    for _ in range(2):
        engine.start("flow", "W-1", {})
        assert state_of(engine, "W-1") is WorkState.DONE
    engine.close()
    assert ran == [1]


def test_a_broken_flow_is_a_failed_work_and_not_a_hanging_one(tmp_path):
    def flow(steps, payload):
        raise KeyError("oops")

    engine = Engine(f"sqlite:///{tmp_path / 'durable.db'}", "me", {"flow": flow})
    engine.start("flow", "W-1", {})
    assert state_of(engine, "W-1") is WorkState.FAILED
    work = engine.status("W-1")
    assert work is not None and "oops" in work.failure
    engine.close()


@pytest.mark.real
def test_two_installations_in_one_process_take_turns(tmp_path):
    def flow(steps, payload):
        return {"state": "done"}

    engines = [Engine(f"sqlite:///{tmp_path / name}.db", name, {"flow": flow}) for name in ("a", "b")]
    for turn_ in range(2):
        for engine in engines:
            engine.start("flow", f"W-{turn_}", {})
            assert state_of(engine, f"W-{turn_}") is WorkState.DONE
    assert [[state_of(engine, f"W-{n}") for n in range(2)] for engine in engines] == [[WorkState.DONE] * 2] * 2
    for engine in engines:
        engine.close()


def test_nothing_that_a_killed_process_held_outlives_it_on_this_host(tmp_path):
    name = subprocess.run(
        [sys.executable, "-c", "from agent.runtime.leases import process_name; print(process_name())"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    ).stdout.strip()
    assert is_gone(name) and not is_gone(process_name()) and not is_gone("elsewhere:1:1:1")
    database = Database(f"sqlite:///{tmp_path / 'ours.db'}")
    database.upgrade()
    dead, mine, other = (Leases(database, owner, 60) for owner in (name, process_name(), process_name()))
    assert dead.take("run/R-1")
    assert mine.take("run/R-1"), "its process is gone, so the lease is free before it ends"
    assert not other.take("run/R-1")
    assert mine.dead({name, mine.owner, "elsewhere:1:1:1"}) == {name, "elsewhere:1:1:1"}
    mine.close()
    assert other.take("run/R-1")
    other.close()
    database.close()
