"""Who may act: at which entity, as the file says this moment, less those whose powers were ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.runtime.application import Application
from agent.runtime.once import once
from domain.errors import BadInput, Conflict, NotAllowed, UnknownReference
from guardrails.chain import EntryKind
from guardrails.people import People, parse
from guardrails.powers import Delegation, powers
from guardrails.roster import PeopleFile, Roster
from storage.records import MoveState
from tests.agent.house import CAREFUL, delay, opened, policy_file, states, turn, waiting_moves, who
from tests.http.house import door, problem, token_of

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
FILE = """people:
  - {id: anna, name: Anna, email: anna@x.example, grants: [{role: lead, entities: [north]}, {role: planner}]}
  - {id: bert, name: Bert, email: bert@x.example, grants: [{role: lead, entities: [south], sites: [S1]}]}
  - {id: cora, name: Cora, email: cora@x.example, roles: [finance]}
  - {id: nobody, name: Nobody, email: nobody@x.example}
  - {id: edi, name: EDI, email: edi@x.example, roles: [lead], service: true}
"""


def test_inside_an_entity_people_have_the_grants_of_that_entity_and_the_others_are_unknown():
    everybody = parse(FILE)
    north, south = everybody.within("north"), everybody.within("south")
    assert [user.id for user in north.all()] == ["anna", "cora", "edi"]
    assert north.get("anna").roles == ("lead", "planner") and south.get("anna").roles == ("planner",)
    assert all(not grant.entities for user in south.all() for grant in user.grants), "no entity is told of another"
    assert south.get("bert").grants[0].sites == ("S1",)
    with pytest.raises(NotAllowed) as refused:
        north.get("bert")
    assert "anna" in (refused.value.fix or "") and "bert" not in (refused.value.fix or "")
    assert [user.id for user in everybody.within("main", alone=True).all()] == ["anna", "cora", "nobody", "edi"]


def test_a_service_is_nobody_by_address_holds_no_role_for_others_and_has_no_power():
    people = parse(FILE)
    assert people.with_email("edi@x.example") is None and "edi" not in {user.id for user in people.holding("lead")}
    given = Delegation(
        id="D-1", giver="anna", taker="edi", role="lead", since=AT, until=AT + timedelta(days=1), created_at=AT
    )
    assert powers(people.get("edi"), people, [given], AT) == ()
    with pytest.raises(NotAllowed, match="is a service"):
        people.person("edi")
    with pytest.raises(BadInput, match="only a service has tokens"):
        parse(f"people:\n  - {{id: p, name: P, email: p@x.example, tokens: ['{'0' * 64}']}}\n")


def test_the_people_file_counts_as_it_is_now_and_a_broken_one_changes_nothing_and_is_said(tmp_path: Path):
    path = tmp_path / "people.yaml"
    path.write_text(FILE)
    file = PeopleFile(path, lambda: datetime.now(UTC))
    assert file.read().get("anna").active
    path.write_text(FILE.replace("id: anna,", "id: anna, active: false,"))
    with pytest.raises(NotAllowed, match="no longer active"):
        file.read().get("anna")
    path.write_text("people: [{id: anna")
    assert file.read().get("bert").active and "people.yaml" in file.trouble
    path.unlink()
    assert file.read().get("bert").active and "cannot be read" in file.trouble
    path.write_text(FILE)
    assert file.read().get("anna").active and not file.trouble


def test_a_change_of_the_same_length_in_the_same_tick_of_the_clock_is_seen(tmp_path: Path):
    path = tmp_path / "people.yaml"
    path.write_text(FILE)
    file = PeopleFile(path, lambda: datetime.now(UTC))
    stamp = path.stat()
    for name in ("Anno", "Anne", "Anni"):
        path.write_text(FILE.replace("Anna,", f"{name},"))
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        assert file.read().get("anna").name == name


def test_one_thing_is_made_once_however_many_threads_ask_for_it():
    class Parts:
        def __init__(self) -> None:
            self.making = threading.RLock()
            self.made = 0

        @once
        def inner(self) -> object:
            self.made += 1
            return object()

        @once
        def outer(self) -> tuple[object, object]:
            start.wait(5)
            return self.inner, object()

    for _ in range(20):
        parts, start, seen = Parts(), threading.Event(), list[object]()
        threads = [threading.Thread(target=lambda p=parts, s=seen: s.append(p.outer)) for _ in range(8)]
        for thread in threads:
            thread.start()
        start.set()
        for thread in threads:
            thread.join()
        assert len(set(map(id, seen))) == 1 and len(seen) == 8 and parts.made == 1


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Application, Application]]:
    """Two processes' worth of program on one folder, in which a plan waits for people."""
    folder = tmp_path_factory.mktemp("people")
    policy = policy_file(folder, CAREFUL)
    with opened(folder / "home", policy=policy) as here:
        delay(here)
        with opened(folder / "home", policy=policy) as elsewhere:
            yield here, elsewhere


@pytest.mark.real
def test_a_session_ends_and_an_answer_is_refused_in_every_process_at_once(careful: tuple[Application, Application]):
    here, elsewhere = careful
    with door(here) as client:
        mine = token_of(client, "peter")
        assert client.get("/api/cases", headers=mine).status_code == 200
        done = elsewhere.staff.deactivate("peter", "omar", "left")
        assert done.sessions == 1
        problem(client.get("/api/cases", headers=mine), 401, "sign_in_needed")
        problem(client.post("/api/session", json={"user": "peter"}), 403, "not_allowed")
        asked = here.approvals()[0]
        with pytest.raises(NotAllowed, match="no longer active"):
            here.approve(asked.approval, "peter", settle=False)
        with pytest.raises(NotAllowed, match="no longer active"):
            here.say("what waits?", "peter")
        assert here.people.with_email("peter@example.com") is None, "so Slack knows a stranger"
        elsewhere.staff.reactivate("peter", "omar", "a mistake")
        problem(client.get("/api/cases", headers=mine), 401, "sign_in_needed")
        assert here.people.get("peter").active
    said = [one.says for one in here.browse.ledger(kinds=[EntryKind.IDENTITY])]
    assert [(one["did"], one["user"], one["why"]) for one in said if one] == [
        ("deactivated", "peter", "left"),
        ("reactivated", "peter", "a mistake"),
    ]


@pytest.mark.real
def test_what_was_handed_over_by_or_to_somebody_deactivated_is_void(careful: tuple[Application, Application]):
    here, elsewhere = careful
    until = here.now + timedelta(days=1)
    for taker in ("paula", "fiona"):
        here.desk.delegate("lena", taker, "lead", here.now, until)

    def roles(user: str) -> set[str]:
        person = here.people.known()[user]
        return {power.grant.role for power in powers(person, here.people, here.desk.delegations(), here.now)}

    assert roles("paula") == {"planner", "lead"} and roles("fiona") == {"finance", "lead"}
    assert elsewhere.staff.deactivate("fiona", "omar", "left").delegations == ("D-2",)
    assert roles("fiona") == set()
    assert elsewhere.staff.deactivate("lena", "omar", "left").delegations == ("D-1",)
    assert roles("paula") == {"planner"} and all(one.ended_at for one in here.desk.delegations())
    for user in ("fiona", "lena"):
        elsewhere.staff.reactivate(user, "omar", "back")
    assert roles("fiona") == {"finance"} and roles("paula") == {"planner"}, "what ended stays ended"


@pytest.mark.real
def test_who_may_end_powers_and_whose(careful: tuple[Application, Application]):
    here, _ = careful
    refusals: list[tuple[tuple[str, str, str], type[Exception], str]] = [
        (("paula", "lena", "x"), NotAllowed, "may not end"),
        (("omar", "omar", "x"), NotAllowed, "themself"),
        (("paula", "mallory", "x"), NotAllowed, "no user 'mallory'"),
        (("mallory", "omar", "x"), UnknownReference, "no user 'mallory'"),
        (("paula", "omar", "  "), BadInput, "a reason"),
    ]
    for given, error, words in refusals:
        with pytest.raises(error, match=words):
            here.staff.deactivate(*given)
    with pytest.raises(Conflict, match="nobody has deactivated"):
        here.staff.reactivate("paula", "omar", "x")
    warned = here.staff.deactivate("carla", "olga", "left")
    assert any("nobody is left with the role commercial" in warning for warning in warned.warnings)
    with pytest.raises(Conflict, match="not active"):
        here.staff.deactivate("carla", "olga", "again")
    here.staff.reactivate("carla", "olga", "back")
    denied = [one.says for one in here.browse.ledger(kinds=[EntryKind.DENIAL]) if one.says]
    assert len([one for one in denied if one.get("attempt") == "identity"]) == 3


@pytest.mark.parametrize(
    "back",
    [
        pytest.param(False, id="gone", marks=pytest.mark.nightly),
        pytest.param(True, id="gone-and-back", marks=pytest.mark.real),
    ],
)
def test_an_approval_of_somebody_who_is_gone_moves_nothing(tmp_path: Path, back: bool):
    """Given by one process, ended in another, carried out by neither; an act of coming back does not revive it."""
    policy = policy_file(tmp_path, CAREFUL)
    with opened(tmp_path / "home", policy=policy) as here, opened(tmp_path / "home", policy=policy) as elsewhere:
        run = delay(here)
        move = waiting_moves(here)[0]
        card = turn(here, move)
        by = who(card)
        while card.state.value == "pending":
            by = who(card)
            here.approve(card.approval, by, settle=False)
            later = [one for one in here.approvals() if one.move == move]
            if not later:
                break
            card = later[0]
        operator = "olga" if by == "omar" else "omar"
        elsewhere.staff.deactivate(by, operator, "left")
        if back:
            elsewhere.staff.reactivate(by, operator, "back")
        here.settle()
        assert states(here, run)[move] is MoveState.SUPERSEDED
        anew = [one for one in here.approvals() if one.move != move and one.case == card.case]
        assert anew, "the case is planned again, and others are asked"
        said = [one.says for one in here.browse.ledger(kinds=[EntryKind.DENIAL]) if one.says]
        assert any("no longer counts" in str(one.get("reasons")) for one in said)
        assert not [one for one in here.browse.ledger(kinds=[EntryKind.INTENT]) if one.entry.move == move]


def test_a_live_list_looks_once_for_each_question_and_makes_the_list_anew_only_when_it_changed():
    asked: list[str] = []
    barred: list[Any] = []
    source = parse(FILE)

    def within(people: People) -> People:
        asked.append("within")
        return people

    live = Roster(lambda: source, lambda: tuple(barred), within)
    assert [live.get("anna").id for _ in range(3)] == ["anna"] * 3 and asked == ["within"]
    barred.append(("anna", AT, True))
    with pytest.raises(NotAllowed):
        live.get("anna")
    assert live.void_until("anna") == AT and live.void_until("bert") is None and asked == ["within"] * 2
