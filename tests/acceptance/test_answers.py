"""People answer: from other processes, at the same time, too late, and with no. Stock is promised once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from agent.runtime.application import Application
from guardrails.supply import drawn_free, free_units, held_by, released
from storage.records import MoveState
from tests.acceptance.conftest import AT
from tests.acceptance.door import EVENTS, ended, process, quartermaster
from tests.agent.house import distributor, opened, states, turn, waiting_moves, who

pytestmark = pytest.mark.xdist_group("answers")


def one_question(home: Path) -> tuple[str, str, str]:
    """A move that one person decides alone: (approval, move, somebody entitled)."""
    with opened(home) as app:
        cards = app.approvals()
        card = next(c for c in cards if not c.before and [o.move for o in cards].count(c.move) == 1)
        return card.approval, card.move, who(card)


def outcomes(home: Path, move: str) -> list[str]:
    """The actions of a move whose outcome is in the ledger, in order."""
    lines = quartermaster(home, *AT, "ledger", "export").out.splitlines()
    entries = [json.loads(line)["entry"] for line in lines]
    return [
        e["action"]
        for e in entries
        if e["move"] == move and e["kind"] == "outcome" and e["action"] not in (None, "earmark")
    ]


def test_two_processes_that_answer_a_waiting_run_at_once_carry_it_out_once(waiting: Path):
    approval, move, person = one_question(waiting)
    words = (*AT, "approvals", "approve", approval, "--as", person, "--output", "json")
    both = [process(waiting, *words) for _ in range(2)]  # the process that planned has exited long ago
    said = [ended(one) for one in both]
    assert sorted(one.code for one in said) == [0, 4], [one.err for one in said]
    loser = next(one for one in said if one.code == 4)
    assert json.loads(loser.err)["data"]["code"] == "already_decided"
    done = outcomes(waiting, move)
    with opened(waiting) as app:
        item = next(i for i in app.report("R-1").moves if i.move.id == move)
        assert item.state is MoveState.EXECUTED
        assert sorted(done) == sorted(action.id for action in item.move.actions), "each action once"
    assert quartermaster(waiting, *AT, "ledger", "verify", "--head", waiting / "heads.txt").code == 0
    with distributor(waiting) as outside:
        assert outside.audit() == []


def test_a_card_that_was_edited_since_does_not_execute(waiting: Path):
    with opened(waiting) as app:
        card = next(c for c in app.approvals() if c.quantities and not c.before)
        item = next(q for q in card.quantities if q.units > 1)
        other = next(person for person in ("lena", "omar", "carla", "peter") if person != who(card))
    edit = ("approvals", "edit", card.approval, "--set", f"{item.action}={item.units - 1}", "--reason", "recounted")
    edited = quartermaster(waiting, *AT, *edit, "--as", other, "--digest", card.digest[:12], "--output", "json")
    assert edited.code == 0, edited.err
    stale = quartermaster(
        waiting, *AT, "approvals", "approve", card.approval, "--as", who(card), "--digest", card.digest[:12]
    )
    stale.refused(4)
    with opened(waiting) as app:
        assert states(app, "R-1")[card.move] is MoveState.WAITING
    assert outcomes(waiting, card.move) == []


def test_a_card_whose_digest_was_made_up_does_not_execute(waiting: Path):
    approval, move, person = one_question(waiting)
    words = ("approvals", "approve", approval, "--as", person, "--digest")
    for digest in ("0" * 64, "0" * 12, "", "x"):
        quartermaster(waiting, *AT, *words, digest).refused(4)
    assert outcomes(waiting, move) == []


def test_a_no_cancels_what_needs_it_and_the_rest_is_planned_again(waiting: Path):
    with opened(waiting) as app:
        needed = {need: item.move.id for item in app.report("R-1").moves for need in item.move.needs}
        open_needs = [move for move in waiting_moves(app) if move in needed]
        card = turn(app, (open_needs or waiting_moves(app))[0])
        dependents = {item.move.id for item in app.report("R-1").moves if card.move in item.move.needs}
    words = ("approvals", "reject", card.approval, "--as", who(card), "--reason", "they were promised first")
    said = quartermaster(waiting, *AT, *words, "--output", "json")
    assert said.code == 0, said.err
    decision = said.rows("decision")[0]
    assert decision["state"] == "rejected" and set(decision["cancelled"]) >= dependents
    runs = quartermaster(waiting, *AT, "runs", "--output", "json").rows("runs")
    assert [(row["case"], row["revision"]) for row in runs] == [("C-1", 1), ("C-1", 2)]
    for move in (card.move, *decision["cancelled"]):
        assert outcomes(waiting, move) == [], "nothing of it was done in part"
    again = quartermaster(waiting, *AT, "replay", runs[-1]["run"], "--output", "json")
    assert again.rows("replay")[0]["same"]
    with opened(waiting) as app:
        refused = next(item.move for item in app.report("R-1").moves if item.move.id == card.move)
        assert refused.substance not in {item.move.substance for item in app.report(runs[-1]["run"]).moves}


@pytest.mark.real
def test_two_plans_over_one_sku_promise_no_unit_twice_and_every_promise_can_be_kept(waiting: Path, tmp_path: Path):
    """A second delay is planned over the same SKU while the first plan still waits; then everybody says yes."""
    event = json.loads((EVENTS / "supplier_delay.json").read_text(encoding="utf-8"))
    late = {"kind": "supplier_delay", "inbound": "PO-8815", "new_eta": "2026-03-31"}
    (tmp_path / "second.json").write_text(json.dumps({**event, "id": "EV-2001", "data": late}), encoding="utf-8")
    assert quartermaster(waiting, *AT, "event", tmp_path / "second.json").code == 0
    with opened(waiting) as app:
        refused = [item for item in app.report("R-2").moves if item.state is MoveState.CANCELLED]
        assert any("promised to another plan already" in item.reason for item in refused)
        promised_once(app)
        while cards := [card for card in app.approvals() if not card.before]:
            app.approve(cards[0].approval, who(cards[0]), cards[0].digest)
            promised_once(app)
        ends = {state for run in app.runs() for state in states(app, run.id).values()}
        assert MoveState.EXECUTED in ends and not ends & {MoveState.WAITING, MoveState.EXECUTING, MoveState.FAILED}
        assert app.verify().ok
    with distributor(waiting) as outside:
        assert outside.audit() == []


def promised_once(app: Application) -> None:
    """All moves that wait together take from no line more than it holds, and from no bucket more than is free."""
    facts = app._parts.fresh(())
    free, held = free_units(facts), held_by(facts)
    waits = {card.move for card in app.approvals()}
    drawn: Counter[object] = Counter()
    taken: Counter[object] = Counter()
    for run in app.runs():
        for item in app.report(run.id).moves:
            if item.move.id in waits:
                drawn.update(drawn_free(item.move, facts))
                taken.update(released(item.move))
    assert [bucket for bucket, units in drawn.items() if units > free.get(bucket, 0)] == []  # type: ignore[call-overload]
    assert [place for place, units in taken.items() if units > held.get(place, 0)] == []  # type: ignore[call-overload]
