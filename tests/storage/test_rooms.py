"""Each room keeps its promise, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text

from domain.cases import CaseState
from domain.errors import BadInput, Conflict, IntegrityBroken, UnknownReference
from domain.facts import Facts, SourceState
from domain.verdicts import Outcome, Verdict
from storage import (
    approvals,
    budgets,
    cases,
    claims,
    counters,
    effects,
    inbox,
    leases,
    moves,
    plans,
    policies,
    run_events,
    runs,
    sagas,
    snapshots,
    switches,
)
from storage.database import Database
from storage.records import (
    ApprovalState,
    Arrival,
    BudgetScope,
    EffectState,
    InboxState,
    MoveState,
    Overrun,
    RunState,
    SagaState,
    Switch,
)
from tests.storage.samples import HOUR, NOW, approval, case, claim, event, facts, move, plan, request, run, with_moves

MOVE = "C-1/r1/m1"
STOCK: claims.Bucket = ("SKU-1", "EAST", None)


def test_an_event_is_accepted_once(db: Database):
    with db.write() as session:
        assert inbox.accept(session, event(), NOW) is Arrival.ACCEPTED
        assert inbox.accept(session, event(), NOW + HOUR) is Arrival.DUPLICATE
        (entry,) = inbox.listed(session)
    assert entry.event == event()
    assert (entry.state, entry.received_at, entry.subject) == (InboxState.RECEIVED, NOW, "inbound:PO-1")


def test_the_same_event_id_with_another_body_names_the_field(db: Database):
    with db.write() as session:
        inbox.accept(session, event(eta=9), NOW)
        with pytest.raises(Conflict) as caught:
            inbox.accept(session, event(eta=10), NOW)
    assert caught.value.field == "data.new_eta"
    assert caught.value.fix


def test_an_event_out_of_order_is_kept_and_not_applied(db: Database):
    with db.write() as session:
        arrivals = [
            inbox.accept(session, event("E-1", sequence=3), NOW),
            inbox.accept(session, event("E-2", sequence=2), NOW),
            inbox.accept(session, event("E-3", sequence=1, inbound="PO-2"), NOW),
            inbox.accept(session, event("E-4", sequence=4), NOW),
            inbox.accept(session, event("E-5"), NOW),
        ]
        late = inbox.get(session, "edi", "E-2")
        waiting = inbox.listed(session, {InboxState.RECEIVED})
    assert arrivals == [Arrival.ACCEPTED, Arrival.STALE, Arrival.ACCEPTED, Arrival.ACCEPTED, Arrival.ACCEPTED]
    assert late is not None and late.state is InboxState.STALE and "sequence 2" in late.note
    assert [entry.event.id for entry in waiting] == ["E-1", "E-3", "E-4", "E-5"]


def test_an_applied_event_names_its_case(db: Database):
    with db.write() as session:
        inbox.accept(session, event(), NOW)
        assert inbox.mark(session, "edi", "E-1", {InboxState.RECEIVED}, InboxState.APPLIED, case="C-1")
        assert not inbox.mark(session, "edi", "E-1", {InboxState.RECEIVED}, InboxState.DEAD, note="again")
        assert [entry.case for entry in inbox.listed(session, case="C-1")] == ["C-1"]


def test_a_case_is_saved_advanced_and_listed_in_order(db: Database):
    with db.write() as session:
        for number in (2, 10, 1):
            cases.open_case(session, case(f"C-{number}"))
        cases.save(session, case("C-2").model_copy(update={"title": "later"}))
        assert cases.get(session, "C-2").title == "later"
        assert cases.advance(session, "C-2", {CaseState.OPEN}, CaseState.DONE, NOW)
        assert not cases.advance(session, "C-2", {CaseState.OPEN}, CaseState.CLOSED, NOW)
        assert cases.get(session, "C-2").closed_at == NOW
        assert [found.id for found in cases.listed(session)] == ["C-1", "C-2", "C-10"]
        assert [found.id for found in cases.listed(session, {CaseState.DONE}, kind="supplier_delay")] == ["C-2"]
        with pytest.raises(UnknownReference):
            cases.get(session, "C-99")
        with pytest.raises(UnknownReference):
            cases.save(session, case("C-99"))
        with pytest.raises(BadInput):
            cases.open_case(session, case("north"))


def test_a_run_remembers_its_request_and_what_it_found_out(db: Database):
    with db.write() as session:
        runs.admit(session, run())
        runs.record(session, "R-1", planner="rules/1", fallback="model down", facts="S-1", policy="P-1", revision=2)
        assert runs.advance(session, "R-1", {RunState.ADMITTED}, RunState.RUNNING, worker="w1")
        assert runs.advance(session, "R-1", {RunState.RUNNING}, RunState.DONE, finished_at=NOW + HOUR)
        assert not runs.advance(session, "R-1", {RunState.RUNNING}, RunState.FAILED)
        found = runs.get(session, "R-1")
        with pytest.raises(UnknownReference):
            runs.record(session, "R-9", planner="x")
        with pytest.raises(UnknownReference):
            runs.get(session, "R-9")
    assert found.request == request()
    assert (found.planner, found.fallback, found.facts, found.revision) == ("rules/1", "model down", "S-1", 2)
    assert (found.state, found.worker, found.finished_at) == (RunState.DONE, "w1", NOW + HOUR)


def test_runs_are_listed_by_number_not_by_text(db: Database):
    with db.write() as session:
        for number in (10, 9, 11):
            runs.admit(session, run(f"R-{number}"))
        assert [found.id for found in runs.listed(session)] == ["R-9", "R-10", "R-11"]
        assert [found.id for found in runs.listed(session, newest_first=True, limit=1)] == ["R-11"]
        assert runs.listed(session, {RunState.DONE}, case="C-1") == ()


def test_run_events_are_read_from_where_one_left_off(db: Database):
    with db.write() as session:
        runs.admit(session, run())
        for step in range(3):
            run_events.append(session, "R-1", NOW, "tool", {"step": step, "note": "\x00 and \u2028"})
        assert [found.seq for found in run_events.since(session, "R-1", 1)] == [2, 3]
        assert run_events.since(session, "R-1", 0, limit=1)[0].body == '{"note":"\\u0000 and \u2028","step":0}'
    with pytest.raises(Conflict), db.write() as session:
        run_events.append(session, "R-9", NOW, "tool", {})


def test_facts_come_back_as_they_were_and_are_kept_once(db: Database):
    later = Facts(taken_at=NOW + HOUR, sources=(SourceState(system="erp", as_of=NOW, degraded=True),))
    with db.write() as session:
        assert snapshots.latest(session) is None
        assert snapshots.put(session, facts()) == snapshots.put(session, facts()) == facts().id
        snapshots.put(session, later)
        assert snapshots.get(session, facts().id) == facts()
        assert snapshots.latest(session) == later
        with pytest.raises(UnknownReference):
            snapshots.get(session, "S-none")


@pytest.mark.parametrize("damage", ["UPDATE snapshots SET body = :other", "UPDATE snapshots SET id = 'S-1'"])
def test_a_changed_snapshot_is_noticed(db: Database, damage: str):
    with db.write() as session:
        snapshots.put(session, facts())
        session.execute(text(damage), {"other": b"not zlib"} if ":other" in damage else {})
    with db.read() as session, pytest.raises(IntegrityBroken):
        snapshots.latest(session)


def test_a_plan_comes_back_whole_and_by_its_digest(db: Database):
    with db.write() as session:
        runs.admit(session, run())
        record = plans.keep(session, "R-1", plan(), NOW)
        plans.keep(session, "R-1", plan(2), NOW)
        assert record.digest == plans.plan_digest(plan())
        assert plans.load(session, "C-1", 1) == plan()
        assert plans.latest(session, "C-1") == plan(2)
        assert plans.latest(session, "C-2") is None
        assert [found.revision for found in plans.of_case(session, "C-1")] == [1, 2]
        assert plans.of_run(session, "R-1") == plans.of_case(session, "C-1")
        with pytest.raises(UnknownReference):
            plans.load(session, "C-1", 3)
    with pytest.raises(Conflict), db.write() as session:
        plans.keep(session, "R-1", plan(), NOW)


def test_a_changed_plan_is_noticed(db: Database):
    with db.write() as session:
        runs.admit(session, run())
        plans.keep(session, "R-1", plan(), NOW)
        session.execute(text("UPDATE plans SET body = replace(body, '10', '90')"))
    with db.read() as session, pytest.raises(IntegrityBroken):
        plans.load(session, "C-1", 1)


def test_a_move_keeps_its_place_its_verdict_and_its_edit(db: Database):
    verdict = Verdict(outcome=Outcome.APPROVAL, policy="P-1", roles=("lead",))
    with db.write() as session:
        with_moves(session, "C-1/r1/m2", MOVE)
        moves.set_verdict(session, MOVE, verdict)
        assert moves.edit(session, move(MOVE, 7), {MoveState.PROPOSED})
        assert moves.advance(session, MOVE, {MoveState.PROPOSED}, MoveState.WAITING, "asks a lead")
        assert not moves.advance(session, MOVE, {MoveState.PROPOSED}, MoveState.DENIED)
        assert not moves.edit(session, move(MOVE, 8), {MoveState.PROPOSED})
        found = moves.get(session, MOVE)
        assert [record.id for record in moves.listed(session, case="C-1", run="R-1", revision=1)] == ["C-1/r1/m2", MOVE]
        assert [record.id for record in moves.listed(session, {MoveState.WAITING})] == [MOVE]
        with pytest.raises(UnknownReference):
            moves.get(session, "C-1/r1/m9")
    assert found.verdict == verdict
    assert (found.move, found.state, found.reason) == (move(MOVE, 7), MoveState.WAITING, "asks a lead")


def test_claims_hold_all_or_nothing_and_are_summed_by_bucket(db: Database):
    inbound = ("SKU-1", "EAST", "PO-1")
    with db.write() as session:
        with_moves(session)
        short = claims.hold(session, [claim(MOVE, 6), claim(MOVE, 5)], {STOCK: 10}, NOW)
        assert short is not None and (short.free, short.claimed, short.asked) == (10, 0, 11)
        assert claims.active(session, NOW) == ()
        both = [claim(MOVE, 6), claim(MOVE, 4), claim(MOVE, 3, inbound="PO-1")]
        assert claims.hold(session, both, {STOCK: 10, inbound: 3}, NOW) is None
        assert [(found.inbound, found.quantity) for found in claims.of_move(session, MOVE)] == [(None, 10), ("PO-1", 3)]
        assert claims.total(session, NOW, "SKU-1", "EAST", "PO-1") == 3
        assert claims.total(session, NOW, "SKU-1", "EAST", except_move=MOVE) == 0
        unknown = claims.hold(session, [claim(MOVE, 1, inbound="PO-9")], {STOCK: 99}, NOW)
        assert unknown is not None and unknown.free == 0


def test_a_claim_ends_by_itself_and_can_be_released(db: Database):
    with db.write() as session:
        with_moves(session)
        claims.put(session, [claim(MOVE, 6)])
        assert claims.active(session, NOW, skus={"SKU-1"}) == (claim(MOVE, 6),)
        assert claims.active(session, NOW, skus={"SKU-2"}) == claims.active(session, NOW, except_case="C-1") == ()
        assert claims.expired(session, NOW) == ()
        assert claims.active(session, NOW + HOUR) == ()
        assert claims.total(session, NOW + HOUR, "SKU-1", "EAST") == 0
        assert claims.expired(session, NOW + HOUR) == (claim(MOVE, 6),)
        assert (claims.release(session, MOVE), claims.release(session, MOVE)) == (1, 0)


def test_an_approval_is_decided_only_as_shown_in_time_and_once(db: Database):
    with db.write() as session:
        with_moves(session)
        approvals.ask(session, approval())
        approve = ApprovalState.APPROVED
        assert not approvals.decide(session, "A-1", "another digest", approve, by="ann", at=NOW)
        assert not approvals.decide(session, "A-1", "d1", approve, by="ann", at=NOW + HOUR)
        assert approvals.decide(session, "A-1", "d1", approve, by="ann", at=NOW, reason="fine")
        assert not approvals.decide(session, "A-1", "d1", ApprovalState.REJECTED, by="bob", at=NOW)
        found = approvals.get(session, "A-1")
        with pytest.raises(UnknownReference):
            approvals.get(session, "A-9")
    assert (found.state, found.decided_by, found.decided_at, found.reason) == (approve, "ann", NOW, "fine")


def test_an_edited_card_is_bound_anew_and_the_old_digest_is_worthless(db: Database):
    edited = approval().model_copy(update={"shown": "d2", "edited_by": ("ann",), "role": "finance"})
    with db.write() as session:
        with_moves(session)
        approvals.ask(session, approval())
        assert approvals.rebind(session, approval(), edited)
        assert not approvals.rebind(session, approval(), edited)
        assert not approvals.decide(session, "A-1", "d1", ApprovalState.APPROVED, by="bob", at=NOW)
        assert approvals.get(session, "A-1") == edited


def test_approvals_are_listed_overdue_and_closed_by_move(db: Database):
    with db.write() as session:
        with_moves(session)
        for number in (10, 2):
            approvals.ask(session, approval(f"A-{number}", role="lead" if number == 2 else "finance"))
        assert [found.id for found in approvals.listed(session, {ApprovalState.PENDING})] == ["A-2", "A-10"]
        assert [found.id for found in approvals.listed(session, role="lead", move=MOVE, run="R-1", case="C-1")] == [
            "A-2"
        ]
        assert approvals.overdue(session, NOW) == ()
        assert [found.id for found in approvals.overdue(session, NOW + HOUR)] == ["A-2", "A-10"]
        assert approvals.close(session, MOVE, ApprovalState.SUPERSEDED, NOW, "new facts") == 2
        assert approvals.close(session, MOVE, ApprovalState.CANCELLED, NOW) == 0
        assert {found.reason for found in approvals.listed(session)} == {"new facts"}


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


def test_the_active_policy_is_the_last_activated_and_history_is_kept(db: Database):
    with db.write() as session:
        assert policies.active(session) is None
        policies.activate(session, "P-1", "version: 1", NOW, "ann")
        policies.activate(session, "P-2", "version: 2", NOW + HOUR, "bob")
        policies.activate(session, "P-1", "version: 1", NOW + 2 * HOUR, "ann")
        with pytest.raises(Conflict):
            policies.activate(session, "P-1", "version: 3", NOW, "ann")
    with db.read() as session:
        now, then = policies.active(session), policies.active(session, NOW + HOUR)
        assert now is not None and now.id == "P-1"
        assert then is not None and (then.id, then.activated_by) == ("P-2", "bob")
        assert policies.active(session, NOW - HOUR) is None
        assert [version.id for version in policies.history(session)] == ["P-1", "P-2", "P-1"]
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
