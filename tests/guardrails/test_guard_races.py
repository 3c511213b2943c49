"""What happens at one moment, on both databases: one answer counts, one effect is made, nothing is spent twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from domain.errors import AlreadyDecided, Conflict, NotAllowed, StaleDecision
from guardrails import switches
from guardrails.approvals import Approvals
from guardrails.chain import EntryKind
from guardrails.delegating import Delegating
from guardrails.policy import default_text, parse
from storage.records import ApprovalState, MoveState
from tests.databases import BACKENDS
from tests.guardrails.house import House
from tests.guardrails.house import house as build
from tests.guardrails.test_judge import CREDIT
from tests.guardrails.world import move, reallocation, reserve

SMALL = reallocation(units=10)
ASK = reallocation(units=40)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(backend: str, tmp_path: Path) -> Iterator[House]:
    with build(tmp_path, backend=backend) as built:
        yield built


def test_of_many_answers_at_once_one_counts(house: House):
    house.propose(ASK)

    def answer(turn: int) -> str:
        try:
            if turn % 2:
                return house.approvals.approve("A-1", "paula").did
            return house.approvals.reject("A-1", "peter", "no").did
        except (AlreadyDecided, StaleDecision) as late:
            return late.code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(answer, range(8)))
    assert len([one for one in answers if one in ("approved", "rejected")]) == 1
    assert len(house.entries(EntryKind.APPROVAL)) == 1
    assert len(house.entries(EntryKind.DENIAL)) == 7


def test_two_workers_on_one_action_make_one_effect(house: House):
    house.propose(SMALL)
    house.gate.admit(SMALL.id)
    with ThreadPoolExecutor(6) as pool:
        receipts = list(pool.map(lambda _: house.gate.execute(SMALL.id, "a1").reference, range(6)))
    assert len(set(receipts)) == 1
    assert house.held("SO-STD1/1") == 50
    assert len(house.entries(EntryKind.OUTCOME)) == 1


def small_moves(count: int) -> list:
    return [move(reserve("a1", "SO-STD2/1", 2), kind="reserve", key=f"C1/r1/m{n}") for n in range(1, count + 1)]


def test_many_small_moves_are_stopped_by_the_budget_together(backend: str, tmp_path: Path):
    """Each move is far below every rule; 20 of 2 units race for a budget of 11 units a run, and 5 pass."""
    text = default_text().replace(
        "measure: units, limit: 500 units, counts: unattended", "measure: units, limit: 11 units"
    )
    with build(tmp_path, policy=parse(text), backend=backend) as house:
        for subject in small_moves(20):
            house.propose(subject)

        def admit(subject) -> str:
            try:
                return house.gate.admit(subject.id).move
            except NotAllowed as refused:
                assert "budget unattended-units-per-run allows 11 units per run; 10 are spent" in refused.message
                return ""

        with ThreadPoolExecutor(8) as pool:
            passed = [key for key in pool.map(admit, small_moves(20)) if key]
        assert len(passed) == 5
        assert [record.state for record in house.moves()].count(MoveState.DENIED) == 15
        house.gate.execute(passed[0], "a1")
        house.gate.undo(passed[0], "a1")
        house.gate.finish(passed[0], MoveState.COMPENSATED)
        house.propose(move(reserve("a1", "SO-STD2/1", 2), kind="reserve", key="C1/r1/m99"))
        house.gate.admit("C1/r1/m99")
        assert house.state("C1/r1/m99") is MoveState.EXECUTING, "what was taken back is given back to the budget"


def test_plans_that_ask_at_the_same_moment_share_no_unit(house: House):
    """50 widgets are free; eight cases ask for ten each at once, and a planner confirms each."""
    house.policy = parse(default_text().replace("  default: act", "  default: approve"))
    places = [house.another_case(f"C-{n}") for n in range(2, 10)]

    def ask(place: tuple) -> None:
        case, run = place
        subject = move(reserve("a1", "SO-STD2/1", 10), kind="reserve", key=f"{case.id}/r1/m1")
        house.propose(subject, case=case, run=run)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, places))
    states = [record.state for record in house.moves()]
    assert (states.count(MoveState.WAITING), states.count(MoveState.CANCELLED)) == (5, 3)


def test_a_role_taken_back_while_its_taker_decides_is_either_in_time_or_too_late(house: House):
    """Of the two, whoever comes first is first for the gate as well: no approval stands that the gate will not take."""
    given = Delegating(house.database, house.ledger, lambda: house.policy, house.people, house.now)
    until = house.time + timedelta(hours=9)
    ticks = count()

    def now() -> datetime:
        return house.time + timedelta(microseconds=next(ticks))

    deciding = Approvals(house.database, house.ledger, lambda: house.policy, house.people, now)
    ending = Delegating(house.database, house.ledger, lambda: house.policy, house.people, now)
    for number in range(1, 7):
        house.propose(CREDIT.model_copy(update={"id": f"C1/r1/m{number}"}))
        handed = given.delegate("farid", "paula", "finance", house.time, until).id

        def decide(asked: str = f"A-{number}") -> bool:
            try:
                return deciding.approve(asked, "paula").resume
            except NotAllowed:
                return False

        def end(key: str = handed) -> bool:
            return ending.end(key, "farid").ended_at is not None

        with ThreadPoolExecutor(2) as pool:
            turns = [decide, end] if number % 2 else [end, decide]
            went = dict(zip(turns, pool.map(lambda act: act(), turns), strict=True))
        assert went[end]
        house.later(seconds=1)
        if went[decide]:
            house.gate.admit(f"C1/r1/m{number}")
        else:
            assert house.asked(f"C1/r1/m{number}")[0].state is ApprovalState.PENDING


def test_many_sweeps_at_once_remind_once(house: House):
    for number in range(1, 4):
        house.propose(move(reserve("a1", "SO-STRAT/1", 2), kind="reserve", key=f"C1/r1/m{number}"))
    house.propose(ASK.model_copy(update={"id": "C1/r1/m4"}))
    house.later(hours=18)
    with ThreadPoolExecutor(4) as pool:
        done = [step for steps in pool.map(lambda _: house.approvals.remind(), range(8)) for step in steps]
    assert sorted(step.what for step in done) == ["escalated", "reminded"]
    assert [step.what for step in house.approvals.history("A-1")] == ["asked", "reminded", "escalated"]


def test_of_many_who_lift_at_once_two_count(house: House):
    with house.database.write() as session:
        switches.stop(session, house.ledger, house.policy, house.people.get("omar"), at=house.time, why="odd")

    def lift(user: str) -> str:
        try:
            with house.database.write() as session:
                person = house.people.get(user)
                return switches.lift(
                    session, house.ledger, house.policy, house.people, person, at=house.time, why="fine"
                ).state
        except Conflict:
            return "late"

    with ThreadPoolExecutor(6) as pool:
        states = list(pool.map(lift, ("olga", "olga", "lena", "paula", "peter", "olga")))
    assert states.count("lifted") == 1
    assert [entry["kill_switch"] for entry in house.entries(EntryKind.AUTONOMY)][:3] == [
        "stopped",
        "lift asked",
        "lifted",
    ]
