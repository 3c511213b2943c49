"""Sagas, effects, budgets, policies, switches and leases keep their promises, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.errors import BadInput, Conflict, UnknownReference
from storage import (
    approvals,
    budgets,
    counters,
    effects,
    leases,
    policies,
    runs,
    sagas,
    switches,
)
from storage.database import Database
from storage.records import (
    BudgetScope,
    EffectState,
    Overrun,
    SagaState,
    Switch,
)
from tests.storage.samples import HOUR, NOW, approval, run, with_moves

MOVE = "C-1/r1/m1"


def test_sagas_go_in_the_order_they_were_admitted(db: Database):
    ids = ("C-1/r1/m2", MOVE, "C-1/r1/m3")
    with db.write() as session:
        with_moves(session, *ids)
        assert sagas.next_ready(session) is None
        assert [sagas.start(session, id_, NOW) for id_ in ids] == [True] * 3
        assert not sagas.start(session, MOVE, NOW)
        first = sagas.next_ready(session)
        assert first is not None and first.move == ids[0]
        assert sagas.advance(
            session, first.move, {SagaState.READY}, SagaState.PARKED, NOW, step=2, attempts=3, note="down"
        )
        assert not sagas.advance(session, first.move, {SagaState.READY}, SagaState.RUNNING, NOW)
        assert [saga.move for saga in sagas.listed(session, {SagaState.READY})] == [MOVE, "C-1/r1/m3"]
        parked = sagas.get(session, first.move)
        with pytest.raises(UnknownReference):
            sagas.get(session, "C-1/r1/m9")
    assert (parked.step, parked.attempts, parked.note) == (2, 3, "down")


def test_an_effect_key_belongs_to_one_body(db: Database):
    def intend(body_hash: str):
        return effects.intend(
            session, "k1", move=MOVE, action="a1", operation="erp.reserve", body_hash=body_hash, at=NOW
        )

    with db.write() as session:
        with_moves(session)
        assert intend("h1").state is EffectState.INTENT
        effects.count_attempt(session, "k1", NOW)
        assert effects.settle(session, "k1", {EffectState.INTENT}, EffectState.UNKNOWN, NOW)
        assert effects.settle(session, "k1", {EffectState.UNKNOWN}, EffectState.DONE, NOW, "RES-1")
        assert not effects.settle(session, "k1", {EffectState.INTENT}, EffectState.REFUSED, NOW)
        assert (intend("h1").receipt, intend("h1").attempts) == ("RES-1", 1)
        with pytest.raises(Conflict):
            intend("h2")
        assert [effect.key for effect in effects.listed(session, {EffectState.DONE}, move=MOVE)] == ["k1"]
        assert effects.find(session, "k2") is None
        with pytest.raises(UnknownReference):
            effects.get(session, "k2")


def test_a_budget_refuses_whole_and_names_the_counter(db: Database):
    day, who = BudgetScope(kind="day", key="2026-01-05"), BudgetScope(kind="actor", key="ann")
    limits: dict[budgets.Counter, int] = {(who, "money_minor"): 1000}
    with db.write() as session:
        assert budgets.spend(session, [day, who], {"units": 5, "money_minor": 700}, limits) is None
        over = budgets.spend(session, [day, who], {"units": 5, "money_minor": 301}, limits)
        assert over == Overrun(scope=who, measure="money_minor", total=700, asked=301, limit=1000)
        assert (budgets.total(session, day, "units"), budgets.total(session, day, "money_minor")) == (5, 700)
        assert budgets.spend(session, [who], {"money_minor": 300}, limits) is None
        budgets.refund(session, [day], {"units": 3, "money_minor": 9999})
        assert (budgets.total(session, day, "units"), budgets.total(session, day, "money_minor")) == (2, 0)
        with pytest.raises(BadInput):
            budgets.spend(session, [day], {"units": -1}, {})


def test_the_policy_that_counts_is_the_last_one_begun_and_every_turn_is_kept(db: Database):
    with db.write() as session:
        assert policies.at(policies.turns(session), NOW) is None and policies.last_turn(session) == 0
        policies.activate(session, "P-1", "version: 1", NOW, "ann")
        policies.activate(session, "P-2", "version: 2", NOW + HOUR, "bob", waits=True)
        policies.activate(session, "P-1", "version: 1", NOW + 2 * HOUR, "ann", waits=True)
        with pytest.raises(Conflict):
            policies.activate(session, "P-1", "version: 3", NOW, "ann")
    with db.read() as session:
        turns = policies.turns(session)
        assert [turn.policy for turn in turns] == ["P-1", "P-2", "P-1"] and policies.last_turn(session) == 3
        for moment, seq in ((NOW - HOUR, 1), (NOW, 1), (NOW + HOUR, 2), (NOW + 2 * HOUR, 3)):
            found = policies.at(turns, moment)
            assert found is not None and found.seq == seq, "one that does not wait has begun, whatever a clock says"
        assert policies.text_of(session, "P-2") == "version: 2"
        with pytest.raises(UnknownReference):
            policies.text_of(session, "P-9")


def test_a_kill_switch_stops_its_system_and_the_star_stops_all(db: Database):
    with db.write() as session:
        assert switches.stopped(session, "erp") is None
        erp = Switch(system="erp", stopped=True, by="ann", at=NOW, why="stocktaking")
        switches.turn(session, erp)
        assert (switches.stopped(session, "erp"), switches.stopped(session, "wms")) == (erp, None)
        switches.turn(session, erp.model_copy(update={"stopped": False}))
        assert switches.stopped(session, "erp") is None
        everything = Switch(system="*", stopped=True, by="bob", at=NOW)
        switches.turn(session, everything)
        assert switches.stopped(session, "wms") == everything
        assert [switch.system for switch in switches.listed(session)] == ["*", "erp"]


def test_a_lease_ends_when_it_is_not_renewed(db: Database):
    with db.write() as session:
        assert leases.acquire(session, "t", "w1", NOW, HOUR)
        assert leases.acquire(session, "t", "w1", NOW, HOUR)
        assert not leases.acquire(session, "t", "w2", NOW, HOUR)
        assert not leases.renew(session, "t", "w2", NOW, HOUR)
        assert leases.renew(session, "t", "w1", NOW, 2 * HOUR)
        held = leases.holder(session, "t", NOW + HOUR)
        assert held is not None and held.owner == "w1"
        assert leases.holder(session, "t", NOW + 2 * HOUR) is None
        assert leases.acquire(session, "t", "w2", NOW + 2 * HOUR, HOUR)
        assert not leases.renew(session, "t", "w1", NOW + 2 * HOUR, HOUR)
        assert not leases.release(session, "t", "w1")
        assert leases.release(session, "t", "w2")
        assert leases.listed(session) == ()


def test_the_database_has_a_clock_of_its_own(db: Database):
    with db.read() as session:
        moment = leases.database_time(session)
    assert abs(moment - datetime.now(UTC)) < timedelta(minutes=1)


def test_moments_come_back_in_utc_and_need_a_zone(db: Database):
    east = NOW.astimezone(timezone(timedelta(hours=5)))
    with db.write() as session:
        runs.admit(session, run().model_copy(update={"created_at": east}))
        found = runs.get(session, "R-1").created_at
        assert (found, found.isoformat()) == (NOW, "2026-01-05T08:00:00+00:00")
    with pytest.raises(BadInput, match="zone"), db.write() as session:
        runs.admit(session, run("R-2").model_copy(update={"created_at": datetime(2026, 1, 5)}))


def test_what_refers_to_nothing_is_refused(db: Database):
    with pytest.raises(Conflict), db.write() as session:
        approvals.ask(session, approval(move_id="C-9/r1/m1"))
    with db.read() as session:
        assert counters.current(session, "approval") == 0
        assert approvals.listed(session) == ()
