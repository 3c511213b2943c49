"""The undo of an executed move: a new move that is judged, approved and carried out like any other, and only once."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.runtime.application import Application
from domain.errors import BadInput, Conflict, NotAllowed
from domain.facts import Facts
from evals.accounting import audit_undo
from storage.records import MoveState
from tests.agent.house import approve_fully, opened, states


def _executed(application: Application, run: str, kind: str) -> str:
    """An executed move of a kind, the first in the plan."""
    found = [item for item in application.report(run).moves if item.move.kind == kind]
    move = next((item.move.id for item in found if item.state is MoveState.EXECUTED), None)
    if move is None:
        move = next(item.move.id for item in found if item.state is MoveState.WAITING)
        approve_fully(application, move)
    assert states(application, run)[move] is MoveState.EXECUTED
    return move


def _actions(application: Application, run: str, move: str):
    return next(item.move.actions for item in application.report(run).moves if item.move.id == move)


def test_an_undone_reallocation_gives_the_loser_its_units_again(delayed: Path):
    with opened(delayed) as application:
        kind = "reallocate"
        waiting = next(m for m in application.report("R-1").moves if m.move.kind == kind and m.state.value == "waiting")
        start: Facts = application.facts_now()
        approve_fully(application, waiting.move.id)
        assert states(application, "R-1")[waiting.move.id] is MoveState.EXECUTED
        middle = application.facts_now()
        undone = application.overrides.undo(waiting.move.id, "lena", "mistake", "the wrong customer")
        assert undone.move is not None and undone.decision in ("waiting", "executed"), undone
        approve_fully(application, undone.move)
        assert states(application, undone.run)[undone.move] is MoveState.EXECUTED, application.report(undone.run)
        end = application.facts_now()
        back = _actions(application, undone.run, undone.move)
        assert audit_undo(start, middle, end, waiting.move.actions, back, alone=True) == ()
        assert application.verify().ok
        assert application.replay(undone.run).same
        override = application.overrides.cost(undone.move)
        assert override is not None
        assert "undo" in override.kinds and override.reason_code == "mistake" and override.by == "lena"
        assert override.cost is not None and override.cost >= 0
        assert override.cost == max(0, override.optimum - override.chosen)  # type: ignore[operator]


def test_units_drawn_from_free_supply_go_back_there(delayed: Path):
    with opened(delayed) as application:
        move = _executed(application, "R-1", "reserve")
        middle = application.facts_now()
        undone = application.overrides.undo(move, "lena", "mistake")
        assert undone.move is not None
        approve_fully(application, undone.move)
        assert states(application, undone.run)[undone.move] is MoveState.EXECUTED, application.report(undone.run)
        done, back = _actions(application, "R-1", move), _actions(application, undone.run, undone.move)
        end = application.facts_now()
        assert audit_undo(middle, middle, end, done, back, alone=False) == ()
        assert not [held for held in end.reservations if held.line is None]


def test_a_move_is_undone_once_and_the_undo_can_be_undone(delayed: Path):
    with opened(delayed) as application:
        move = _executed(application, "R-1", "reallocate")
        before = application.facts_now()
        first = application.overrides.undo(move, "lena", "mistake")
        assert first.move is not None
        with pytest.raises(Conflict, match=r"being undone|was undone by"):
            application.overrides.undo(move, "lena", "mistake")
        approve_fully(application, first.move)
        with pytest.raises(Conflict, match="was undone by"):
            application.overrides.undo(move, "lena", "mistake")
        again = application.overrides.undo(first.move, "lena", "better-plan")
        assert again.move is not None
        approve_fully(application, again.move)
        assert states(application, again.run)[again.move] is MoveState.EXECUTED
        after = application.facts_now()
        held = [
            sorted((r.line, r.sku, r.site, r.inbound or "", r.quantity) for r in facts.reservations if r.line)
            for facts in (before, after)
        ]
        assert held[0] == held[1]


@pytest.mark.parametrize(("user", "error"), [("arthur", "no role"), ("nobody", "no user")])
def test_who_decides_nothing_takes_nothing_back(delayed: Path, user: str, error: str):
    with opened(delayed) as application:
        move = _executed(application, "R-1", "reallocate")
        with pytest.raises(NotAllowed, match=error):
            application.overrides.undo(move, user, "mistake")


def test_an_undo_has_a_reason_code_and_a_move_that_was_carried_out(delayed: Path):
    with opened(delayed) as application:
        move = _executed(application, "R-1", "reallocate")
        with pytest.raises(BadInput, match="no reason code"):
            application.overrides.undo(move, "lena", "")
        with pytest.raises(BadInput, match="'because'"):
            application.overrides.undo(move, "lena", "because")
        waiting = next(item.move.id for item in application.report("R-1").moves if item.state is MoveState.WAITING)
        with pytest.raises(Conflict, match="waiting, not executed"):
            application.overrides.undo(waiting, "lena", "mistake")
