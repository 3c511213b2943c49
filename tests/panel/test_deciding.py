"""Deciding from a card: bound to what it showed, by field, the difference when it is stale, one decision only."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.runtime.application import Application
from guardrails.cards import Card
from storage.records import ApprovalState, MoveState
from tests.agent.house import who
from tests.panel.house import HX, Seen, drawn_seed, on_generated, panel

pytestmark = pytest.mark.xdist_group("panel")


def first(application: Application) -> Card:
    """The first card whose turn it is and that has quantities to edit."""
    return next(card for card in application.approvals() if not card.before and card.quantities and card.loses)


def test_an_approval_is_bound_to_the_digest_of_its_form_and_the_badge_hears_of_it(application: Application):
    card = first(application)
    with panel(application, who(card)) as client:
        path = f"/approvals/{card.approval}/approve"
        fields = Seen(client.get(f"/approvals/{card.approval}").text).fields(path)
        assert fields["digest"] == card.digest
        refused = client.post(path, data=fields | {"digest": "0" * 64}, headers=HX)
        assert refused.status_code == 409 and "Nothing was decided" in refused.text
        assert client.post(path, data={"seen": fields["seen"]}, headers=HX).status_code == 422
        assert application.show(card.approval).state is ApprovalState.PENDING
        done = client.post(path, data=fields, headers=HX)
        assert done.status_code == 200 and "You approved this." in done.text
        assert done.headers["HX-Trigger"] == "decided"
    assert application.show(card.approval).decided_by == who(card)


def test_without_scripts_a_form_works_as_well(application: Application):
    card = first(application)
    with panel(application, who(card)) as client:
        path = f"/approvals/{card.approval}/reject"
        fields = Seen(client.get("/approvals").text).fields(path)
        answer = client.post(path, data=fields | {"reason": "not this week"}, follow_redirects=False)
        assert answer.status_code == 303 and answer.headers["location"] == f"/approvals/{card.approval}"
        assert "Rejected by" in client.get(f"/approvals/{card.approval}").text
    assert application.show(card.approval).decision_reason == "not this week"


def test_a_rejection_needs_a_reason(application: Application):
    card = first(application)
    with panel(application, who(card)) as client:
        path = f"/approvals/{card.approval}/reject"
        fields = Seen(client.get("/approvals").text).fields(path)
        answer = client.post(path, data=fields | {"reason": "  "}, headers=HX)
        assert answer.status_code == 422 and "needs a reason" in answer.text
    assert application.show(card.approval).state is ApprovalState.PENDING


def test_a_quantity_that_is_no_whole_number_is_refused_by_its_field_and_what_was_typed_stays(application: Application):
    card = first(application)
    quantity = card.quantities[-1]
    with panel(application, who(card)) as client:
        path = f"/approvals/{card.approval}/edit"
        fields = Seen(client.get("/approvals").text).fields(path)
        for typed in ("", "1.5", "-1", "1e3", "٣", "twelve", "99999999999", " "):
            answer = client.post(path, data=fields | {f"units.{quantity.action}": typed}, headers=HX)
            assert answer.status_code == 422 and "whole number" in answer.text, typed
            again = {one["name"]: one for one in Seen(answer.text).all("input") if one.get("type") == "number"}
            assert (again[f"units.{quantity.action}"]["value"] or "") == typed
    assert application.show(card.approval).digest == card.digest


def edits_hold(application: Application) -> None:
    """An edit by one field changes that number and what hangs on it; numbers stay numbers, and it is in the ledger."""
    card = first(application)
    reserve = next(action.id for action in application.browse.move(card.move).move.actions if action.kind == "reserve")
    units = next(one.units for one in card.quantities if one.action == reserve)
    with panel(application, who(card)) as client:
        path = f"/approvals/{card.approval}/edit"
        fields = Seen(client.get(f"/approvals/{card.approval}").text).fields(path)
        assert {name for name in fields if name.startswith("units.")} == {f"units.{q.action}" for q in card.quantities}
        unexplained = client.post(path, data=fields | {f"units.{reserve}": str(units // 2)}, headers=HX)
        assert unexplained.status_code == 422 and "a reason is needed" in unexplained.text
        unchanged = client.post(path, data=fields | {"reason": "half"}, headers=HX)
        assert unchanged.status_code == 422 and "nothing was changed" in unchanged.text
        wanted = units // 2
        answer = client.post(path, data=fields | {f"units.{reserve}": str(wanted), "reason": "half"}, headers=HX)
        assert answer.status_code == 200, answer.text
    action = next((a for a in application.browse.move(card.move).move.actions if a.id == reserve), None)
    assert (action.quantity if action is not None else 0) == wanted  # type: ignore[union-attr]
    entry = next(e for e in application.browse.ledger(limit=1000) if e.entry.kind == "override")
    assert entry.says is not None and entry.says["changes"] == {reserve: wanted} and entry.says["why"] == "half"


def test_an_edit_by_field_keeps_numbers_numbers(application: Application):
    edits_hold(application)


def test_an_edit_by_field_keeps_numbers_numbers_on_a_generated_world(tmp_path: Path):
    with on_generated(tmp_path / "home", drawn_seed()) as application:
        edits_hold(application)


def test_a_stale_card_is_shown_as_what_you_saw_and_what_stands_there_now(application: Application):
    card = next(c for c in application.approvals() if not c.before and c.role == "lead" and c.loses)
    with panel(application, "lena") as client:
        path = f"/approvals/{card.approval}/approve"
        fields = Seen(client.get("/approvals").text).fields(path)
        reserve = next(a for a in application.browse.move(card.move).move.actions if a.kind == "reserve")
        application.edit(
            card.approval,
            "paula",
            {reserve.id: reserve.quantity // 2},
            card.digest,
            settle=False,
            reason="counted again",
        )
        answer = client.post(path, data=fields, headers=HX)
        assert answer.status_code == 409
        text = Seen(answer.text).text
        assert "Changed since you looked" in text and "Nothing was decided" in text and card.loses[0].line in text
        assert any("data-diff" in attributes for attributes in Seen(answer.text).all("table"))
        now = application.show(card.approval)
        if now.state is ApprovalState.PENDING:
            assert Seen(answer.text).fields(path)["digest"] == now.digest != card.digest
    assert application.browse.move(card.move).state in (MoveState.WAITING, MoveState.APPROVED)


def test_a_card_whose_plan_was_made_again_shows_the_one_that_took_its_place(application: Application):
    cards = [card for card in application.approvals() if not card.before and card.role == "planner"]
    stays, goes = cards[0], cards[1]
    with panel(application, "peter") as client:
        path = f"/approvals/{stays.approval}/approve"
        fields = Seen(client.get("/approvals").text).fields(path)
        application.reject(goes.approval, "paula", "not these", goes.digest)
        answer = client.post(path, data=fields, headers=HX)
        if application.show(stays.approval).state is ApprovalState.APPROVED:
            assert answer.status_code == 200  # the move was the same in the new revision, and its card still stood
        else:
            assert answer.status_code == 409 and "Nothing was decided" in answer.text


def test_a_second_decider_is_told_who_has_decided_already(application: Application):
    card = next(c for c in application.approvals() if c.role == "planner" and not c.before)
    with panel(application, "peter") as client:
        path = f"/approvals/{card.approval}/approve"
        fields = Seen(client.get("/approvals").text).fields(path)
        application.approve(card.approval, "paula", card.digest, "fine by me", settle=False)
        answer = client.post(path, data=fields, headers=HX)
        assert answer.status_code == 409
        assert "already decided by Paula Planner" in answer.text and "fine by me" in answer.text
        assert "Approve <kbd" not in answer.text


def test_one_who_may_not_decide_sees_no_buttons_and_is_refused(application: Application):
    card = next(c for c in application.approvals() if c.role == "lead" and not c.before)
    with panel(application, "farid") as client:
        shown = client.get(f"/approvals/{card.approval}").text
        assert "Approve <kbd" not in shown and "This waits for lead" in shown
        answer = client.post(f"/approvals/{card.approval}/approve", data={"digest": card.digest}, headers=HX)
        assert answer.status_code == 403
    assert application.show(card.approval).state is ApprovalState.PENDING


def test_forms_of_another_site_are_refused(application: Application):
    card = first(application)
    with panel(application, who(card)) as client:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            for path, data in (
                (f"/approvals/{card.approval}/approve", {"digest": card.digest}),
                ("/chat", {"text": "hello"}),
                ("/sign-out", {}),
                ("/sign-in", {"user": "lena"}),
            ):
                assert client.post(path, data=data, headers=headers).status_code == 403, (path, headers)
    assert application.show(card.approval).state is ApprovalState.PENDING
    assert len(application.runs()) == 1
