"""What every door relies on: cheap commands stay cheap, nothing leaves the machine, replays and proofs hold."""

import json
import random
import sqlite3
from datetime import timedelta

import pytest

from agent.runtime.compose import open_application
from agent.settings import Settings
from connectors.embedded.world import built_in_event
from domain.errors import BadInput, IntegrityBroken, StorageFailed
from domain.events import SupplierDelay
from guardrails.heads import read_heads
from guardrails.ledger import verify_export
from guardrails.supply import free_units
from storage import claims
from storage.records import MoveState
from tests.agent.house import (
    NOW,
    approve_fully,
    careful_policy,
    distributor,
    in_another_process,
    opened,
    states,
    turn,
    waiting_moves,
    who,
)

LAZY = """
import sys
from tests.agent.house import opened
with opened(home) as app:
    app.approvals(); app.show("A-1"); app.runs(); app.report("R-1"); app.verify(); app.events("R-1"); app.cases()
print(sorted({"langgraph", "langchain_core", "dbos", "openai", "chromadb", "scipy"} & set(sys.modules)))
"""

ANSWER = """
from tests.agent.house import opened, approve_fully
with opened(home) as app:
    approve_fully(app, {move!r})
    print(app.report("R-1").run.state)
"""

OFFLINE = """
import socket
asked = []
def note(real):
    def connect(self, address, *more):
        asked.append((self.family, address))
        return real(self, address, *more)
    return connect
socket.socket.connect = note(socket.socket.connect)
socket.socket.connect_ex = note(socket.socket.connect_ex)
look_up = socket.getaddrinfo
def resolve(host, *more, **named):
    asked.append((socket.AF_INET, (host, 0)))
    return look_up(host, *more, **named)
socket.getaddrinfo = resolve
from tests.agent.house import delay, opened, turn, waiting_moves, who
with opened(home) as app:
    delay(app)
    app.ask("who holds SKU-1042?", "paula")
    card = turn(app, waiting_moves(app)[0])
    app.approve(card.approval, who(card))
    app.triage_once()
outside = [a for family, a in asked if family != socket.AF_UNIX and a[0] not in ("127.0.0.1", "::1", "localhost")]
print(outside)
"""


def test_commands_that_only_look_import_neither_graph_nor_engine(delayed):
    done = in_another_process(LAZY, delayed)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.real
def test_a_run_that_waits_is_answered_from_another_process_after_the_first_has_gone(delayed):
    with opened(delayed) as app:
        move = waiting_moves(app)[0]
    done = in_another_process(ANSWER.format(move=move), delayed)
    assert done.returncode == 0, done.stderr
    with opened(delayed) as app:
        assert states(app, "R-1")[move] is MoveState.EXECUTED and app.verify().ok


def test_nothing_connects_anywhere_but_to_this_machine(tmp_path):
    done = in_another_process(OFFLINE, tmp_path)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_a_replay_of_an_older_engine_shows_the_difference_and_says_so(delayed, monkeypatch):
    with opened(delayed) as app:
        monkeypatch.setattr("agent.planners.assemble.ENGINE", "qm-next")
        monkeypatch.setattr("agent.runtime.replay.ENGINE", "qm-next")
        found = app.replay("R-1")
        assert not found.same and "no fault" in found.note
        assert any("qm-next" in line for line in found.difference)


def test_a_replay_finds_a_snapshot_that_was_changed(delayed):
    with opened(delayed) as app:
        run = app.report("R-1").run
    database = sqlite3.connect(delayed / "quartermaster.db")
    database.execute("UPDATE plans SET body = replace(body, 'free units', 'free Units')")
    database.commit()
    database.close()
    with opened(delayed) as app, pytest.raises(IntegrityBroken):
        app.replay(run.id)


def test_the_export_verifies_by_itself_and_the_heads_file_proves_its_end(delayed):
    with opened(delayed) as app:
        lines = list(app.export("arthur"))
        heads = read_heads(app.heads_file)
        assert json.loads(lines[-1])["entry"]["kind"] == "export"
        assert app.verify(heads).ok
    assert verify_export(lines, heads).ok
    assert not verify_export(lines[:-3], heads).ok


def test_a_folder_in_which_nothing_was_done_is_refused_when_it_may_not_be_made(tmp_path):
    with pytest.raises(StorageFailed):
        open_application(Settings(home=tmp_path / "none"), now=NOW, create=False)
    assert not (tmp_path / "none").exists()


def test_a_policy_that_cannot_be_read_is_named_before_anything_is_done(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text("roles: [", encoding="utf-8")
    with pytest.raises(BadInput) as refused, opened(tmp_path / "home", policy=path):
        pass
    assert "policy.yaml" in str(refused.value)


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.nightly) for n in range(2, 8))])
def test_over_random_partial_decisions_stock_is_conserved(careful, seed):
    dice = random.Random(seed)
    with opened(careful, policy=careful_policy(careful)) as app:
        for _ in range(6):
            moves = waiting_moves(app)
            if not moves:
                break
            card = turn(app, dice.choice(moves))
            if dice.random() < 0.6:
                app.approve(card.approval, who(card), card.digest)
            else:
                app.reject(card.approval, who(card), "dice", card.digest)
            _nothing_is_promised_twice(app)
        assert app.verify().ok
        for run in app.runs():
            assert app.replay(run.id).same
    with distributor(careful) as outside:
        assert outside.audit() == []


def _nothing_is_promised_twice(app):
    """Claims of all waiting plans together never ask for more than a bucket has free."""
    parts = app._parts
    free = free_units(parts.fresh(()))
    with parts.database.read() as session:
        held = claims.active(session, parts.clock.now())
    asked: dict[claims.Bucket, int] = {}
    for claim in held:
        asked[claims.bucket_of(claim)] = asked.get(claims.bucket_of(claim), 0) + claim.quantity
    assert all(units <= free.get(bucket, 0) for bucket, units in asked.items())


def test_two_cases_that_wait_never_promise_the_same_unit(careful):
    with opened(careful, policy=careful_policy(careful)) as app:
        app.triage_once()
        app.take_event(delay_of_another_supply(app))
        _nothing_is_promised_twice(app)
        for move in waiting_moves(app):
            if states(app, app.runs()[0].id).get(move) is MoveState.WAITING:
                approve_fully(app, move)
                _nothing_is_promised_twice(app)
    with distributor(careful) as outside:
        assert outside.audit() == []


def delay_of_another_supply(app):
    """A delay of a supply of the same SKU that the first case is not about."""
    facts, first = app.facts("R-1"), built_in_event()
    assert facts is not None and isinstance(first.data, SupplierDelay)
    late = first.data.inbound
    other = next(s for s in facts.inbound if s.sku == facts.inbound_supply(late).sku and s.id != late)
    data = SupplierDelay(inbound=other.id, new_eta=other.eta + timedelta(days=5))
    return first.model_copy(update={"id": "EV-77", "data": data})
