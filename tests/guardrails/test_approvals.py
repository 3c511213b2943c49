"""People decide: exactly what was shown, once, in time, and only those who may."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import (
    AlreadyDecided,
    BadInput,
    Conflict,
    NotAllowed,
    QuartermasterError,
    StaleDecision,
    UnknownReference,
)
from guardrails.chain import EntryKind
from guardrails.policy import default_text, parse
from storage.records import ApprovalState, MoveState
from tests.guardrails.house import House
from tests.guardrails.house import house as build
from tests.guardrails.test_judge import CREDIT, buy, hurry
from tests.guardrails.world import move as make
from tests.guardrails.world import reallocation, release, reserve

ASK = reallocation(units=40)
"""600 USD between standard orders: a planner decides."""


def test_a_card_shows_who_gains_who_loses_and_which_rule_asked(house: House):
    house.propose(ASK)
    card = house.approvals.show("A-1")
    assert [effect.line for effect in card.gains] == ["SO-STD2/1"]
    assert [effect.line for effect in card.loses] == ["SO-STD1/1"]
    assert (card.units, card.role, card.four_eyes) == (40, "planner", False)
    assert [reason.rule for reason in card.rules] == ["reallocate"]
    assert card.loses[0].promise_after is not None
    assert [item.action for item in card.quantities] == ["a1", "a2"]
    assert card.digest == house.asked()[0].shown


def test_an_approved_move_resumes_its_run(house: House):
    house.propose(ASK)
    done = house.approvals.approve("A-1", "paula", house.asked()[0].shown, reason="fine")
    assert (done.did, done.resume, done.replan, done.state) == ("approved", True, False, MoveState.APPROVED)
    assert house.state() is MoveState.APPROVED
    entry = house.entries(EntryKind.APPROVAL)[0]
    assert (entry["decision"], entry["role"], entry["why"]) == ("approved", "planner", "fine")
    assert house.ledger.verify_now().ok


def test_every_role_decides_in_its_order(house: House):
    house.propose(buy(5000))
    with pytest.raises(Conflict, match="is decided before A-2"):
        house.approvals.approve("A-2", "farid")
    first = house.approvals.approve("A-1", "paula")
    assert (first.resume, first.waiting, first.questions) == (False, ("finance",), ("A-2",))
    assert house.state() is MoveState.WAITING
    assert house.approvals.approve("A-2", "farid").resume


def test_a_stale_card_is_not_approved(house: House):
    house.propose(ASK)
    with pytest.raises(StaleDecision):
        house.approvals.approve("A-1", "paula", "0" * 64)
    assert house.state() is MoveState.WAITING


def test_asked_for_40_edited_to_50_and_approve_on_the_old_card(house: House):
    """The trap of one interrupt id that stays valid: the old card must not carry the new quantity through."""
    house.propose(reallocation("SO-STRAT/1", 20))
    old = house.asked()[0].shown
    edited = house.approvals.edit("A-1", "paula", {"a2": 15}, old, reason="counted again")
    assert (edited.did, edited.resume, edited.waiting) == ("edited", False, ("commercial",))
    with pytest.raises(StaleDecision, match="has changed since this card was shown"):
        house.approvals.approve("A-1", "carla", old)
    assert house.approvals.approve("A-1", "carla", house.asked()[0].shown).resume


def test_a_second_decider_hears_who_was_first_and_when(house: House):
    house.propose(ASK)
    house.approvals.approve("A-1", "paula")
    with pytest.raises(AlreadyDecided, match="paula has approved A-1 already on 2026-03-02 09:00"):
        house.approvals.reject("A-1", "peter", "no")


def test_the_wrong_role_is_told_whom_to_ask(house: House):
    house.propose(hurry("400.00"))
    with pytest.raises(NotAllowed) as refused:
        house.approvals.approve("A-1", "paula")
    assert "role finance; Paula Planner has planner" in refused.value.message
    assert refused.value.fix == "ask farid or fiona or xena (role finance)"
    denial = house.entries(EntryKind.DENIAL)[0]
    assert (denial["attempt"], denial["user"], denial["code"]) == ("approve", "paula", "not_allowed")


@pytest.mark.parametrize("user", ["nobody", "drop table", ""])
def test_an_unknown_person_decides_nothing(house: House, user: str):
    house.propose(ASK)
    with pytest.raises(NotAllowed, match="there is no user"):
        house.approvals.approve("A-1", user)
    assert house.entries(EntryKind.DENIAL)[0]["user"] == user


def test_an_unknown_approval_is_named(house: House):
    with pytest.raises(UnknownReference):
        house.approvals.approve("A-9", "paula")


def test_a_planner_confirms_their_own_request_inside_their_authority(tmp_path: Path):
    with build(tmp_path, asked_by="paula") as house:
        house.propose(ASK)
        assert house.approvals.approve("A-1", "paula").resume


def test_a_role_that_does_not_confirm_needs_another_person(tmp_path: Path):
    with build(tmp_path, asked_by="farid") as house:
        house.propose(hurry("400.00"))
        with pytest.raises(NotAllowed, match="does not confirm its own requests"):
            house.approvals.approve("A-1", "farid")
        assert house.approvals.approve("A-1", "fiona").resume


@pytest.mark.parametrize(("asked_by", "raised_by"), [("farid", "intake"), ("intake", "farid")])
def test_four_eyes_means_another_person(tmp_path: Path, asked_by: str, raised_by: str):
    with build(tmp_path, asked_by=asked_by, raised_by=raised_by) as house:
        house.propose(CREDIT)
        with pytest.raises(NotAllowed, match="four eyes") as refused:
            house.approvals.approve("A-1", "farid")
        assert refused.value.fix == "ask fiona or xena (role finance)"
        assert house.approvals.approve("A-1", "fiona").resume


def test_whoever_edits_a_four_eyes_move_does_not_decide_it(tmp_path: Path):
    reason = "    reason: A confirmed order loses units."
    text = default_text().replace(reason, f"    four_eyes: true\n{reason}")
    with build(tmp_path, policy=parse(text)) as house:
        house.propose(ASK)
        edited = house.approvals.edit("A-1", "paula", {"a2": 35}, reason="counted again")
        assert (edited.resume, edited.waiting) == (False, ("planner",))
        with pytest.raises(NotAllowed, match="four eyes"):
            house.approvals.approve("A-1", "paula")
        assert house.approvals.approve("A-1", "peter").resume


def test_authority_ends_at_its_limit(tmp_path: Path):
    """The policy shrinks a planner's limits after the question was asked."""
    with build(tmp_path) as house:
        house.propose(ASK)
        house.policy = parse(default_text().replace("max_units: 500 units", "max_units: 39 units"))
        with pytest.raises(NotAllowed, match=r"beyond the authority of .* as planner") as refused:
            house.approvals.approve("A-1", "paula")
        assert refused.value.fix == "ask lena or xena (role lead)"


def test_an_edit_inside_ones_authority_needs_nobody_else(house: House):
    house.propose(ASK)
    done = house.approvals.edit("A-1", "paula", {"a2": 36}, reason="keep a few")
    assert (done.did, done.resume, done.state) == ("edited", True, MoveState.APPROVED)
    override = house.entries(EntryKind.OVERRIDE)[0]
    assert (override["changes"], override["why"]) == ({"a2": 36}, "keep a few")
    assert override["shown"] != override["shown_after"]


def test_an_edit_that_no_rule_asks_about_goes_at_once_when_one_edits_who_may_override(house: House):
    house.propose(ASK)
    assert house.approvals.edit("A-1", "paula", {"a2": 25}, reason="counted again").state is MoveState.APPROVED
    assert [(one.state, one.decided_by) for one in house.asked()] == [(ApprovalState.APPROVED, "paula")]


def test_an_edit_that_leaves_ones_authority_goes_to_the_role_the_rule_names(house: House):
    house.propose(buy(5000))
    with pytest.raises(BadInput):
        house.approvals.edit("A-1", "paula", {"a1": -4}, reason="counted again")
    grown = house.approvals.edit("A-1", "paula", {"a1": 6000}, reason="counted again")
    assert (grown.did, grown.waiting) == ("edited", ("finance",)), "the planner's own step is done by the edit"
    assert house.approvals.approve(grown.questions[0], "farid").resume


def test_what_an_edit_approves_by_itself_is_recorded_under_its_own_question(house: House):
    house.propose(buy(5000))
    house.approvals.edit("A-2", "paula", {"a1": 6000}, reason="counted again")
    assert [(one.id, one.state) for one in house.asked()] == [
        ("A-1", ApprovalState.APPROVED),
        ("A-2", ApprovalState.PENDING),
    ]
    assert [entry["approval"] for entry in house.entries(EntryKind.APPROVAL)] == ["A-1"]


def test_an_edit_that_policy_denies_changes_nothing(house: House):
    house.propose(reallocation("SO-SLA/1", 10))
    with pytest.raises(NotAllowed, match="fill floor"):
        house.approvals.edit("A-1", "paula", {"a1": 20}, reason="counted again")
    assert house.moves()[0].move == reallocation("SO-SLA/1", 10)
    assert house.entries(EntryKind.DENIAL)[0]["attempt"] == "edit"


def test_somebody_with_no_part_in_it_does_not_edit(house: House):
    house.propose(ASK)
    with pytest.raises(NotAllowed, match="no role that edits"):
        house.approvals.edit("A-1", "wanda", {"a2": 30}, reason="counted again")


def test_a_rejection_cancels_what_needs_the_move_and_replans_the_rest(house: House):
    house.propose(ASK)
    house.propose(buy(5000).model_copy(update={"id": "C1/r1/m2", "needs": ("C1/r1/m1",)}))
    house.propose(buy(10).model_copy(update={"id": "C1/r1/m3", "needs": ("C1/r1/m2",)}))
    house.propose(buy(11).model_copy(update={"id": "C1/r1/m4"}))
    done = house.approvals.reject("A-1", "paula", "not this one")
    assert (done.replan, done.cancelled, done.state) == (True, ("C1/r1/m2", "C1/r1/m3"), MoveState.REJECTED)
    states = [record.state.value for record in house.moves()]
    assert states == ["rejected", "cancelled", "cancelled", "approved"]
    with pytest.raises(StaleDecision):
        house.approvals.approve("A-2", "paula")


def test_a_person_sees_what_is_theirs_to_decide_now(house: House):
    house.propose(buy(5000))
    assert [card.approval for card in house.approvals.waiting("paula")] == ["A-1"]
    assert house.approvals.waiting("farid") == (), "the planner decides first"
    assert len(house.approvals.waiting()) == 2


def test_an_expired_question_is_not_approved_but_asked_of_the_role_above(house: House):
    house.propose(ASK)
    house.later(hours=24)
    with pytest.raises(Conflict, match="A-1 expired"):
        house.approvals.approve("A-1", "paula")
    (swept,) = house.approvals.expire()
    assert (swept.did, swept.waiting, swept.questions, swept.resume) == ("escalated", ("lead",), ("A-2",), False)
    assert house.approvals.expire() == (), "the new question has its own time"
    with pytest.raises(Conflict, match="A-1 expired"):
        house.approvals.approve("A-1", "paula")
    assert house.approvals.approve("A-2", "lena").resume


def test_a_question_that_nobody_above_answers_expires_with_its_move(house: House):
    house.propose(ASK)
    house.propose(buy(10).model_copy(update={"id": "C1/r1/m2", "needs": ("C1/r1/m1",)}))
    for _ in range(2):
        house.later(hours=24)
        assert [done.did for done in house.approvals.expire()] == ["escalated"]
    house.later(hours=24)
    (gone,) = house.approvals.expire()
    assert (gone.did, gone.resume, gone.replan, gone.cancelled) == ("expired", True, True, ("C1/r1/m2",))
    assert house.state() is MoveState.EXPIRED
    assert len(house.entries(EntryKind.EXPIRY)) == 3


def test_two_waiting_plans_never_promise_the_same_free_units(house: House):
    """50 widgets are free; each move wants 30 of them (and a strategic customer's 10, so that it waits)."""
    case, run = house.another_case("C-2")
    first, second = (
        make(release("a1", "SO-STRAT/1", 5), reserve("a2", "SO-STD2/1", 35, "a1"), key=key)
        for key in ("C1/r1/m1", "C2/r1/m1")
    )
    house.propose(first)
    house.propose(second, case=case, run=run)
    assert [record.state for record in house.moves()] == [MoveState.WAITING, MoveState.CANCELLED]
    assert "30 of WIDGET at EAST are needed, but 20 are free" in house.moves()[1].reason


def test_nor_the_same_units_of_one_loser(house: House):
    case, run = house.another_case("C-2")
    house.propose(reallocation(units=40))
    house.propose(reallocation(units=40, key="C2/r1/m1"), case=case, run=run)
    assert house.moves()[1].state is MoveState.CANCELLED
    assert "40 of the units of SO-STD1/1 are promised to another plan" in house.moves()[1].reason


def test_a_claim_gives_way_only_to_a_move_worth_more(house: House):
    def claim(key: str, value: str):
        subject = make(release("a1", "SO-STRAT/1", 5), reserve("a2", "SO-STD2/1", 35, "a1"), key=key)
        return type(subject).model_validate({**subject.model_dump(), "value": value})

    case, run = house.another_case("C-2")
    third, third_run = house.another_case("C-3")
    house.propose(claim("C1/r1/m1", "100.00"))
    house.propose(claim("C2/r1/m1", "100.00"), case=case, run=run)
    assert house.state("C2/r1/m1") is MoveState.CANCELLED, "equal value displaces nothing"
    house.propose(
        make(reserve("a1", "SO-STRAT/1", 1), kind="reserve", key="C1/r1/m9"),
    )
    small = make(release("a1", "SO-KEY1/1", 5), reserve("a2", "SO-STD2/1", 40, "a1"), key="C3/r1/m1")
    house.propose(type(small).model_validate({**small.model_dump(), "value": "101.00"}), case=third, run=third_run)
    assert house.state("C3/r1/m1") is MoveState.WAITING
    assert house.state("C1/r1/m1") is MoveState.SUPERSEDED
    assert "worth more in C3/r1/m1" in house.moves()[0].reason
    with pytest.raises(QuartermasterError):
        house.approvals.approve("A-1", "carla")
