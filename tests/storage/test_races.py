"""Writers at once: whoever races, nothing is given twice and nothing is lost. Threads, on both databases."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from domain.errors import QuartermasterError, StorageFailed
from storage import approvals, budgets, claims, counters, effects, inbox, leases, moves, run_events, sagas
from storage.database import Database, Session
from storage.records import ApprovalState, Arrival, BudgetScope, MoveState, Overrun, SagaState
from tests.storage.samples import HOUR, NOW, approval, claim, event, race, with_moves

WRITERS = 8
MOVE = "C-1/r1/m1"


def test_racing_counters_give_every_number_once(db: Database):
    jobs = [lambda session: [counters.next_id(session, "run") for _ in range(5)]] * WRITERS
    given = [identifier for ids in race(db, jobs) for identifier in ids]
    assert sorted(given, key=counters.number_of) == [f"R-{number}" for number in range(1, 5 * WRITERS + 1)]


def test_a_rolled_back_number_is_given_again(db: Database):
    with pytest.raises(RuntimeError), db.write() as session:
        counters.next_id(session, "case")
        raise RuntimeError
    with db.write() as session:
        assert counters.next_id(session, "case") == "C-1"


def test_racing_spenders_never_pass_the_limit(db: Database):
    day, actor = BudgetScope(kind="day", key="2026-01-05"), BudgetScope(kind="actor", key="ann")
    limits: dict[budgets.Counter, int] = {(day, "units"): 100, (actor, "units"): 70}

    def spend(session: Session) -> Overrun | None:
        return budgets.spend(session, [day, actor], {"units": 15, "moves": 1}, limits)

    answers = race(db, [spend] * WRITERS)
    assert sum(answer is None for answer in answers) == 4
    assert {answer.scope for answer in answers if answer} == {actor}
    with db.read() as session:
        assert budgets.total(session, day, "units") == budgets.total(session, actor, "units") == 60
        assert budgets.total(session, actor, "moves") == 4


def test_racing_claims_never_promise_a_unit_twice(db: Database):
    ids = [f"C-1/r1/m{number}" for number in range(1, WRITERS + 1)]
    with db.write() as session:
        with_moves(session, *ids)
    free: dict[claims.Bucket, int] = {("SKU-1", "EAST", None): 100}
    jobs = [partial(_hold, move=id_, free=free) for id_ in ids]
    held = [answer is None for answer in race(db, jobs)]
    assert sum(held) == 3
    with db.read() as session:
        assert claims.total(session, NOW, "SKU-1", "EAST") == 90
        assert {found.move for found in claims.active(session, NOW)} == {
            id_ for id_, has in zip(ids, held, strict=True) if has
        }


def _hold(session: Session, move: str, free: dict[claims.Bucket, int]) -> object:
    return claims.hold(session, [claim(move, 30)], free, NOW)


def test_of_those_who_decide_at_once_one_decides(db: Database):
    with db.write() as session:
        with_moves(session)
        approvals.ask(session, approval())

    def decide(session: Session, who: str) -> bool:
        state = ApprovalState.APPROVED if who < "p4" else ApprovalState.REJECTED
        return approvals.decide(session, "A-1", "d1", state, by=who, at=NOW)

    people = [f"p{number}" for number in range(WRITERS)]
    answers = race(db, [partial(decide, who=who) for who in people])
    assert sum(answers) == 1
    with db.read() as session:
        assert approvals.get(session, "A-1").decided_by == people[answers.index(True)]


def test_of_those_who_advance_a_move_at_once_one_does(db: Database):
    with db.write() as session:
        with_moves(session)

    def advance(session: Session) -> bool:
        return moves.advance(session, MOVE, {MoveState.PROPOSED}, MoveState.READY, "allowed")

    assert sum(race(db, [advance] * WRITERS)) == 1


def test_a_saga_is_admitted_once_and_taken_once(db: Database):
    with db.write() as session:
        with_moves(session)

    def start(session: Session) -> bool:
        return sagas.start(session, MOVE, NOW)

    def take(session: Session) -> bool:
        return sagas.advance(session, MOVE, {SagaState.READY}, SagaState.RUNNING, NOW)

    assert sum(race(db, [start] * WRITERS)) == 1
    assert sum(race(db, [take] * WRITERS)) == 1


def test_an_effect_intended_at_once_is_one_row(db: Database):
    with db.write() as session:
        with_moves(session)

    def intend(session: Session) -> str:
        return effects.intend(
            session, "k1", move=MOVE, action="a1", operation="erp.reserve", body_hash="h", at=NOW
        ).body_hash

    assert race(db, [intend] * WRITERS) == ["h"] * WRITERS
    with db.read() as session:
        assert len(effects.listed(session)) == 1


def test_an_event_that_arrives_many_times_at_once_is_accepted_once(db: Database):
    arrivals = race(db, [lambda session: inbox.accept(session, event(), NOW)] * WRITERS)
    assert Counter(arrivals) == {Arrival.ACCEPTED: 1, Arrival.DUPLICATE: WRITERS - 1}


def test_run_events_written_at_once_are_numbered_without_gaps(db: Database):
    with db.write() as session:
        with_moves(session)

    def note(session: Session, who: int) -> None:
        for step in range(3):
            run_events.append(session, "R-1", NOW, "note", {"who": who, "step": step})

    race(db, [partial(note, who=number) for number in range(WRITERS)])
    with db.read() as session:
        assert [found.seq for found in run_events.since(session, "R-1")] == list(range(1, 3 * WRITERS + 1))


def test_a_lease_is_had_by_one(db: Database):
    def acquire(session: Session, owner: str) -> bool:
        return leases.acquire(session, "thread/R-1", owner, NOW, HOUR)

    assert sum(race(db, [partial(acquire, owner=f"w{number}") for number in range(WRITERS)])) == 1


def test_two_writers_who_wait_for_each_other_end_with_an_error_that_says_so(db: Database, backend: str):
    """PostgreSQL finds the circle and one gives way; on SQLite nobody can hold the first lock while another writes."""
    first, second = (BudgetScope(kind="run", key=key) for key in ("R-1", "R-2"))

    def spend(session: Session, scopes: list[BudgetScope]) -> str:
        for scope in scopes:
            budgets.spend(session, [scope], {"units": 1}, {})
            session.connection().exec_driver_sql("SELECT pg_sleep(0.3)" if backend == "postgresql" else "SELECT 1")
        return "spent"

    jobs = [partial(spend, scopes=[first, second]), partial(spend, scopes=[second, first])]
    try:
        answers: list[str] = race(db, jobs)
    except QuartermasterError as error:
        assert backend == "postgresql"
        assert isinstance(error, StorageFailed)
        assert "gave way" in str(error) and error.fix == "try again"
    else:
        assert answers == ["spent", "spent"]
        assert backend == "sqlite"
