"""Whose authority counts: grants with their limits and sites, roles handed over, and whoever is a party."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import BadInput, Conflict, NotAllowed, StaleDecision
from guardrails.chain import EntryKind
from guardrails.delegating import Delegating
from guardrails.people import Grant, People, User, personas
from guardrails.policy import default_text, parse
from storage.records import MoveState
from tests.guardrails.house import House
from tests.guardrails.house import house as build
from tests.guardrails.test_judge import CREDIT, buy, hurry
from tests.guardrails.world import reallocation

ASK = reallocation(units=40)
"""360 USD at stake, 40 units, in EAST: a planner decides."""


def person(key: str, *grants: Grant, roles: tuple[str, ...] = (), service: bool = False) -> User:
    return User(id=key, name=key.title(), email=f"{key}@x", grants=grants, roles=roles, service=service)


def grant(
    role: str = "planner", money: str | None = None, units: str | None = None, sites: tuple[str, ...] = ()
) -> Grant:
    return Grant.model_validate({"role": role, "max_value_at_stake": money, "max_units": units, "sites": sites})


def handing(house: House) -> Delegating:
    return Delegating(house.database, house.ledger, lambda: house.policy, house.people, house.now)


def hand(house: House, giver: str, to: str, role: str, hours: float = 24) -> str:
    until = house.time + timedelta(hours=hours)
    return handing(house).delegate(giver, to, role, house.time, until, why="holidays").id


def leaves(house: House, user: str) -> None:
    left = [one.model_copy(update={"active": False}) if one.id == user else one for one in house.people.all()]
    People.__init__(house.people, left)


@pytest.mark.parametrize(
    ("grants", "fault"),
    [
        ((grant(money="359 USD"),), "360.00 USD and 40 units are beyond the authority"),
        ((grant(units="39 units"),), "beyond the authority"),
        ((grant(sites=("WEST",)),), "the move touches EAST; Gina decides as planner at WEST"),
        ((grant(money="360 USD", units="40 units", sites=("EAST",)),), ""),
        ((grant(sites=("WEST",)), grant(sites=("EAST", "WEST"))), ""),
        ((grant(units="1 units"), grant(money="1 USD")), "beyond"),
    ],
    ids=["too much money", "too many units", "another site", "just inside", "one of two grants", "neither of two"],
)
def test_a_grant_may_be_narrower_than_its_role(tmp_path: Path, grants: tuple[Grant, ...], fault: str):
    people = People((*personas().all(), person("gina", *grants)))
    with build(tmp_path, people=people) as house:
        house.propose(ASK)
        if not fault:
            assert house.approvals.approve("A-1", "gina").state is MoveState.APPROVED
            return
        with pytest.raises(NotAllowed, match=fault):
            house.approvals.approve("A-1", "gina")
        assert house.state() is MoveState.WAITING


def test_a_role_never_grows_by_a_grant(tmp_path: Path):
    people = People((*personas().all(), person("gina", grant(money="1000000 USD"))))
    text = default_text().replace("max_value_at_stake: 5000 USD", "max_value_at_stake: 300 USD")
    with build(tmp_path, people=people) as house:
        house.propose(ASK)
        house.policy = parse(text)
        with pytest.raises(NotAllowed, match="beyond the authority of Gina"):
            house.approvals.approve("A-1", "gina")


def test_a_role_handed_over_decides_in_the_givers_name(house: House):
    house.propose(CREDIT)
    hand(house, "farid", "paula", "finance")
    assert [card.approval for card in house.approvals.waiting("paula")] == ["A-1"]
    done = house.approvals.approve("A-1", "paula", reason="agreed")
    assert (done.by, done.on_behalf_of) == ("paula", "farid")
    entry = house.entries(EntryKind.APPROVAL)[-1]
    assert (entry["role"], entry["for_whom"]) == ("finance", "farid")
    assert house.approvals.show("A-1").decided_for == "farid"
    assert house.approvals.history("A-1")[-1].text == "approved for farid: agreed"
    house.gate.admit("C1/r1/m1")


def test_a_role_handed_over_brings_its_limits_along(tmp_path: Path):
    people = People((*personas().all(), person("gina", grant(money="300 USD"))))
    with build(tmp_path, people=people) as house:
        house.propose(ASK)
        hand(house, "gina", "carla", "planner")
        with pytest.raises(NotAllowed, match="beyond the authority of Carla"):
            house.approvals.approve("A-1", "carla")


def early(house: House) -> None:
    until = house.time + timedelta(hours=9)
    handing(house).delegate("farid", "paula", "finance", house.time + timedelta(hours=2), until)


def over(house: House) -> None:
    hand(house, "farid", "paula", "finance", hours=2)
    house.later(hours=2)


def taken_back(house: House) -> None:
    handing(house).end(hand(house, "farid", "paula", "finance"), "farid")


def given_back(house: House) -> None:
    handing(house).end(hand(house, "farid", "paula", "finance"), "paula")


def gone(house: House) -> None:
    hand(house, "farid", "paula", "finance")
    leaves(house, "farid")


@pytest.mark.parametrize("how", [early, over, taken_back, given_back, gone])
def test_a_role_in_other_hands_has_its_time(house: House, how: Callable[[House], None]):
    house.propose(hurry("400.00"))
    how(house)
    with pytest.raises(NotAllowed, match="is for the role finance; Paula Planner has planner"):
        house.approvals.approve("A-1", "paula")


def test_a_decision_stays_when_the_role_is_taken_back_and_falls_when_the_giver_leaves(house: House):
    for number, subject in enumerate((CREDIT, buy(5000)), 1):
        house.propose(subject.model_copy(update={"id": f"C1/r1/m{number}"}))
    house.approvals.approve("A-2", "paula")
    given = hand(house, "farid", "paula", "finance")
    for question in ("A-1", "A-3"):
        house.approvals.approve(question, "paula")
    house.later(minutes=1)
    handing(house).end(given, "farid")
    house.gate.admit("C1/r1/m1")
    leaves(house, "farid")
    with pytest.raises(StaleDecision, match="A-3 no longer counts"):
        house.gate.admit("C1/r1/m2")


@pytest.mark.parametrize("party", ["giver", "taker"])
def test_four_eyes_exclude_both_hands(tmp_path: Path, party: str):
    with build(tmp_path, asked_by="farid" if party == "giver" else "paula") as house:
        house.propose(CREDIT)
        hand(house, "farid", "paula", "finance")
        with pytest.raises(NotAllowed, match="four eyes"):
            house.approvals.approve("A-1", "paula")
        assert house.approvals.approve("A-1", "fiona").on_behalf_of is None


def test_nobody_confirms_their_own_request_with_somebody_elses_role(tmp_path: Path):
    text = default_text().replace("max_value_at_stake: 5000 USD", "max_value_at_stake: 300 USD")
    with build(tmp_path, asked_by="paula", policy=parse(text)) as house:
        house.propose(ASK)
        assert house.asked()[0].role == "lead"
        hand(house, "lena", "paula", "lead")
        with pytest.raises(NotAllowed, match="does not confirm its own requests"):
            house.approvals.approve("A-1", "paula")


def test_somebody_elses_request_is_not_confirmed_in_their_name(tmp_path: Path):
    with build(tmp_path, asked_by="farid") as house:
        house.propose(hurry("400.00"))
        hand(house, "farid", "paula", "finance")
        with pytest.raises(NotAllowed, match="Farid Finance asked for this"):
            house.approvals.approve("A-1", "paula")


@pytest.mark.parametrize(
    ("giver", "to", "role", "error", "says"),
    [
        ("paula", "peter", "finance", NotAllowed, "Paula Planner has planner and hands over only that"),
        ("paula", "peter", "chief", BadInput, "there is no role 'chief' that decides"),
        ("arthur", "peter", "auditor", BadInput, "no role 'auditor' that decides"),
        ("paula", "paula", "planner", BadInput, "handed to somebody else"),
        ("paula", "nobody", "planner", NotAllowed, "there is no user 'nobody'"),
        ("paula", "arthur", "planner", NotAllowed, "never decides"),
        ("paula", "robo", "planner", NotAllowed, "is a program"),
        ("robo", "paula", "planner", NotAllowed, "is a service"),
    ],
)
def test_who_may_hand_what_to_whom(tmp_path: Path, giver: str, to: str, role: str, error: type, says: str):
    people = People((*personas().all(), person("robo", roles=("planner",), service=True)))
    with build(tmp_path, people=people) as house:
        with pytest.raises(error, match=says):
            hand(house, giver, to, role)
        assert handing(house).listed() == ()
        assert [entry["attempt"] for entry in house.entries(EntryKind.DENIAL)] == ["delegate"]


@pytest.mark.parametrize(("since", "until"), [(0, 0), (2, 1), (-3, -1)])
def test_a_role_is_handed_over_for_a_time_to_come(house: House, since: int, until: int):
    moments = (house.time + timedelta(hours=since), house.time + timedelta(hours=until))
    with pytest.raises(BadInput, match="must end after it begins"):
        handing(house).delegate("paula", "peter", "planner", *moments)
    with pytest.raises(BadInput, match="names no zone"):
        handing(house).delegate("paula", "peter", "planner", house.time.replace(tzinfo=None), moments[1])


def test_a_role_is_taken_back_by_its_two_hands_once(house: House):
    given = hand(house, "farid", "paula", "finance")
    with pytest.raises(NotAllowed, match="is between farid and paula"):
        handing(house).end(given, "omar")
    assert handing(house).end(given, "farid").ended_at == house.time
    with pytest.raises(Conflict, match="has ended already"):
        handing(house).end(given, "paula")
    said = [entry["authority"] for entry in house.entries(EntryKind.AUTHORITY)]
    assert said == ["delegated", "delegation ended"]
    assert [one.id for one in handing(house).listed("paula")] == [given]
    assert handing(house).listed("omar") == ()
