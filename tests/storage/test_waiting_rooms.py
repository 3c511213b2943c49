"""What is kept of a question while it waits, of roles in other hands, and of who had a hand on a switch."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

import storage.database
from domain.errors import UnknownReference
from storage import approval_steps, approvals, delegations, switches
from storage.approval_steps import Step
from storage.database import Database
from storage.delegations import Absence, Delegation
from storage.records import ApprovalState
from storage.switches import Turn
from tests.storage.samples import HOUR, NOW, approval, with_moves


def test_questions_of_the_version_before_are_kept(db: Database):
    with db.write() as session:
        with_moves(session)
        approvals.ask(session, approval())
    config = Config()
    config.set_main_option("script_location", str(Path(storage.database.__file__).parent / "migrations"))
    with db._writer.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    db.upgrade()
    with db.write() as session:
        assert approvals.get(session, "A-1") == approval()
        assert approvals.decide(session, "A-1", "d1", ApprovalState.APPROVED, by="ann", at=NOW, decided_for="bob")
        assert approvals.get(session, "A-1").decided_for == "bob"


def test_a_question_is_given_to_other_people_only_while_it_is_as_it_was(db: Database):
    old = approval()
    new = old.model_copy(update={"role": "lead/operations", "assigned_to": "ann", "escalated_from": "lead"})
    with db.write() as session:
        with_moves(session)
        approvals.ask(session, old)
        assert approvals.amend(session, old, new)
        assert not approvals.amend(session, old, new), "it has been given away since"
        assert approvals.get(session, "A-1") == new
        assert approvals.amend(session, new, new.model_copy(update={"assigned_to": None}))
        approvals.close(session, old.move, ApprovalState.CANCELLED, NOW)
        assert not approvals.amend(session, new.model_copy(update={"assigned_to": None}), old)


def test_what_is_awaited_is_in_time_and_old_or_about_to_end(db: Database):
    with db.write() as session:
        with_moves(session)
        approvals.ask(session, approval())

        def found(at: int, asked_by: int | None, ends_by: int | None) -> int:
            times = {
                "asked_by": None if asked_by is None else NOW + asked_by * HOUR / 4,
                "ends_by": None if ends_by is None else NOW + ends_by * HOUR / 4,
            }
            return len(approvals.awaited(session, NOW + at * HOUR / 4, **times))

        assert (found(1, 0, None), found(1, -1, None), found(1, None, 4), found(1, None, 3)) == (1, 0, 1, 0)
        assert (found(4, 0, 4), found(1, None, None)) == (0, 0)


def test_steps_have_one_order_and_marks_are_made_once(db: Database):
    with db.write() as session:
        with_moves(session)
        approvals.ask(session, approval())
        approvals.ask(session, approval("A-2"))
        for key in ("A-2", "A-1", "A-2"):
            approval_steps.add_step(session, Step(approval=key, what="commented", by="ann", at=NOW, text=key))
        assert [step.number for step in approval_steps.steps(session, ["A-2"])] == [1, 3]
        assert [step.approval for step in approval_steps.since(session, 1)] == ["A-1", "A-2"]
        assert approval_steps.mark(session, "A-1", "first", "d1", NOW)
        assert not approval_steps.mark(session, "A-1", "first", "d1", NOW + HOUR)
        assert approval_steps.mark(session, "A-1", "first", "d2", NOW)
        assert approval_steps.marked(session, ["A-1"]) == {("A-1", "first", "d1"), ("A-1", "first", "d2")}


def test_a_person_puts_a_question_aside_until_a_time_and_the_last_word_holds(db: Database):
    with db.write() as session:
        with_moves(session)
        approvals.ask(session, approval())
        approval_steps.snooze(session, "A-1", "ann", "d1", NOW + 2 * HOUR)
        approval_steps.snooze(session, "A-1", "ann", "d1", NOW + HOUR)
        assert approval_steps.snoozed(session, "ann", NOW) == {("A-1", "d1"): NOW + HOUR}
        assert approval_steps.snoozed(session, "ann", NOW + HOUR) == approval_steps.snoozed(session, "bob", NOW) == {}


def test_a_delegation_ends_once(db: Database):
    given = Delegation(id="D-1", giver="ann", taker="bob", role="lead", since=NOW, until=NOW + 2 * HOUR, created_at=NOW)
    with db.write() as session:
        delegations.give(session, given)
        assert delegations.listed(session, taker="bob", at=NOW) == delegations.listed(session, user="ann") == (given,)
        assert delegations.listed(session, taker="ann") == delegations.listed(session, at=NOW + 2 * HOUR) == ()
        assert (delegations.end(session, "D-1", NOW + HOUR), delegations.end(session, "D-1", NOW)) == (True, False)
        assert len(delegations.listed(session, at=NOW)) == 1
        assert delegations.listed(session, at=NOW + HOUR) == ()
        with pytest.raises(UnknownReference):
            delegations.get(session, "D-2")


def test_a_new_absence_takes_the_place_of_the_old_one(db: Database):
    def told(hours: int) -> Absence:
        return Absence(number=0, user="ann", since=NOW, until=NOW + hours * HOUR, created_at=NOW)

    with db.write() as session:
        delegations.leave(session, told(1))
        kept = delegations.leave(session, told(2))
        assert delegations.absences(session, at=NOW) == (kept,)
        assert delegations.come_back(session, "ann", NOW + HOUR) == 1
        assert delegations.absences(session, at=NOW + HOUR) == ()
        assert len(delegations.absences(session)) == 2


def test_hands_on_a_switch_are_those_since_it_was_lifted(db: Database):
    with db.write() as session:
        for what in ("stopped", "asked", "lifted", "stopped"):
            switches.touch(session, Turn.model_validate({"system": "erp", "what": what, "by": "ann", "at": NOW}))
        switches.touch(session, Turn(system="wms", what="stopped", by="bob", at=NOW))
        assert [turn.number for turn in switches.since_lifted(session, "erp")] == [4]
