"""At the command line: put aside, give on, speak about, hand over, be away, decide many, stop and lift."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import AT
from tests.acceptance.door import Said, quartermaster
from tests.agent.house import opened, who

pytestmark = pytest.mark.xdist_group("answers")


def do(home: Path, user: str, *words: object) -> Said:
    said = quartermaster(home, *AT, *words, "--as", user, "--output", "json")
    assert said.code == 0, said.err
    return said


def test_what_people_do_around_a_question(waiting: Path):
    with opened(waiting) as app:
        cards = [card for card in app.approvals() if not card.before and who(card) == "peter"]
    card, later = cards[0], "2026-03-02T11:00Z"
    do(waiting, "peter", "approvals", "snooze", card.approval, "--until", later)
    quartermaster(waiting, *AT, "approvals", "snooze", card.approval, "--until", "2027-01-01", "--as", "peter").refused(
        2, "put aside until"
    )
    do(waiting, "peter", "approvals", "comment", card.approval, "ask", "the", "customer")
    given = do(waiting, "peter", "approvals", "reassign", card.approval, "--to", "paula", "--code", "wrong-person")
    assert given.rows("card")[0]["assigned_to"] == "paula"
    shown = quartermaster(waiting, *AT, "approvals", "show", card.approval)
    assert "ask the customer" in shown.out and "given to paula" in shown.out
    steps = quartermaster(waiting, *AT, "approvals", "history", card.approval, "--output", "json").rows("history")
    assert [step["what"] for step in steps] == ["asked", "snoozed", "commented", "reassigned"]
    named = f"{card.approval}={card.digest[:12]}"
    many = quartermaster(
        waiting, *AT, "approvals", "decide-many", named, "A-999=000000000000", "--code", "checked", "--as", "paula"
    )
    assert many.code == 4 and "1 decided, 1 not" in many.out
    quartermaster(waiting, *AT, "approvals", "decide-many", "A-1", "--as", "paula").refused(2, "no way to name all")


@pytest.mark.nightly
def test_roles_in_other_hands_and_people_who_are_away(waiting: Path):
    until = ("--until", "2026-03-09")
    given = do(waiting, "farid", "delegations", "add", "paula", "finance", *until).rows("delegations")[0]
    do(waiting, "farid", "away", *until, "--reason", "skiing")
    listed = quartermaster(waiting, *AT, "delegations", "list", "--output", "json")
    assert [row["taker"] for row in listed.rows("delegations")] == ["paula"]
    assert [row["user"] for row in listed.rows("absences")] == ["farid"]
    do(waiting, "farid", "back")
    do(waiting, "paula", "delegations", "end", given["id"])
    assert quartermaster(waiting, *AT, "delegations", "list", "--output", "json").rows("delegations") == []


def test_one_command_stops_everything_and_two_people_let_it_go(waiting: Path):
    do(waiting, "omar", "stop", "--code", "incident")
    quartermaster(waiting, *AT, "lift", "--as", "omar").refused(4, "two other people")
    assert do(waiting, "olga", "lift", "--reason", "looked at").rows("switch")[0]["state"] == "asked"
    assert do(waiting, "lena", "stop", "--lift").rows("switch")[0]["by"] == ["olga", "lena"]
