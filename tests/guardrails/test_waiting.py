"""While a question waits: put aside, given on, spoken about, brought to mind, and answered by the role above."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import BadInput, Conflict, NotAllowed
from guardrails.chain import EntryKind
from guardrails.delegating import Delegating
from guardrails.policy import default_text, parse
from storage import run_events
from storage.records import ApprovalState, MoveState
from tests.guardrails.house import House
from tests.guardrails.house import house as build
from tests.guardrails.test_judge import CREDIT, buy, hurry
from tests.guardrails.world import reallocation

ASK = reallocation(units=40)


def happened(house: House, approval: str = "A-1") -> list[tuple[str, str, str]]:
    return [(step.what, step.by, step.of) for step in house.approvals.history(approval)]


def mine(house: House, user: str) -> list[str]:
    return [card.approval for card in house.approvals.waiting(user)]


def away(house: House, user: str, hours: float = 24) -> Delegating:
    given = Delegating(house.database, house.ledger, lambda: house.policy, house.people, house.now)
    given.away(user, house.time, house.time + timedelta(hours=hours))
    return given


def test_what_is_put_aside_is_hidden_from_one_person_for_a_time(house: House):
    house.propose(ASK)
    card = house.approvals.snooze("A-1", "paula", house.time + timedelta(hours=3), "in a meeting")
    assert card.snoozed_until == house.time + timedelta(hours=3)
    assert (mine(house, "paula"), mine(house, "peter")) == ([], ["A-1"])
    assert house.approvals.show("A-1", "peter").snoozed_until is None
    house.later(hours=3)
    assert mine(house, "paula") == ["A-1"]
    assert house.state() is MoveState.WAITING
    assert house.approvals.history("A-1")[-1].text == "until 2026-03-02 12:00: in a meeting"


def test_what_was_put_aside_comes_back_when_it_is_edited(house: House):
    house.propose(reallocation("SO-STRAT/1", 20))
    house.approvals.snooze("A-1", "carla", house.time + timedelta(hours=3))
    assert mine(house, "carla") == []
    house.approvals.edit("A-1", "paula", {"a2": 15}, reason="fewer")
    assert mine(house, "carla") == ["A-1"]


@pytest.mark.parametrize("hours", [-1, 0, 9, 30])
def test_nothing_is_put_aside_for_longer_than_policy_lets_or_past_its_end(house: House, hours: int):
    house.propose(ASK)
    with pytest.raises(BadInput, match="can be put aside until 2026-03-02 17:00 at most"):
        house.approvals.snooze("A-1", "paula", house.time + timedelta(hours=hours))
    house.later(hours=20)
    with pytest.raises(BadInput, match="until 2026-03-03 09:00 at most"):
        house.approvals.snooze("A-1", "paula", house.time + timedelta(hours=5))


def test_only_who_has_it_in_the_list_puts_it_aside(house: House):
    house.propose(ASK)
    with pytest.raises(NotAllowed, match="not in your list"):
        house.approvals.snooze("A-1", "farid", house.time + timedelta(hours=1))
    assert house.entries(EntryKind.DENIAL)[-1]["attempt"] == "snooze"


def test_a_question_given_to_one_leaves_the_lists_of_the_others(house: House):
    house.propose(ASK)
    assert house.approvals.reassign("A-1", "paula", "peter", "wrong-person").assigned_to == "peter"
    assert (mine(house, "paula"), mine(house, "lena"), mine(house, "peter")) == ([], [], ["A-1"])
    away(house, "peter")
    assert mine(house, "paula") == ["A-1"], "whoever is away keeps nothing from the others"
    assert house.approvals.approve("A-1", "paula").resume, "and it was never theirs alone"
    entry = house.entries(EntryKind.QUESTION)[0]
    assert (entry["question"], entry["to"], entry["reason_code"]) == ("reassigned", "peter", "wrong-person")


@pytest.mark.parametrize(
    ("user", "to", "says"),
    [
        ("farid", "peter", "is for the role planner; Farid Finance has finance"),
        ("paula", "farid", "is for the role planner; Farid Finance has finance"),
        ("paula", "nobody", "there is no user"),
        ("arthur", "peter", "is for the role planner; Arthur Auditor has auditor"),
    ],
)
def test_a_question_goes_from_and_to_people_who_may_decide_it(house: House, user: str, to: str, says: str):
    house.propose(ASK)
    with pytest.raises(NotAllowed, match=says):
        house.approvals.reassign("A-1", user, to, "wrong-person")
    assert house.approvals.show("A-1").assigned_to is None


def test_a_role_above_gives_a_question_on_but_a_party_does_not_choose_who_decides(tmp_path: Path):
    with build(tmp_path, asked_by="omar") as house:
        house.propose(hurry("400.00"))
        house.propose(CREDIT.model_copy(update={"id": "C1/r1/m2"}))
        assert house.approvals.reassign("A-1", "omar", "fiona", "other").assigned_to == "fiona"
        with pytest.raises(NotAllowed):
            house.approvals.reassign("A-2", "omar", "fiona", "other")
        assert house.approvals.reassign("A-2", "olga", "fiona", "other").assigned_to == "fiona"


def test_nothing_is_given_to_somebody_who_is_away_or_without_a_reason(house: House):
    house.propose(ASK)
    with pytest.raises(BadInput, match="a reason is needed to reassign"):
        house.approvals.reassign("A-1", "paula", "peter")
    away(house, "peter")
    with pytest.raises(Conflict, match="Peter Planner is away until 2026-03-03 09:00"):
        house.approvals.reassign("A-1", "paula", "peter", "wrong-person")


def test_comments_stand_on_the_card_and_change_nothing_it_shows(house: House):
    house.propose(ASK)
    shown = house.asked()[0].shown
    house.approvals.comment("A-1", "farid", "  the customer called ")
    card = house.approvals.show("A-1")
    assert [(one.by, one.text) for one in card.comments] == [("farid", "the customer called")]
    assert card.digest == shown
    house.approvals.approve("A-1", "paula", shown)
    house.approvals.comment("A-1", "arthur", "noted")
    assert len(house.approvals.show("A-1").comments) == 2
    with pytest.raises(BadInput, match="1 to 2000 characters"):
        house.approvals.comment("A-1", "farid", " ")


def test_people_are_reminded_twice_and_each_time_once(house: House):
    house.propose(ASK)
    house.later(hours=3, minutes=59)
    assert house.approvals.remind() == ()
    house.later(minutes=1)
    assert [step.what for step in house.approvals.remind()] == ["reminded"]
    assert house.approvals.remind() == ()
    assert house.approvals.show("A-1").reminded_at == house.time
    house.approvals.snooze("A-1", "paula", house.time + timedelta(hours=1))
    house.later(hours=18)
    assert [step.what for step in house.approvals.remind()] == ["reminded", "escalated"]
    assert house.approvals.history("A-1")[2].text == "until 2026-03-02 14:00"
    with house.database.read() as session:
        told = [event for event in run_events.since(session, house.run) if event.kind == "question"]
    assert len(told) == 3, "those who watch the run hear of it"
    assert house.kinds().count(EntryKind.QUESTION) == 2, "put aside, and gone up"


def test_an_edited_question_is_brought_to_mind_anew(house: House):
    house.propose(reallocation("SO-STRAT/1", 20))
    house.later(hours=5)
    house.approvals.remind()
    house.approvals.edit("A-1", "paula", {"a2": 15}, reason="fewer")
    house.later(hours=3)
    assert house.approvals.remind() == ()
    house.later(hours=1)
    assert [step.what for step in house.approvals.remind()] == ["reminded"]


def test_whoever_cannot_answer_yet_is_not_reminded(house: House):
    house.propose(buy(5000))
    house.later(hours=10)
    assert [step.approval for step in house.approvals.remind()] == ["A-1"]
    house.approvals.approve("A-1", "paula")
    assert house.approvals.remind() == (), "the second waits only since the first has answered"
    house.later(hours=4)
    assert [step.approval for step in house.approvals.remind()] == ["A-2"]


def test_after_a_while_the_role_above_may_answer_too(house: House):
    house.propose(CREDIT)
    shown = house.asked()[0].shown
    assert mine(house, "omar") == []
    house.later(hours=18)
    house.approvals.remind()
    card = house.approvals.show("A-1", "omar")
    assert (card.role, card.escalated_from, card.digest) == ("finance/operations", "finance", shown)
    assert (mine(house, "omar"), mine(house, "fiona")) == (["A-1"], ["A-1"])
    assert house.approvals.approve("A-1", "omar", shown).resume
    house.gate.admit("C1/r1/m1")
    assert happened(house) == [
        ("asked", "intake", "finance"),
        ("reminded", "sweep", "finance"),
        ("escalated", "sweep", "operations"),
        ("decided", "omar", "finance/operations"),
    ]


def test_what_the_role_above_does_not_answer_either_goes_one_higher_or_ends(house: House):
    house.propose(ASK)
    house.later(hours=18)
    house.approvals.remind()
    assert house.approvals.show("A-1").role == "planner/lead"
    house.later(hours=6)
    assert [made.did for made in house.approvals.expire()] == ["escalated"]
    card = house.approvals.show("A-2")
    assert (card.role, card.escalated_from) == ("operations", "planner/lead")
    house.later(hours=24)
    assert house.approvals.remind() == ()
    assert [made.did for made in house.approvals.expire()] == ["expired"]
    assert house.state() is MoveState.EXPIRED


def test_what_was_given_to_somebody_who_leaves_goes_to_their_delegate(house: House):
    house.propose(hurry("400.00"))
    house.approvals.reassign("A-1", "farid", "fiona", "wrong-person")
    given = away(house, "fiona")
    assert house.approvals.remind()[0].text == "fiona is away"
    assert house.approvals.show("A-1").assigned_to is None, "no delegate: it is everybody's again"
    given.back("fiona")
    house.approvals.reassign("A-1", "farid", "fiona", "wrong-person")
    given.delegate("fiona", "paula", "finance", house.time, house.time + timedelta(hours=9))
    away(house, "fiona")
    house.approvals.remind()
    assert house.approvals.show("A-1").assigned_to == "paula"
    assert house.approvals.approve("A-1", "paula").on_behalf_of == "fiona"


def test_when_nobody_is_there_the_role_above_may_answer_at_once(house: House):
    house.propose(hurry("400.00"))
    for user in ("farid", "fiona"):
        away(house, user)
        assert house.approvals.remind() == ()
    given = away(house, "xena")
    assert [(step.what, step.of) for step in house.approvals.remind()] == [("escalated", "operations")]
    assert mine(house, "omar") == ["A-1"]
    given.back("farid")
    assert (house.approvals.remind(), house.approvals.approve("A-1", "farid").resume) == ((), True)


def test_whoever_is_away_may_still_decide_and_says_when_they_are_back(house: House):
    house.propose(ASK)
    given = away(house, "paula")
    assert house.approvals.approve("A-1", "paula").resume
    assert given.back("paula") == 1
    with pytest.raises(Conflict, match="is not away"):
        given.back("paula")
    away(house, "paula", 1)
    away(house, "paula", 5)
    assert [absence.until for absence in given.absences(house.time)] == [house.time + timedelta(hours=5)]
    said = [entry["authority"] for entry in house.entries(EntryKind.AUTHORITY)]
    assert said == ["away", "back", "away", "away"]


def test_a_policy_that_names_no_times_reminds_nobody(tmp_path: Path):
    names = ("remind_after", "remind_before", "escalate_after", "snooze_at_most")
    lines = [line for line in default_text().splitlines() if not line.strip().startswith(names)]
    with build(tmp_path, policy=parse("\n".join(lines))) as house:
        house.propose(ASK)
        house.later(hours=23)
        assert house.approvals.remind() == ()
        house.approvals.snooze("A-1", "paula", house.time + timedelta(minutes=59))


def test_a_reminder_after_the_end_is_a_mistake_in_the_policy():
    with pytest.raises(BadInput, match="remind_after must be shorter than expire_after"):
        parse(default_text().replace("remind_after: 4 hours", "remind_after: 24 hours"))


@pytest.mark.parametrize("verb", ["approve", "reject", "edit"])
def test_a_reason_is_one_that_policy_lists(house: House, verb: str):
    house.propose(ASK)
    calls = {
        "approve": lambda code: house.approvals.approve("A-1", "paula", reason_code=code),
        "reject": lambda code: house.approvals.reject("A-1", "paula", "", reason_code=code),
        "edit": lambda code: house.approvals.edit("A-1", "paula", {"a2": 39}, reason_code=code),
    }
    codes = {"approve": "checked", "reject": "not-now", "edit": "facts-wrong"}
    with pytest.raises(BadInput, match=f"'bad mood' is no reason to {verb}") as refused:
        calls[verb]("bad mood")
    assert codes[verb] in str(refused.value)
    assert house.asked()[0].state is ApprovalState.PENDING
    calls[verb](codes[verb])
    assert house.approvals.show("A-1").decision_code == codes[verb]
    kind = EntryKind.OVERRIDE if verb == "edit" else EntryKind.APPROVAL
    assert house.entries(kind)[0]["reason_code"] == codes[verb]
    assert codes[verb] in {reason.code for reason in house.approvals.show("A-1").reasons}


def test_whoever_says_no_or_changes_something_says_why(house: House):
    house.propose(ASK)
    for act in (
        lambda: house.approvals.reject("A-1", "paula", " "),
        lambda: house.approvals.edit("A-1", "paula", {"a2": 39}),
    ):
        with pytest.raises(BadInput, match="a reason is needed"):
            act()
    assert house.state() is MoveState.WAITING
    assert len(house.entries(EntryKind.DENIAL)) == 2


def test_decided_cards_are_read_page_by_page_the_newest_first(house: House):
    for number in range(1, 6):
        house.propose(reallocation("SO-KEY1/1", 5, key=f"C1/r1/m{number}"))
    pages = [house.approvals.listed(newest=2, offset=offset) for offset in (0, 2, 4)]
    assert [[card.approval for card in page] for page in pages] == [["A-5", "A-4"], ["A-3", "A-2"], ["A-1"]]
    assert len(house.approvals.listed()) == 5
    house.approvals.approve("A-2", "paula")
    assert [card.approval for card in house.approvals.listed(over=True, newest=3)] == ["A-2"]
