"""Sweeps on the built-in world: one case each, merged with what events told, grouped, healed, and never two at once."""

from __future__ import annotations

import json
import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from agent.runtime.application import Application
from agent.runtime.world import load_world
from agent.triage.markdown import in_markdown
from connectors import snapshot
from connectors.embedded.world import built_in, built_in_event
from domain.cases import CaseState
from domain.events import Event, InventoryDiscrepancy
from domain.facts import Facts
from evals.worlds.generate import generate
from guardrails.chain import EntryKind
from storage import claims, exceptions
from storage.records import ApprovalState, MoveState, RunState
from tests.agent.house import CAREFUL, NOW, approve_fully, distributor, opened, policy_file, states, waiting_moves

SHORT = "SKU-1042"


def more_stock(home: Path, units: int = 5000) -> Facts:
    """The world as it is, with so many more of the short SKU everywhere: its shortage is gone."""
    with distributor(home) as outside:
        facts = snapshot.take(outside.reads, NOW)
    places = tuple(
        item.model_copy(update={"on_hand": item.on_hand + units, "lots": ()}) if item.sku == SHORT else item
        for item in facts.positions
    )
    counts = {(item.sku, item.site): item.on_hand for item in places if item.sku == SHORT}
    wms = tuple(
        item.model_copy(update={"on_hand": counts.get((item.sku, item.site), item.on_hand), "lots": ()})
        for item in facts.warehouse_positions
    )
    load_world(home, facts.replace(positions=places, warehouse_positions=wms, claims=()))
    return facts


def entries(app: Application, kind: EntryKind) -> list[dict]:
    lines = [json.loads(line) for line in app.export("arthur")]
    return [line["content"] for line in lines if line["entry"]["kind"] == kind]


def case_of(app: Application, kind: str):
    return next(case for case in app.cases() if case.kind == kind)


def test_exceptions_of_one_sku_share_a_plan_and_are_ranked(tmp_path):
    with opened(tmp_path) as app:
        found = app.triage_once()
        made = app.triage_report(found)
        lead, follower = case_of(app, "shortage"), case_of(app, "stock_out_ahead")
        assert lead.follows is None and follower.follows == lead.id
        assert app.runs(follower.id) == () and len(app.runs(lead.id)) == 1
        bought = [m for m in app.report(app.runs(lead.id)[0].id).moves if m.move.kind == "replenish"]
        assert len(bought) == 1, "the same supply is not bought twice"
        assert [item.urgency for item in made.exceptions] == sorted((i.urgency for i in made.exceptions), reverse=True)
        assert [group.lead for group in made.groups] == [lead.id]
        text = in_markdown(made)
        assert lead.title in text and "Waits for a person" in text and "planner" in text


def test_what_an_event_told_is_merged_and_its_consequences_follow_it(tmp_path):
    with opened(tmp_path) as app:
        app.triage_once()
        before = len(app.cases())
        taken = app.take_event(built_in_event())
        found = app.triage_once()
        moved = next(item for item in found.found if item.signal.kind == "eta_moved")
        assert (moved.how, moved.case) == ("merged", taken.case)
        assert len(app.cases()) <= before + 1 + sum(item.how in ("opened", "follows") for item in found.found)
        assert not app.triage_report(app.triage_once()).new


def test_an_event_about_what_triage_has_seen_joins_its_case(careful):
    with opened(careful, policy=careful / "policy.yaml") as app:
        app.triage_once()
        known = case_of(app, "inventory_discrepancy")
        signal = next(s.signal for s in spotted(app) if s.case == known.id)
        sku, _, site = signal.subject.rpartition("@")
        data = InventoryDiscrepancy(
            sku=sku, site=site, erp_units=signal.figure("erp_units"), wms_units=signal.figure("wms_units")
        )
        taken = app.take_event(Event(id="EV-9", source="wms", at=NOW, data=data))
        assert taken.case == known.id


def spotted(app: Application):
    with app._parts.database.read() as session:
        return exceptions.listed(session)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder after a sweep under a policy that has a person confirm everything: copy it."""
    home = tmp_path_factory.mktemp("swept")
    with opened(home, policy=policy_file(home, CAREFUL)) as app:
        app.triage_once()
        assert case_of(app, "shortage").state is CaseState.WAITING
    return home


@pytest.fixture
def waiting(swept: Path, tmp_path: Path) -> Path:
    """A copy of it, to do things to."""
    return Path(shutil.copytree(swept, tmp_path / "home"))


def test_a_case_whose_cause_has_gone_closes_and_takes_its_questions_back(waiting):
    more_stock(waiting)
    with opened(waiting, policy=waiting / "policy.yaml", now=NOW + timedelta(hours=2)) as app:
        lead = case_of(app, "shortage")
        asked = [card.approval for card in app.approvals() if card.case == lead.id]
        assert asked
        found = app.triage_once()
        made = app.triage_report(found)
        assert {gone.kind for gone in made.healed} == {"shortage", "stock_out_ahead"}
        assert {case_of(app, kind).state for kind in ("shortage", "stock_out_ahead")} == {CaseState.CLOSED}
        assert not [card for card in app.approvals() if card.case == lead.id]
        decided = [card for card in app.approvals(everything=True) if card.approval in asked]
        assert {card.state for card in decided} == {ApprovalState.SUPERSEDED}
        run = app.runs(lead.id)[0]
        assert app.run(run.id).state is RunState.DONE
        assert set(states(app, run.id).values()) == {MoveState.SUPERSEDED}
        with app._parts.database.read() as session:
            assert not [claim for claim in claims.active(session, app.now) if claim.case == lead.id]
        ended = [body for body in entries(app, EntryKind.CASE) if body.get("state") == "closed"]
        assert len(ended) == 2 and all("healed" in body["why"] for body in ended)
        assert any("healed" in str(body) for body in entries(app, EntryKind.EXPIRY))
        assert app.verify().ok
        assert not app.triage_report(app.triage_once()).healed


def test_a_shortage_that_comes_back_after_it_healed_is_a_new_case(waiting):
    before = more_stock(waiting)
    with opened(waiting, policy=waiting / "policy.yaml", now=NOW + timedelta(hours=2)) as app:
        app.triage_once()
        count = len(app.cases())
        load_world(waiting, before.replace(claims=()))
        found = app.triage_once()
        assert {item.signal.kind for item in found.found if item.how != "known"} >= {"shortage"}
        assert len(app.cases()) > count


def less_stock(home: Path, units: int) -> None:
    """The world as it is, with so many fewer of the short SKU at the site that has most of it."""
    with distributor(home) as outside:
        facts = snapshot.take(outside.reads, NOW)
    most = max((item for item in facts.positions if item.sku == SHORT), key=lambda item: item.on_hand)

    def fewer(item):
        same = (item.sku, item.site) == (most.sku, most.site)
        return item.model_copy(update={"on_hand": item.on_hand - units, "lots": ()}) if same else item

    counts = tuple(fewer(item) for item in facts.warehouse_positions)
    load_world(home, facts.replace(positions=tuple(map(fewer, facts.positions)), warehouse_positions=counts, claims=()))


def test_what_gets_worse_while_its_case_waits_is_merged_and_planned_again(waiting):
    less_stock(waiting, 40)
    with opened(waiting, policy=waiting / "policy.yaml", now=NOW + timedelta(hours=2)) as app:
        lead, count = case_of(app, "shortage"), len(app.runs())
        found = app.triage_once()
        worse = next(item for item in found.found if item.signal.kind == "shortage")
        assert (worse.how, worse.case) == ("merged", lead.id)
        again = app.runs(lead.id)[-1]
        assert (again.revision, len(app.runs())) == (2, count + 1)
        assert worse.signal in again.request.spotted
        assert app.replay(again.id).same
        assert not app.triage_report(app.triage_once()).new


def test_a_case_that_something_was_carried_out_in_is_left_to_its_people(waiting):
    with opened(waiting, policy=waiting / "policy.yaml") as app:
        lead = case_of(app, "shortage")
        first = next(move for move in waiting_moves(app) if move.startswith(f"{lead.id}/"))
        approve_fully(app, first)
        assert states(app, app.runs(lead.id)[0].id)[first] is MoveState.EXECUTED
    more_stock(waiting)
    with opened(waiting, policy=waiting / "policy.yaml") as app:
        asked = {card.approval for card in app.approvals() if card.case == lead.id}
        assert not [gone for gone in app.triage_once().healed if gone.case == lead.id]
        assert {card.approval for card in app.approvals() if card.case == lead.id} == asked


def one_item(facts: Facts, sku: str) -> Facts:
    """A world in which only one item is stocked and ordered."""
    orders = (
        order.model_copy(update={"lines": tuple(line for line in order.lines if line.sku == sku)})
        for order in facts.orders
    )
    stocked = ("positions", "warehouse_positions", "reservations", "inbound", "demand", "transfers")
    kept = {name: tuple(item for item in getattr(facts, name) if item.sku == sku) for name in stocked}
    return facts.replace(orders=tuple(order for order in orders if order.lines), waves=(), shipments=(), **kept)


def test_what_a_plan_of_ours_has_carried_to_another_site_opens_no_case(tmp_path):
    """Units taken from a line that is expected from W-TARN are missing there now, while another move still waits."""
    facts = one_item(generate(725216).facts, "SEA-482")
    load_world(tmp_path, facts)
    with opened(tmp_path, now=facts.taken_at) as app:
        app.triage_once()
        lead, count = case_of(app, "shortage"), len(app.cases())
        found = {item.signal.key: item for item in app.triage_once().found}
        moved = found["atp_below_commitments", "SEA-482@W-TARN"]
        assert (moved.how, moved.case, len(app.cases())) == ("known", lead.id, count)
        assert lead.state is CaseState.WAITING
        head = app.head()
        app.triage_once()
        assert app.head() == head


def test_two_workers_never_sweep_at_once(tmp_path):
    with opened(tmp_path) as app, app._parts.leases.hold("triage") as mine:
        assert mine
        assert app.triage_once().busy and not app.cases()


def test_a_worker_sweeps_when_it_is_due_and_after_events(tmp_path):
    with opened(tmp_path) as app:
        stop = threading.Event()
        worker = threading.Thread(target=app.run_worker, args=(stop, 0.05, 15))
        worker.start()
        try:
            wait_for(lambda: any(case.kind == "shortage" for case in app.cases()))
            app.take_event(built_in_event(), settle=False)
            app.wake()
            wait_for(lambda: any(item.signal.kind == "eta_moved" for item in spotted(app)))
        finally:
            stop.set()
            worker.join(timeout=60)
        assert not worker.is_alive()


def wait_for(holds, seconds: int = 60) -> None:
    pause = threading.Event()
    for _ in range(seconds * 20):
        if holds():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come to pass")


def test_a_worker_that_is_told_not_to_never_sweeps(tmp_path):
    with opened(tmp_path) as app:
        stop = threading.Event()
        worker = threading.Thread(target=app.run_worker, args=(stop, 0.01))
        worker.start()
        run = app.say(f"who holds {SHORT}?", "paula").run
        wait_for(lambda: app.run(run).state is RunState.DONE)
        stop.set()
        worker.join(timeout=60)
        assert {case.kind for case in app.cases()} == {"question"}


def test_a_world_that_is_well_opens_nothing(tmp_path):
    facts = built_in()
    load_world(tmp_path, facts.replace(orders=(), transfers=(), reservations=(), demand=(), waves=(), shipments=(),
                                       warehouse_positions=facts.positions))  # fmt: skip
    with opened(tmp_path) as app:
        made = app.triage_report(app.triage_once())
        assert not made.exceptions and not app.cases() and not app.runs()
        assert "Nothing new." in in_markdown(made)
