"""Every trap of the agent stack that this path could fall into, by the number it has in our notes."""

import ast
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import agent
from agent.graph import State, build
from agent.nodes.act import ACT_VERSION, Task
from agent.runtime.checkpoints import open_checkpoints
from domain.errors import AlreadyDecided, Conflict, StaleDecision
from storage import runs
from storage.records import MoveState, RunState
from tests.agent.house import (
    CAREFUL,
    careful_policy,
    delay,
    distributor,
    in_another_process,
    opened,
    policy_file,
    states,
    turn,
    waiting_moves,
    who,
)

ROOT = Path(agent.__file__).parent

DECIDE = """
from tests.agent.house import opened, careful_policy
with opened(home, policy=careful_policy(home)) as app:
    try:
        print(app.approve({approval!r}, {user!r}, {digest!r}).did)
    except Exception as error:
        print(type(error).__name__)
"""


def free_cards(app, count=2):
    """Cards of moves that one person decides, and that need nothing."""
    single = [c for c in app.approvals() if len([o for o in app.approvals() if o.move == c.move]) == 1]
    needs = {item.move.id: item.move.needs for item in app.report("R-1").moves}
    return [card for card in single if not needs[card.move]][:count]


def test_trap_1_a_card_that_was_edited_meanwhile_never_executes_what_it_does_not_show(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        card = next(c for c in app.approvals() if c.units > 10 and any(" reserve:" in q.text for q in c.quantities))
        item = next(q for q in card.quantities if " reserve:" in q.text)
        app.edit(
            card.approval,
            "omar" if "operations" in card.role else who(card),
            {item.action: item.units - 2},
            reason="counted again",
        )
        with pytest.raises((StaleDecision, AlreadyDecided, Conflict)):
            app.approve(card.approval, who(card), card.digest)
        now = next(i for i in app.report("R-1").moves if i.move.id == card.move)
        assert getattr(next(a for a in now.move.actions if a.id == item.action), "quantity", 0) == item.units - 2
        assert now.effects == () or now.state is MoveState.EXECUTED


@pytest.mark.real
def test_trap_2_two_processes_that_answer_one_thread_at_once_leave_nothing_stuck(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        cards = free_cards(app)
        assert len(cards) == 2
    done: list[subprocess.CompletedProcess[str]] = []

    def decide(card):
        code = DECIDE.format(approval=card.approval, user=who(card), digest=card.digest)
        done.append(in_another_process(code, careful))

    threads = [threading.Thread(target=decide, args=(card,)) for card in cards]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.stdout.strip() for one in done] == ["approved", "approved"], [one.stderr for one in done]
    with opened(careful, policy=careful_policy(careful)) as app:
        app.settle()
        for card in cards:
            assert states(app, "R-1")[card.move] is MoveState.EXECUTED
        assert app.verify().ok


def test_trap_2_a_thread_whose_worker_died_half_way_is_unstuck_by_the_next_one(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        card = free_cards(app)[0]
        app._parts.approvals.approve(card.approval, who(card), card.digest)
        with app._parts.database.write() as session:
            runs.advance(session, "R-1", {RunState.WAITING}, RunState.RUNNING, worker="gone:1:1:1")
    with opened(careful, policy=careful_policy(careful)) as app:
        app.settle()
        assert states(app, "R-1")[card.move] is MoveState.EXECUTED
        assert app.report("R-1").run.state is RunState.WAITING


@pytest.mark.real
def test_trap_3_a_double_click_is_one_effect(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        card = free_cards(app)[0]
    done: list[str] = []

    def decide():
        code = DECIDE.format(approval=card.approval, user=who(card), digest=card.digest)
        done.append(in_another_process(code, careful).stdout.strip())

    threads = [threading.Thread(target=decide) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["AlreadyDecided", "approved"]
    with opened(careful, policy=careful_policy(careful)) as app:
        item = next(i for i in app.report("R-1").moves if i.move.id == card.move)
        assert item.state is MoveState.EXECUTED
        assert sorted(e.action for e in item.effects if e.action != "earmark") == sorted(
            a.id for a in item.move.actions
        )
    with distributor(careful) as outside:
        assert outside.audit() == []


def test_trap_4_nothing_but_pure_code_stands_before_an_interrupt():
    tree = ast.parse((ROOT / "nodes" / "act.py").read_text(encoding="utf-8"))
    function = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "act")
    body = [node for node in function.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    first = body[0]
    assert isinstance(first, ast.If) and len(first.body) == 1
    asked = first.body[0]
    assert isinstance(asked, ast.Expr) and isinstance(asked.value, ast.Call)
    assert isinstance(asked.value.func, ast.Name) and asked.value.func.id == "interrupt"
    calls = [node for node in ast.walk(asked.value) if isinstance(node, ast.Call) and node is not asked.value]
    assert not calls and not [node for node in ast.walk(function) if isinstance(node, ast.Try)]


def test_trap_4_a_resumed_task_does_nothing_twice(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        for card in free_cards(app):
            app.approve(card.approval, who(card), card.digest)
        acts = [json.loads(event.body)["move"] for event in app.events("R-1") if event.kind == "act"]
        assert len(acts) == len(set(acts))
        assert len(app.sagas()) == len({saga.move for saga in app.sagas()})


def test_trap_5_every_waiting_move_has_an_interrupt_of_its_own(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        waits = waiting_moves(app)
        _, interrupts = app._parts.runner.thread("R-1")
        assert sorted(interrupts) == sorted(waits)
        assert len(set(interrupts.values())) == len(waits) > 2


def test_trap_6_a_thread_holds_ids_only_and_is_forgotten_some_days_after_its_end(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        state = app._parts.runner._state("R-1")
        assert len(json.dumps(state.values)) < 500 * (len(waiting_moves(app)) + 5)
        for move in waiting_moves(app):
            card = turn(app, move)
            app.reject(card.approval, who(card), "no")
            break
    size = sum(path.stat().st_size for path in careful.glob("threads.db*"))
    assert size < 1_500_000
    with opened(careful, policy=careful_policy(careful)) as app:
        assert "R-1" in _threads(careful)
        app.tidy(days=0)
        live = {run.id for run in app.runs() if run.state is RunState.WAITING}
        assert set(_threads(careful)) == live


def _threads(home):
    with sqlite3.connect(home / "threads.db") as database:
        found = [row[0] for row in database.execute("SELECT DISTINCT thread_id FROM checkpoints ORDER BY 1")]
    database.close()
    return found


def test_trap_7_the_guard_judges_once_and_a_resume_cannot_skip_what_was_decided(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        card = turn(app, waiting_moves(app)[0])
        app.reject(card.approval, who(card), "no")
    lenient = policy_file(careful)
    with opened(careful, policy=lenient) as app:
        app.settle()
        assert states(app, "R-1")[card.move] is MoveState.REJECTED
        assert not next(i for i in app.report("R-1").moves if i.move.id == card.move).effects


def test_trap_8_one_of_several_interrupts_is_answered_by_its_own_id(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        card = free_cards(app)[0]
        others = [move for move in waiting_moves(app) if move != card.move]
        app.approve(card.approval, who(card), card.digest)
        _, interrupts = app._parts.runner.thread("R-1")
        assert card.move not in interrupts and set(interrupts) <= set(others)


def test_trap_9_node_names_and_the_act_payload_are_what_stored_threads_know(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        checkpoints = open_checkpoints(careful, app._parts.settings.database)
        graph = build(app._parts.services, checkpoints.saver)
        assert {"context", "plan", "guard", "act", "report"} <= set(graph.nodes)
        assert set(Task.__annotations__) == {"version", "run", "move", "waits", "approvals", "shown"}
        assert ACT_VERSION == 1, "raise it with a reader for the older payload, and a test that resumes one"
        assert set(State.__annotations__) == {"run", "facts", "revision", "tasks", "ended", "failure"}
        checkpoints.close()


def test_trap_9_a_thread_stored_by_the_first_version_is_resumed_by_this_one(tmp_path):
    """threads_v1.db holds a thread that waits, written by the first version of the graph for the run of this test."""
    home = tmp_path / "home"
    with opened(home, policy=policy_file(tmp_path, CAREFUL)) as app:
        delay(app)
        moves_now = sorted(waiting_moves(app))
    stored = Path(__file__).parent / "data" / "threads_v1.db"
    for leftover in home.glob("threads.db*"):
        leftover.unlink()
    shutil.copy(stored, home / "threads.db")
    with opened(home, policy=policy_file(tmp_path, CAREFUL)) as app:
        _, interrupts = app._parts.runner.thread("R-1")
        known = sorted(set(interrupts) & set(moves_now))
        assert known, "the stored thread waits for moves of this run"
        card = next(c for c in free_cards(app, 99) if c.move in known)
        app.approve(card.approval, who(card), card.digest)
        assert states(app, "R-1")[card.move] is MoveState.EXECUTED


@pytest.mark.real
def test_trap_10_a_crash_before_the_first_checkpoint_loses_no_accepted_run(tmp_path):
    code = """
import os, signal
from agent.runtime import runner
runner.Runner._drive = lambda self, run: os.kill(os.getpid(), signal.SIGKILL)
from tests.agent.house import delay, opened
with opened(home) as app:
    delay(app)
"""
    died = in_another_process(code, tmp_path)
    assert died.returncode == -9, died.stderr
    with opened(tmp_path) as app:
        assert [run.state for run in app.runs()] == [RunState.ADMITTED]
        app.settle()
        assert app.report("R-1").of(MoveState.EXECUTED) and app.verify().ok


DIE_IN = """
import os, signal
from agent.settings import prepare_process
prepare_process()
import agent.nodes.{node} as room
real = room.{node}
def deadly(*given):
    answer = real(*given)
    os.kill(os.getpid(), signal.SIGKILL)
room.{node} = deadly
from tests.agent.house import delay, opened
with opened(home) as app:
    delay(app)
"""


@pytest.mark.parametrize(
    "node",
    [
        *(pytest.param(n, marks=pytest.mark.nightly) for n in ("context", "plan", "act")),
        pytest.param("guard", marks=pytest.mark.real),
    ],
)
def test_trap_10_killed_behind_any_node_the_run_goes_on_and_writes_nothing_twice(tmp_path, delayed, node):
    home = tmp_path / "killed"
    died = in_another_process(DIE_IN.format(node=node), home)
    assert died.returncode == -9, died.stderr
    with opened(home) as app, opened(delayed) as whole:
        app.settle()
        assert states(app, "R-1") == states(whole, "R-1")
        assert app.verify().ok and app.head() == whole.head(), "the ledger is what it would have been"


def test_trap_11_the_runner_is_sync_inside_and_nothing_asks_the_saver_for_async():
    for path in ROOT.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [n for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef | ast.Await)]
        asked = [
            n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr in {"ainvoke", "astream", "aget_state"}
        ]
        assert not found and not asked, f"{path} is async; the sync saver would raise"


def test_state_is_strict_json_and_the_frameworks_are_told_so_before_they_are_imported():
    code = (
        "from agent.settings import prepare_process; prepare_process();"
        "from langgraph.checkpoint.serde import _msgpack; print(_msgpack.STRICT_MSGPACK_ENABLED)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT.parent)
    assert done.stdout.strip() == "True", done.stderr
