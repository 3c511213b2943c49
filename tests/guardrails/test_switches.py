"""The kill switch: one stops, two others lift, and whoever stopped it has no part in that."""

from __future__ import annotations

import pytest

from domain.errors import BadInput, Conflict, NotAllowed
from guardrails import switches
from guardrails.chain import EntryKind
from guardrails.people import People
from guardrails.switches import Lift
from storage import switches as rows
from storage.records import Switch
from tests.guardrails.house import House


def stop(house: House, user: str, system: str = switches.EVERYTHING, **given: str) -> None:
    with house.database.write() as session:
        person = house.people.get(user)
        switches.stop(
            session, house.ledger, house.policy, person, at=house.now(), why="odd orders", system=system, **given
        )


def lift(house: House, user: str, system: str = switches.EVERYTHING) -> Lift:
    with house.database.write() as session:
        person = house.people.get(user)
        return switches.lift(
            session, house.ledger, house.policy, house.people, person, at=house.now(), why="checked", system=system
        )


def stopped(house: House, system: str = "erp") -> bool:
    with house.database.read() as session:
        return rows.stopped(session, system) is not None


def test_two_people_lift_what_a_third_has_stopped(house: House):
    stop(house, "omar")
    with pytest.raises(NotAllowed, match="Omar Operations stopped writes to every system; two other people lift it"):
        lift(house, "omar")
    assert lift(house, "olga") == Lift(system="*", state="asked", by=("olga",))
    assert stopped(house)
    with pytest.raises(Conflict, match="Olga Operations asked for this at 09:00; a second person lifts it"):
        lift(house, "olga")
    with pytest.raises(NotAllowed, match="stopped writes"):
        lift(house, "omar")
    assert lift(house, "lena") == Lift(system="*", state="lifted", by=("olga", "lena"))
    assert not stopped(house)
    said = [(entry["kill_switch"], entry.get("asked_by")) for entry in house.entries(EntryKind.AUTONOMY)]
    assert said == [("stopped", None), ("lift asked", None), ("lifted", "olga")]


def test_the_word_of_the_first_is_good_for_an_hour(house: House):
    stop(house, "omar")
    lift(house, "olga")
    house.later(hours=1)
    assert lift(house, "lena").state == "asked"
    house.later(minutes=59)
    assert lift(house, "olga").by == ("lena", "olga")


def test_whoever_stopped_it_as_well_lifts_it_no_more_and_voids_what_was_asked(house: House):
    stop(house, "omar")
    lift(house, "olga")
    stop(house, "olga")
    for user in ("omar", "olga"):
        with pytest.raises(NotAllowed, match="stopped writes"):
            lift(house, user)
    assert lift(house, "lena").state == "asked"
    assert lift(house, "paula").state == "lifted"
    stop(house, "paula")
    assert (lift(house, "omar").state, lift(house, "olga").state) == ("asked", "lifted"), "it begins anew"


def test_the_word_of_somebody_who_has_left_is_void(house: House):
    stop(house, "omar")
    lift(house, "olga")
    people = [u.model_copy(update={"active": False}) if u.id == "olga" else u for u in house.people.all()]
    People.__init__(house.people, people)
    assert lift(house, "lena").state == "asked"


def test_the_switches_of_systems_are_lifted_one_by_one(house: House):
    for system in ("erp", "wms", switches.EVERYTHING):
        stop(house, "omar", system)
    lift(house, "olga", "erp")
    assert lift(house, "lena", "wms").state == "asked", "each has its own two"
    assert lift(house, "lena", "erp").state == "lifted"
    assert stopped(house), "everything is stopped still"
    with house.database.read() as session:
        asked = switches.asked_lifts(session, house.people, house.time)
    assert [(one.system, one.by) for one in asked] == [("wms", "lena")]


def test_a_switch_that_an_older_version_stopped_takes_two_as_well(house: House):
    with house.database.write() as session:
        old = Switch(system="erp", stopped=True, by="omar", at=house.time, why="before")
        rows.turn(session, old)
    with pytest.raises(NotAllowed):
        lift(house, "omar", "erp")
    assert (lift(house, "olga", "erp").state, lift(house, "lena", "erp").state) == ("asked", "lifted")


def test_programs_and_those_who_decide_nothing_do_not_lift(house: House):
    stop(house, "omar", reason_code="incident")
    assert house.entries(EntryKind.AUTONOMY)[0]["reason_code"] == "incident"
    with pytest.raises(BadInput, match="no reason to stop"):
        stop(house, "omar", reason_code="bored")
    robo = house.people.get("omar").model_copy(update={"id": "robo", "service": True})
    People.__init__(house.people, (*house.people.all(), robo))
    for user in ("arthur", "robo"):
        with pytest.raises(NotAllowed):
            lift(house, user)
