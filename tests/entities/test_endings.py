"""What waited for somebody, or had begun with them, when their powers ended: nothing of it waits for them any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import Conflict, NotAllowed, StaleDecision
from guardrails import redaction, switches
from guardrails.chain import EntryKind
from guardrails.delegating import Delegating
from guardrails.people import People, User, personas
from guardrails.roster import Roster, Standing
from tests.guardrails.house import EXTRA, House
from tests.guardrails.house import house as build
from tests.guardrails.world import reallocation

ASK = reallocation(units=40)
EDI = User(id="edi", name="EDI", email="edi@example.com", roles=("planner", "operations"), service=True)
LEA = User(id="lea", name="Lea Lead", email="lea@example.com", roles=("lead",))


@dataclass
class Staff:
    """A live list, and who of it is deactivated."""

    barred: dict[str, tuple[datetime, bool]] = field(default_factory=dict)

    def roster(self) -> Roster:
        known = People((*personas().all(), *EXTRA, EDI, LEA))
        return Roster(lambda: known, self._standing, lambda everybody: everybody)

    def _standing(self) -> tuple[Standing, ...]:
        return tuple((user, at, still) for user, (at, still) in self.barred.items())


@pytest.fixture
def staff() -> Staff:
    return Staff()


@pytest.fixture
def house(tmp_path: Path, staff: Staff) -> Iterator[House]:
    with build(tmp_path, people=staff.roster()) as built:
        yield built


def mine(house: House, user: str) -> list[str]:
    return [card.approval for card in house.approvals.waiting(user)]


def test_what_was_given_to_somebody_is_everybodys_again(house: House, staff: Staff):
    house.propose(ASK)
    house.approvals.reassign("A-1", "paula", "peter", "wrong-person")
    assert (mine(house, "paula"), mine(house, "peter")) == ([], ["A-1"])
    staff.barred["peter"] = (house.time, True)
    assert mine(house, "paula") == ["A-1"], "at once, without a sweep"
    house.later(minutes=1)
    (step,) = house.approvals.remind()
    assert (step.what, step.of, step.text) == ("reassigned", "planner", "peter is no longer active")
    assert house.approvals.show("A-1").assigned_to is None and house.approvals.remind() == ()
    assert house.approvals.approve("A-1", "paula").resume


@pytest.mark.parametrize("still", [True, False], ids=["gone", "back"])
@pytest.mark.parametrize(("later", "counts"), [(-1, True), (0, False), (1, False)])
def test_the_gate_lets_nothing_through_that_somebody_approved_who_was_deactivated_since(
    house: House, staff: Staff, later: int, counts: bool, still: bool
):
    """Up to the very moment; what they approve after they are back counts."""
    house.propose(ASK)
    house.approvals.approve("A-1", "paula")
    staff.barred["paula"] = (house.time + timedelta(seconds=later), still)
    house.later(minutes=1)
    if counts and not still:
        house.gate.admit(ASK.id)
        return
    with pytest.raises(StaleDecision, match="A-1 no longer counts"):
        house.gate.admit(ASK.id)
    assert house.effects() == ()


def test_a_delegate_of_somebody_who_is_gone_stands_in_no_longer(house: House, staff: Staff):
    desk = Delegating(house.database, house.ledger, lambda: house.policy, house.people, house.now)
    until = house.time + timedelta(days=2)
    house.propose(ASK)
    house.approvals.reassign("A-1", "paula", "peter", "wrong-person")
    desk.delegate("peter", "farid", "planner", house.time, until)
    desk.away("peter", house.time, until)
    house.approvals.remind()
    assert house.approvals.show("A-1").assigned_to == "farid"
    staff.barred["peter"] = (house.time, True)
    assert mine(house, "farid") == []
    with pytest.raises(NotAllowed, match="is for the role planner"):
        house.approvals.approve("A-1", "farid")
    staff.barred["peter"] = (house.time, False)
    with pytest.raises(NotAllowed, match="is for the role planner"):
        house.approvals.approve("A-1", "farid")


def test_when_the_last_one_with_a_role_is_gone_the_role_above_may_answer_at_once(house: House, staff: Staff):
    house.propose(ASK)
    for user in house.people.holding("planner"):
        staff.barred[user.id] = (house.time, True)
    (step,) = house.approvals.remind()
    assert (step.what, step.text) == ("escalated", "nobody who may decide it is left; lead may answer too")
    assert house.approvals.approve("A-1", "lea").resume


def test_the_word_of_the_first_of_two_ends_with_them(house: House, staff: Staff):
    def lift(user: str) -> str:
        with house.database.write() as session:
            person, at = house.people.get(user), house.time
            return switches.lift(
                session, house.ledger, house.policy, house.people, person, at=at, why="x", system="erp"
            ).state

    with house.database.write() as session:
        person = house.people.get("paula")
        switches.stop(session, house.ledger, house.policy, person, at=house.time, why="x", system="erp")
    house.later(minutes=1)
    assert lift("lena") == "asked"
    house.later(minutes=1)
    staff.barred["lena"] = (house.time, False)
    assert lift("olga") == "asked", "to come back revives nothing"
    assert lift("fiona") == "lifted"


def test_a_redaction_that_somebody_began_ends_with_them(house: House, staff: Staff):
    with house.database.write() as session:
        body = {"authority": "away", "why": "call Mr. Smith at home"}
        entry = house.ledger.append(session, EntryKind.AUTHORITY, "paula", house.time, body)

    def confirm(digest: str) -> None:
        with house.database.write() as session:
            person = house.people.get("olga")
            redaction.confirm(
                session, house.ledger, house.policy, house.people, person, entry.seq, digest, at=house.time
            )

    with house.database.write() as session:
        asked = redaction.ask(
            session,
            house.ledger,
            house.policy,
            house.people.get("arthur"),
            entry.seq,
            covers="entry",
            reason_code="personal-data",
            why="a private number",
            at=house.time,
        )
    staff.barred["arthur"] = (house.time, True)
    with pytest.raises(Conflict, match="was deactivated since"):
        confirm(asked.digest)
    staff.barred.clear()
    confirm(asked.digest)


def test_a_service_does_nothing_with_a_question_or_a_role_and_its_attempts_are_recorded(house: House):
    house.propose(ASK)
    until = house.time + timedelta(hours=1)
    desk = Delegating(house.database, house.ledger, lambda: house.policy, house.people, house.now)
    attempts: dict[str, Callable[[], object]] = {
        "approve": lambda: house.approvals.approve("A-1", "edi"),
        "reject": lambda: house.approvals.reject("A-1", "edi", "no"),
        "edit": lambda: house.approvals.edit("A-1", "edi", {"a2": 1}, reason="x"),
        "snooze": lambda: house.approvals.snooze("A-1", "edi", until),
        "reassign": lambda: house.approvals.reassign("A-1", "edi", "peter", "wrong-person"),
        "comment": lambda: house.approvals.comment("A-1", "edi", "hello"),
        "delegate": lambda: desk.delegate("edi", "peter", "planner", house.time, until),
        "away": lambda: desk.away("edi", house.time, until),
        "back": lambda: desk.back("edi"),
    }
    for attempt in attempts.values():
        with pytest.raises(NotAllowed, match="edi is a service"):
            attempt()
    assert [said["attempt"] for said in house.entries(EntryKind.DENIAL)] == list(attempts)
