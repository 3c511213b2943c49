"""Answers word for word: what a decision says, to whom, and what the ledger keeps of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from domain.errors import AlreadyDecided, BadInput, Conflict, NotAllowed, QuartermasterError, StaleDecision
from domain.plans import Move
from guardrails.approvals import _told
from guardrails.chain import EntryKind
from guardrails.deciding import Decision, already, check_open, decision, settle
from guardrails.people import People, personas
from guardrails.policy import default_policy, default_text, parse
from guardrails.powers import at_or_above
from storage import approvals as approval_rows
from storage.records import ApprovalState, MoveState
from tests.guardrails.house import House
from tests.guardrails.house import house as build
from tests.guardrails.test_judge import CREDIT, buy, hurry
from tests.guardrails.test_powers import grant, hand, person
from tests.guardrails.test_waiting import away, mine
from tests.guardrails.world import move as make
from tests.guardrails.world import reallocation, reserve

ASK = reallocation(units=40)
MOVE = "C1/r1/m1"


def answer(did: str, by: str, state: MoveState, **more: Any) -> Decision:
    given: dict[str, Any] = {
        "did": did, "approval": "A-1", "move": MOVE, "case": "C-1", "run": "R-1", "by": by, "state": state,
        "resume": True, **more,
    }  # fmt: skip
    return Decision.model_validate(given)


def written(house: House, kind: EntryKind) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Whose the last entry of a kind is and what it is about, and what it says."""
    with house.database.read() as session:
        entry, body = list(house.ledger.entries(session, [kind]))[-1]
    assert body is not None
    return (entry.actor, entry.at, entry.case or "", entry.run or "", entry.move or ""), body


def about(house: House, who: str) -> tuple[str, ...]:
    return (who, house.time.isoformat(), "C-1", "R-1", MOVE)


def refusal(act: Callable[[], object], kind: type[QuartermasterError]) -> tuple[str, str | None, str | None]:
    with pytest.raises(kind) as caught:
        act()
    return caught.value.message, caught.value.field, caught.value.fix


def test_a_yes_says_everything_once_and_the_ledger_the_same(house: House):
    house.propose(ASK)
    shown = house.asked()[0].shown
    house.later(minutes=5)
    done = house.approvals.approve("A-1", "paula", shown, "seen the stock", "checked")
    assert done == answer("approved", "paula", MoveState.APPROVED)
    envelope, body = written(house, EntryKind.APPROVAL)
    assert envelope == about(house, "paula")
    asked = house.asked()[0]
    assert body == {
        "approval": "A-1", "shown": shown, "decision": "approved", "role": "planner", "why": "seen the stock",
        "reason_code": "checked", "policy": asked.policy, "facts": asked.facts,
    }  # fmt: skip
    assert (asked.state, asked.decided_by, asked.decided_at) == (ApprovalState.APPROVED, "paula", house.time)
    assert (asked.reason, asked.reason_code, asked.decided_for) == ("seen the stock", "checked", None)
    assert (house.moves()[0].state, house.moves()[0].reason) == (MoveState.APPROVED, "approved by paula")


def test_a_yes_without_a_word_keeps_none(house: House):
    house.propose(ASK)
    house.approvals.approve("A-1", "paula")
    assert written(house, EntryKind.APPROVAL)[1]["why"] == ""
    assert {"reason_code", "for_whom"}.isdisjoint(written(house, EntryKind.APPROVAL)[1])
    assert (house.asked()[0].reason, house.asked()[0].reason_code) == ("", "")


def test_a_yes_in_somebody_elses_name_names_both(house: House):
    house.propose(CREDIT)
    hand(house, "farid", "paula", "finance")
    done = house.approvals.approve("A-1", "paula")
    assert done == answer("approved", "paula", MoveState.APPROVED, on_behalf_of="farid")
    envelope, body = written(house, EntryKind.APPROVAL)
    assert (envelope[0], body["role"], body["for_whom"]) == ("paula", "finance", "farid")
    assert (house.asked()[0].decided_by, house.asked()[0].decided_for) == ("paula", "farid")


def test_a_first_yes_of_two_says_who_is_left(house: House):
    house.propose(buy(5000))
    done = house.approvals.approve("A-1", "paula")
    left = {"waiting": ("finance",), "questions": ("A-2",), "resume": False}
    assert done == answer("approved", "paula", MoveState.WAITING, **left)
    assert (house.moves()[0].state, house.moves()[0].reason) == (MoveState.WAITING, "")


@pytest.mark.parametrize(
    ("reason", "code", "told"),
    [("too many", "", ": too many"), ("", "not-now", ": not-now"), ("too many", "not-now", ": too many")],
)
def test_a_no_says_everything_once_and_the_ledger_the_same(house: House, reason: str, code: str, told: str):
    house.propose(ASK)
    house.propose(buy(10).model_copy(update={"id": "C1/r1/m2", "needs": (MOVE,)}))
    house.later(minutes=5)
    shown = house.asked()[0].shown
    done = house.approvals.reject("A-1", "paula", reason, shown, code)
    more = {"cancelled": ("C1/r1/m2",), "replan": True, "text": f"rejected by paula{told}"}
    assert done == answer("rejected", "paula", MoveState.REJECTED, **more)
    envelope, body = written(house, EntryKind.APPROVAL)
    assert envelope == about(house, "paula")
    asked = house.asked()[0]
    assert body == {
        "approval": "A-1", "shown": shown, "decision": "rejected", "role": "planner", "why": reason,
        "cancelled": ["C1/r1/m2"], "policy": asked.policy, "facts": asked.facts,
        **({"reason_code": code} if code else {}),
    }  # fmt: skip
    assert (asked.state, asked.decided_by, asked.decided_at) == (ApprovalState.REJECTED, "paula", house.time)
    assert (asked.reason, asked.reason_code) == (reason, code)
    assert (house.moves()[0].state, house.moves()[0].reason) == (MoveState.REJECTED, f"rejected by paula{told}")


def test_a_no_where_no_reason_is_listed_needs_none(tmp_path: Path):
    text = "\n".join(line for line in default_text().splitlines() if not line.startswith("  - {code:"))
    with build(tmp_path, policy=parse(text.replace("\nreasons:\n", "\nreasons: []\n"))) as house:
        house.propose(ASK)
        assert house.approvals.reject("A-1", "paula", "").text == "rejected by paula"


def test_a_no_in_somebody_elses_name_names_both(house: House):
    house.propose(CREDIT)
    hand(house, "farid", "paula", "finance")
    assert house.approvals.reject("A-1", "paula", "no").on_behalf_of == "farid"
    assert written(house, EntryKind.APPROVAL)[1]["for_whom"] == "farid"
    assert house.asked()[0].decided_for == "farid"


def test_a_long_reason_is_kept_whole_and_cut_only_where_it_is_repeated(house: House):
    house.propose(ASK)
    done = house.approvals.reject("A-1", "paula", "x" * 3995)
    assert len(done.text) == len(house.moves()[0].reason) == 4000
    assert house.asked()[0].reason == "x" * 3995


def test_an_edit_says_everything_once_and_the_ledger_the_same(house: House):
    house.propose(ASK)
    before = house.asked()[0].shown
    house.later(minutes=5)
    done = house.approvals.edit("A-1", "paula", {"a2": 36}, before, "keep a few", "facts-wrong")
    asked, record = house.asked()[0], house.moves()[0]
    assert done == answer("edited", "paula", MoveState.APPROVED, text=done.text)
    assert done.text
    envelope, body = written(house, EntryKind.OVERRIDE)
    assert envelope == about(house, "paula")
    assert record.verdict is not None
    assert (body["approval"], body["shown"], body["shown_after"]) == ("A-1", before, asked.shown)
    assert (body["changes"], body["why"], body["reason_code"]) == ({"a2": 36}, "keep a few", "facts-wrong")
    assert body["verdict"] == record.verdict.model_dump(mode="json")
    assert body["move"]["id"] == MOVE
    assert [a["quantity"] for a in body["move"]["actions"] if "quantity" in a] == [36, 36]
    assert (body["policy"], body["facts"]) == (asked.policy, asked.facts)
    assert (body["what"], body["kinds"]) == (["recommendation"], ["recommendation", "commitment"])
    envelope, body = written(house, EntryKind.APPROVAL)
    assert envelope == about(house, "paula")
    assert body == {
        "approval": "A-1", "shown": asked.shown, "decision": "approved", "role": "planner", "why": "keep a few",
        "reason_code": "facts-wrong", "policy": asked.policy, "facts": asked.facts,
    }  # fmt: skip
    steps = [(step.what, step.by, step.text) for step in house.approvals.history("A-1")]
    assert ("edited", "paula", "keep a few") in steps
    assert (asked.decided_by, asked.reason, asked.reason_code) == ("paula", "keep a few", "facts-wrong")


def test_an_edit_with_a_code_alone_is_told_by_the_code(house: House):
    house.propose(ASK)
    house.approvals.edit("A-1", "paula", {"a2": 36}, reason_code="facts-wrong")
    steps = [(step.what, step.text) for step in house.approvals.history("A-1")]
    assert ("edited", "facts-wrong") in steps
    assert written(house, EntryKind.OVERRIDE)[1]["why"] == ""


def test_an_edit_is_measured_as_it_becomes_and_not_as_it_was(tmp_path: Path):
    """Gina may decide 40 units; what she makes of it is 45."""
    people = People((*personas().all(), person("gina", grant(units="40 units"))))
    with build(tmp_path, people=people) as house:
        house.propose(ASK)
        done = house.approvals.edit("A-1", "gina", {"a2": 45}, reason="they need more")
        assert (done.state, done.resume, done.waiting, done.questions) == (
            MoveState.WAITING,
            False,
            ("planner",),
            ("A-1",),
        )
        assert house.entries(EntryKind.APPROVAL) == []
        assert house.state() is MoveState.WAITING


def test_a_stale_card_is_neither_rejected_nor_edited(house: House):
    house.propose(ASK)
    told = ("what A-1 shows has changed since this card was shown", "digest", "look at the new card and decide again")
    assert refusal(lambda: house.approvals.approve("A-1", "paula", "0" * 64), StaleDecision) == told
    assert refusal(lambda: house.approvals.reject("A-1", "paula", "no", "0" * 64), StaleDecision) == told
    assert refusal(lambda: house.approvals.edit("A-1", "paula", {"a2": 39}, "0" * 64, "no"), StaleDecision) == told
    assert house.asked()[0].state is ApprovalState.PENDING


def test_every_refused_attempt_is_told_by_its_name(house: House):
    house.propose(ASK)
    desk, soon = house.approvals, house.time + timedelta(hours=1)
    attempts: dict[str, Callable[[], object]] = {
        "approve": lambda: desk.approve("A-1", "farid"),
        "reject": lambda: desk.reject("A-1", "farid", "no"),
        "edit": lambda: desk.edit("A-1", "wanda", {"a2": 39}, reason="no"),
        "snooze": lambda: desk.snooze("A-1", "farid", soon),
        "reassign": lambda: desk.reassign("A-1", "farid", "peter", "other"),
        "comment": lambda: desk.comment("A-1", "farid", ""),
    }
    for name, act in attempts.items():
        with pytest.raises((NotAllowed, BadInput)):
            act()
        envelope, body = written(house, EntryKind.DENIAL)
        assert (body["attempt"], body["approval"], envelope[2:]) == (name, "A-1", ("C-1", "R-1", MOVE))
        assert body["user"] == envelope[0]


def test_what_is_put_aside_given_on_or_said_answers_with_the_card_of_who_did_it(house: House):
    house.propose(ASK)
    soon = house.time + timedelta(hours=1)
    assert house.approvals.snooze("A-1", "paula", soon, "lunch").snoozed_until == soon
    assert house.approvals.history("A-1")[-1].text.endswith(": lunch")
    said = house.approvals.comment("A-1", "paula", "on it")
    assert (said.approval, said.snoozed_until) == ("A-1", soon)
    assert [(one.by, one.at, one.text) for one in said.comments] == [("paula", house.time, "on it")]
    given = house.approvals.reassign("A-1", "paula", "peter", "other", "you know them")
    assert (given.approval, given.assigned_to, given.snoozed_until) == ("A-1", "peter", soon)
    assert house.approvals.history("A-1")[-1].what == "reassigned"
    assert "you know them" in house.approvals.history("A-1")[-1].text
    body = written(house, EntryKind.QUESTION)[1]
    assert (body["to"], body["reason_code"], body["why"]) == ("peter", "other", "you know them")
    with pytest.raises(BadInput, match="is no reason to reassign"):
        house.approvals.reassign("A-1", "paula", "peter", "facts-wrong")


def test_each_sees_their_own_cards_and_all_see_every_card(house: House):
    house.propose(ASK)
    house.propose(hurry("400.00").model_copy(update={"id": "C1/r1/m2"}))
    soon = house.time + timedelta(hours=1)
    house.approvals.snooze("A-1", "paula", soon)
    assert [card.approval for card in house.approvals.waiting()] == ["A-1", "A-2"]
    assert [card.snoozed_until for card in house.approvals.listed("paula")] == [soon, None]
    assert [card.snoozed_until for card in house.approvals.listed()] == [None, None]
    assert (mine(house, "farid"), mine(house, "peter"), mine(house, "arthur")) == (["A-2"], ["A-1"], [])
    house.approvals.approve("A-2", "farid")
    assert (mine(house, "farid"), len(house.approvals.waiting())) == ([], 1)
    assert [card.approval for card in house.approvals.listed(over=True)] == ["A-2"]


def test_a_card_shows_what_happened_to_its_own_question_only(house: House):
    house.propose(ASK)
    house.propose(buy(5000).model_copy(update={"id": "C1/r1/m2"}))
    house.approvals.comment("A-2", "paula", "about the purchase")
    cards = {card.approval: card for card in house.approvals.listed()}
    assert [len(cards[key].comments) for key in ("A-1", "A-2", "A-3")] == [0, 1, 0]
    assert (cards["A-2"].before, cards["A-3"].before) == ((), ("planner",))
    assert [cards[key].move for key in ("A-1", "A-2", "A-3")] == [MOVE, "C1/r1/m2", "C1/r1/m2"]


def test_a_question_given_to_somebody_who_is_not_there_is_everybodys(house: House):
    house.propose(ASK)
    house.approvals.reassign("A-1", "paula", "peter", "other")
    assert (mine(house, "paula"), mine(house, "peter")) == ([], ["A-1"])
    left = [u.model_copy(update={"active": False}) if u.id == "peter" else u for u in house.people.all()]
    People.__init__(house.people, left)
    assert mine(house, "paula") == ["A-1"]


def test_somebody_away_keeps_what_was_given_to_them_in_their_own_list(house: House):
    house.propose(ASK)
    house.approvals.reassign("A-1", "paula", "peter", "other")
    away(house, "peter")
    assert (mine(house, "paula"), mine(house, "peter")) == (["A-1"], ["A-1"])


def test_the_sweeps_go_by_the_time_they_are_given(house: House):
    house.propose(ASK)
    assert house.approvals.expire() == () and house.approvals.remind() == ()
    later = house.time + timedelta(hours=4)
    assert [(step.what, step.at) for step in house.approvals.remind(later)] == [("reminded", later)]
    assert [made.did for made in house.approvals.expire(house.time + timedelta(hours=24))] == ["escalated"]


def test_the_ledger_is_told_only_what_there_is_to_tell():
    assert _told("", None) == {}
    assert _told("checked", None) == {"reason_code": "checked"}
    assert _told("", "farid") == {"for_whom": "farid"}


def test_a_decision_resumes_unless_something_is_left_and_replans_after_a_no(house: House):
    house.propose(buy(5000))
    first, second = house.asked()
    left = decision("approved", first, "paula", MoveState.WAITING, (second,), on_behalf_of="farid")
    assert left == answer(
        "approved", "paula", MoveState.WAITING,
        resume=False, waiting=("finance",), questions=("A-2",), on_behalf_of="farid",
    )  # fmt: skip
    for state in MoveState:
        assert decision("expired", first, "sweep", state).replan is (state in (MoveState.REJECTED, MoveState.EXPIRED))
    told = decision("expired", first, "sweep", MoveState.EXPIRED, cancelled=("m2",), text="x" * 4001)
    assert (told.cancelled, len(told.text)) == (("m2",), 4000)


def test_what_is_no_longer_open_says_so_and_what_to_do(house: House):
    house.propose(ASK)
    (asked,), record = house.asked(), house.moves()[0]
    check_open(asked, record, None, house.time)
    check_open(asked, record, asked.shown, asked.expires_at - timedelta(seconds=1))
    expired = "A-1 expired on 2026-03-03 09:00; nobody decided in time"
    fix = "list the approvals: it may have been asked of the role above, or run the case again"
    late = lambda: check_open(asked, record, None, asked.expires_at)  # noqa: E731
    assert refusal(late, Conflict) == (expired, "approval", fix)
    swept = asked.model_copy(update={"state": ApprovalState.EXPIRED})
    assert refusal(lambda: check_open(swept, record, None, house.time), Conflict) == (expired, "approval", fix)
    for update in ({"state": ApprovalState.CANCELLED}, {"state": ApprovalState.SUPERSEDED}):
        over = asked.model_copy(update=update)
        assert refusal(partial(check_open, over, record, None, asked.expires_at), StaleDecision) == (
            f"A-1 is {over.state.value}, its move is waiting",
            "approval",
            "list the approvals and decide what waits now",
        )
    gone = record.model_copy(update={"state": MoveState.CANCELLED, "reason": "it needs another"})
    assert refusal(lambda: check_open(asked, gone, None, house.time), StaleDecision)[0] == (
        "A-1 is pending, its move is cancelled (it needs another)"
    )
    changed = asked.model_copy(update={"shown": "0" * 64})
    for digest in (None, "0" * 64):
        assert refusal(partial(check_open, changed, record, digest, house.time), StaleDecision)[1] == "digest"


def test_who_was_faster_is_named_with_the_time(house: House):
    house.propose(ASK)
    (before,) = house.asked()
    house.approvals.approve("A-1", "paula")
    (after,) = house.asked()
    told = ("paula has approved A-1 already on 2026-03-02 09:00", "approval", "nothing is left to decide here")
    assert refusal(lambda: house.approvals.reject("A-1", "peter", "no"), AlreadyDecided) == told
    refused = already(after.model_copy(update={"decided_at": None, "state": ApprovalState.REJECTED}))
    assert (type(refused), refused.message) == (AlreadyDecided, "paula has rejected A-1 already")
    assert before.state is ApprovalState.PENDING


def test_a_second_answer_in_the_same_moment_hears_of_the_first(house: House):
    house.propose(ASK)
    (pending,) = house.asked()
    house.approvals.approve("A-1", "paula")
    peter = house.people.get("peter")
    with house.database.write() as session, pytest.raises(AlreadyDecided, match="paula has approved A-1 already"):
        settle(session, pending, "approve", peter, house.time, "me too")
    with house.database.read() as session:
        assert approval_rows.get(session, "A-1").decided_by == "paula"


def test_whoever_decides_later_is_told_on_whom_it_waits(house: House):
    house.propose(buy(5000))
    told = ("A-1 (role planner) is decided before A-2", "approval", "wait for the decision on A-1")
    assert refusal(lambda: house.approvals.approve("A-2", "farid"), Conflict) == told


def test_every_refusal_of_authority_names_the_field_and_whom_to_ask(tmp_path: Path):
    people = People(
        (
            *personas().all(),
            person("gina", grant(sites=("WEST",))),
            person("nina"),
            person("uma", grant(units="39 units")),
        )
    )
    with build(tmp_path, people=people, asked_by="farid") as house:
        house.propose(ASK)
        approve = house.approvals.approve
        assert refusal(lambda: approve("A-1", "nina"), NotAllowed) == (
            "A-1 is for the role planner; Nina has no role",
            "role",
            f"ask {' or '.join(user.id for user in people.holding('planner'))} (role planner)",
        )
        others = [user.id for user in people.holding("planner") if user.id != "gina"]
        assert refusal(lambda: approve("A-1", "gina"), NotAllowed) == (
            "the move touches EAST; Gina decides as planner at WEST",
            "sites",
            f"ask {' or '.join(others)} (role planner)",
        )
        assert refusal(lambda: approve("A-1", "uma"), NotAllowed) == (
            "360.00 USD and 40 units are beyond the authority of Uma as planner",
            "authority",
            f"ask {' or '.join(user.id for user in people.holding('lead'))} (role lead)",
        )
        house.propose(hurry("400.00").model_copy(update={"id": "C1/r1/m2"}))
        assert refusal(lambda: approve("A-2", "farid"), NotAllowed) == (
            "Farid Finance asked for this, and the role finance does not confirm its own requests",
            "role",
            "ask fiona (role finance)",
        )
        house.propose(CREDIT.model_copy(update={"id": "C1/r1/m3"}))
        assert refusal(lambda: approve("A-3", "farid"), NotAllowed) == (
            "A-3 needs four eyes, and Farid Finance asked for it, edited it or raised the case",
            "four_eyes",
            "ask fiona (role finance)",
        )


def test_where_nobody_holds_a_role_the_fix_is_to_give_it(tmp_path: Path):
    people = People((person("solo", roles=("planner",)),))
    with build(tmp_path, people=people) as house:
        house.propose(hurry("400.00"))
        told = refusal(lambda: house.approvals.approve("A-1", "solo"), NotAllowed)
        assert told == ("A-1 is for the role finance; Solo has planner", "role", "give somebody the role finance")


def test_the_highest_role_beyond_its_own_authority_is_asked_of_itself(tmp_path: Path):
    people = People((person("olga", grant("operations", units="1 units")), person("omar", roles=("operations",))))
    text = default_text().replace("max_value_at_stake: 5000 USD", "max_value_at_stake: 1 USD")
    with build(
        tmp_path,
        people=people,
        policy=parse(text.replace("max_value_at_stake: 50000 USD", "max_value_at_stake: 2 USD")),
    ) as house:
        house.propose(ASK)
        assert house.asked()[0].role == "operations"
        told = refusal(lambda: house.approvals.approve("A-1", "olga"), NotAllowed)
        assert told[1:] == ("authority", "ask olga or omar (role operations)")


@pytest.mark.parametrize(
    ("role", "found"),
    [
        ("planner", {"planner", "lead", "operations"}),
        ("finance/planner", {"finance", "planner", "lead", "operations"}),
        ("operations", {"operations"}),
        ("nobody", set()),
        ("nobody/lead", {"lead", "operations"}),
    ],
)
def test_the_roles_a_question_can_go_up_to(role: str, found: set[str]):
    assert at_or_above(role, default_policy()) == found


def test_a_circle_of_roles_ends():
    policy = default_policy()
    above = {"planner": "lead", "lead": "planner"}
    roles = {n: r.model_copy(update={"escalates_to": above.get(n, r.escalates_to)}) for n, r in policy.roles.items()}
    assert at_or_above("planner", policy.model_copy(update={"roles": roles})) == {"planner", "lead"}


def test_a_role_handed_over_brings_its_questions_for_its_time_only(house: House):
    house.propose(hurry("400.00"))
    hand(house, "farid", "paula", "finance", hours=2)
    assert (mine(house, "paula"), mine(house, "peter")) == (["A-1"], [])
    house.later(hours=2)
    assert mine(house, "paula") == []


def test_whoever_is_back_keeps_what_was_given_to_them(house: House):
    house.propose(ASK)
    house.approvals.reassign("A-1", "paula", "peter", "other")
    away(house, "peter", hours=1)
    assert mine(house, "paula") == ["A-1"]
    house.later(hours=1)
    assert (mine(house, "paula"), mine(house, "peter")) == ([], ["A-1"])


def test_a_no_closes_what_others_were_asked_at_that_moment(house: House):
    house.propose(buy(5000))
    house.later(minutes=5)
    house.approvals.reject("A-1", "paula", "no")
    second = house.asked()[1]
    assert (second.state, second.decided_at) == (ApprovalState.CANCELLED, house.time)


def test_an_edit_takes_nothing_that_another_plan_has_claimed_however_much_it_is_worth(tmp_path: Path):
    """50 widgets are free; the first plan waits with 30 of them, and the second is worth more."""

    def claim(key: str, units: int, value: str) -> Move:
        made = make(reserve("a1", "SO-STD2/1", units), kind="reserve", key=key)
        return Move.model_validate({**made.model_dump(), "value": value})

    policy = parse(default_text().replace("  default: act", "  default: approve"))
    with build(tmp_path, policy=policy) as house:
        second, run = house.another_case("C-2")
        house.propose(claim(MOVE, 30, "100.00"))
        house.propose(claim("C2/r1/m1", 20, "101.00"), case=second, run=run)
        act = lambda: house.approvals.edit("A-2", "paula", {"a1": 25}, reason="they need more")  # noqa: E731
        assert refusal(act, BadInput) == ("only 20 can be had in this move", "a1", "20 or less")
        assert house.state() is MoveState.WAITING


@pytest.mark.parametrize("verb", ["approve", "edit"])
def test_a_question_about_another_move_keeps_nothing_back(house: House, verb: str):
    house.propose(ASK)
    house.propose(hurry("400.00").model_copy(update={"id": "C1/r1/m2"}))
    if verb == "approve":
        done = house.approvals.approve("A-1", "paula")
    else:
        done = house.approvals.edit("A-1", "paula", {"a2": 36}, reason="keep a few")
    assert (done.state, done.resume, done.waiting) == (MoveState.APPROVED, True, ())
    assert house.state("C1/r1/m2") is MoveState.WAITING
