"""Inbox, cases, runs, snapshots and plans keep their promises, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from domain.canonical import canonical_json, digest, plain
from domain.cases import CaseState
from domain.errors import BadInput, Conflict, IntegrityBroken, UnknownReference
from domain.facts import Facts, SourceState
from storage import (
    cases,
    inbox,
    plans,
    run_events,
    runs,
    snapshots,
)
from storage.database import Database
from storage.records import (
    Arrival,
    InboxState,
    RunState,
)
from tests.storage.samples import HOUR, NOW, case, event, facts, plan, request, run


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


def test_a_plan_of_a_build_that_knew_fewer_fields_is_still_what_was_kept(db: Database):
    made = plan()
    older = {name: value for name, value in plain(made).items() if name != "untouched"}
    with db.write() as session:
        runs.admit(session, run())
        plans.keep(session, "R-1", made, NOW)
        body = {"body": canonical_json(older), "digest": digest(plans.TAG, older)}
        session.execute(text("UPDATE plans SET body = :body, digest = :digest"), body)
    with db.read() as session:
        assert plans.load(session, "C-1", 1) == made.model_copy(update={"untouched": ""})
