"""The desk: many at once, roles in other hands, two who lift; and the worker that brings to mind what waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from domain.errors import BadInput, NotAllowed
from guardrails.chain import EntryKind
from storage.records import ApprovalState, MoveState
from tests.agent.house import opened, states, turn, waiting_moves, who


def entries(app: Application, kind: EntryKind) -> list[dict]:
    with app._parts.database.read() as session:
        return [body or {} for _, body in app._parts.ledger.entries(session, [kind])]


def later(app: Application, **delta: float) -> None:
    clock = app._parts.clock
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(**delta))


def worked(app: Application, done: Callable[[], bool]) -> None:
    """Have the worker run until something has come of it."""
    stop = threading.Event()
    worker = threading.Thread(target=app.run_worker, args=(stop, 0.02, 0))
    worker.start()
    try:
        for _ in range(1500):
            if done():
                return
            stop.wait(0.02)
        pytest.fail("the worker did nothing")
    finally:
        stop.set()
        worker.join(timeout=60)


def test_the_worker_reminds_lets_the_role_above_answer_and_ends_what_nobody_answers(delayed: Path):
    with opened(delayed) as app:
        card = app.approvals()[0]
        later(app, hours=5)
        worked(app, lambda: app.show(card.approval).reminded_at is not None)
        later(app, hours=14)
        worked(app, lambda: app.show(card.approval).escalated_from == card.role)
        later(app, hours=6)
        worked(app, lambda: app.show(card.approval).state is ApprovalState.EXPIRED)
        told = [step.what for step in app.desk.steps() if step.approval == card.approval]
        assert told == ["reminded", "escalated"]
        assert [step.number for step in app.desk.steps(after=1, limit=2)] == [2, 3]


@pytest.mark.nightly
def test_one_pass_of_triage_reminds_as_well(delayed: Path):
    with opened(delayed) as app:
        later(app, hours=5)
        app.triage_once()
        first = app.approvals()[0]
        assert [step.what for step in app.desk.history(first.approval)] == ["asked", "reminded"]


def test_of_many_that_are_named_each_is_decided_by_itself(delayed: Path):
    with opened(delayed) as app:
        mine = [card for card in app.approvals() if not card.before and who(card) == "peter"]
        others = [card for card in app.approvals() if who(card) != "peter"]
        assert mine and others
        stale = ("A-999", "0" * 64)
        named = [stale, *((card.approval, card.digest) for card in (*others[:1], *mine)), (mine[0].approval, "")]
        done = app.desk.decide_many(named, "peter", True, "checked")
        assert [one.approval for one in done] == [approval for approval, _ in named]
        assert [one.decision is not None for one in done] == [False, False, *[True] * len(mine), False]
        assert "there is no approval 'A-999'" in done[0].error and "without its digest" in done[-1].error
        assert all(app.show(card.approval).decision_code == "checked" for card in mine)
        goes = [card.move for card in mine if all(c.move != card.move for c in app.approvals())]
        assert {states(app, "R-1")[move] for move in goes} <= {MoveState.EXECUTED, MoveState.PARKED}


@pytest.mark.parametrize("named", [[], [("A-1", "0" * 64)] * 201], ids=["none", "too many"])
def test_there_is_no_way_to_say_all(delayed: Path, named: list[tuple[str, str]]):
    with opened(delayed) as app, pytest.raises(BadInput, match="name 1 to 200 questions"):
        app.desk.decide_many(named, "peter", True)


@pytest.mark.nightly
def test_a_role_in_other_hands_decides_and_the_move_is_carried_out(delayed: Path):
    with opened(delayed) as app:
        move = next(card.move for card in app.approvals() if card.role == "commercial")
        given = app.desk.delegate("carla", "wanda", "commercial", app.now, app.now + timedelta(days=2))
        while any(card.move == move for card in app.approvals()):
            card = turn(app, move)
            made = app.approve(card.approval, "wanda" if card.role == "commercial" else who(card), card.digest)
            assert made.on_behalf_of == ("carla" if card.role == "commercial" else None)
        assert states(app, "R-1")[move] is MoveState.EXECUTED
        assert [one.id for one in app.desk.delegations("carla")] == [given.id]
        app.desk.end_delegation(given.id, "wanda")


def test_who_stopped_it_does_not_lift_it_and_the_refusal_is_on_record(delayed: Path):
    with opened(delayed) as app:
        app.stop("omar", "erp", "odd orders", "incident")
        with pytest.raises(NotAllowed):
            app.lift("omar", "erp")
        assert app.lift("olga", "erp").state == "asked"
        assert [(one.system, one.by) for one in app.desk.asked_lifts()] == [("erp", "olga")]
        assert app.lift("lena", "erp").state == "lifted"
        assert app.desk.asked_lifts() == ()
        assert [entry["attempt"] for entry in entries(app, EntryKind.DENIAL)] == ["lift"]


@pytest.mark.nightly
def test_what_is_decided_is_read_newest_first(delayed: Path):
    with opened(delayed) as app:
        every = [card.approval for card in app.approvals(everything=True)]
        newest = app.approvals(everything=True, limit=2, offset=1)
        assert [card.approval for card in newest] == every[::-1][1:3]
        assert waiting_moves(app)
