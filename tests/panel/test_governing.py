"""What people do on the panel beside deciding one card: not now, somebody else, comments, many, stand-ins, stops."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from agent.runtime.application import Application
from guardrails.cards import Card
from storage.records import ApprovalState
from tests.panel.house import HOSTILE, HX, Seen, panel

pytestmark = pytest.mark.xdist_group("panel")


def did(client: TestClient, path: str, **data: str) -> str:
    """A form sent as a browser sends it, and the page it leads to."""
    answer = client.post(path, data=data, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return Seen(client.get(answer.headers["location"]).text).text


def of_paula(application: Application) -> list[Card]:
    """What paula may decide."""
    return [c for c in application.approvals("paula") if c.role == "planner"]


def test_not_now_hides_a_card_from_one_list_until_the_time_picked_and_decides_nothing(application: Application):
    card = of_paula(application)[0]
    path = f"/approvals/{card.approval}/snooze"
    with panel(application, "paula") as client:
        shown = Seen(client.get("/approvals").text)
        assert any(one.get("value") == "hour" for one in shown.all("option"))
        assert client.post(path, data={"until": "next year"}, headers=HX).status_code == 422
        done = client.post(path, data={"until": "hour", "reason": "on the phone"}, headers=HX)
        assert done.status_code == 200 and "back in your list" in done.text and done.headers["HX-Trigger"] == "decided"
        page = Seen(client.get("/approvals").text)
        assert "Put aside by you" in page.text
        assert not any(one.get("id") == f"card-{card.approval}" for one in page.all("article"))
        assert "put aside until" in Seen(client.get(f"/approvals/{card.approval}").text).text
    after = application.show(card.approval, "paula")
    assert after.state is ApprovalState.PENDING and after.snoozed_until == application.now + timedelta(hours=1)
    with panel(application, "peter") as client:
        assert f"card-{card.approval}" in client.get("/approvals").text


def test_a_card_is_given_to_one_of_those_who_may_decide_it_and_leaves_the_other_lists(application: Application):
    card = of_paula(application)[0]
    path = f"/approvals/{card.approval}/reassign"
    with panel(application, "paula") as client:
        text = client.get(f"/approvals/{card.approval}").text
        offered = {one.get("value") for one in Seen(text).all("option")}
        able = {one.id for one in application.standing.deciders(card.approval, "paula")}
        assert able and able <= offered and "farid" not in able and 'value="farid"' not in text
        refused = client.post(path, data={"to": "farid", "reason_code": "wrong-person"}, headers=HX)
        assert refused.status_code == 403 and application.show(card.approval).assigned_to is None
        done = client.post(path, data={"to": "peter", "reason_code": "wrong-person"}, headers=HX)
        assert done.status_code == 200 and "in the list of Peter" in done.text
        assert "given to Peter" in Seen(client.get("/approvals").text).text
    assert card.approval not in {one.approval for one in application.approvals("paula")}
    with panel(application, "peter") as client:
        assert f"card-{card.approval}" in client.get("/approvals").text
        history = Seen(client.get(f"/approvals/{card.approval}").text).text
        assert "What happened to it" in history and "reassigned" in history


def test_comments_are_shown_as_they_were_typed_and_never_run(application: Application):
    card = of_paula(application)[0]
    path = f"/approvals/{card.approval}/comment"
    with panel(application, "paula") as client:
        for text in HOSTILE:
            assert client.post(path, data={"text": text}, headers=HX).status_code == 200
        assert client.post(path, data={"text": "  "}, headers=HX).status_code == 422
        long = client.post(path, data={"text": "x" * 2001}, headers=HX)
        assert long.status_code == 422 and "2000 characters" in long.text
        assert client.post(path, data={"text": "hi"}, headers={"Origin": "https://evil.example"}).status_code == 403
    with panel(application, "arthur") as client:
        for where in ("/approvals", f"/approvals/{card.approval}"):
            page = Seen(client.get(where).text)
            assert not any("onload" in attributes or "onerror" in attributes for _, attributes in page.tags)
            assert all((one.get("src") or "/static/").startswith("/static/") for one in page.all("script") if one)
        assert all(text in page.text for text in HOSTILE)
        assert client.post(path, data={"text": "I only read"}, headers=HX).status_code == 403
    assert [one.text for one in application.show(card.approval).comments] == list(HOSTILE)


def test_ticked_cards_are_decided_each_by_itself_after_a_look_at_the_list(application: Application):
    first, second, third = of_paula(application)[:3]
    named = [f"{one.approval}|{one.digest}" for one in (first, second, third)]
    stranger = next(c for c in application.approvals() if c.role == "lead" and not c.before)
    with panel(application, "paula") as client:
        ticks = [one.get("value") for one in Seen(client.get("/approvals").text).all("input") if one.get("form")]
        assert set(named) <= set(ticks)
        assert client.post("/approvals/batch", data={"verb": "approve"}).status_code == 422
        changed = f"{second.approval}|{'0' * 64}"
        confirm = Seen(client.post("/approvals/batch", data={"verb": "approve", "named": [named[0], changed]}).text)
        assert "Approve the 1 you ticked?" in confirm.text and "has changed since you ticked it" in confirm.text
        kept = [one.get("value") for one in confirm.all("input") if one.get("name") == "named"]
        assert kept == [named[0]] and application.show(first.approval).state is ApprovalState.PENDING
        sent = {"verb": "approve", "named": [named[0], changed, f"{stranger.approval}|{stranger.digest}", named[2]]}
        done = client.post("/approvals/batch/decide", data=sent)
        assert done.status_code == 409 and "2 of 4 decided" in Seen(done.text).text
    states = [application.show(one.approval).state for one in (first, second, third, stranger)]
    assert states == [ApprovalState.APPROVED, ApprovalState.PENDING, ApprovalState.APPROVED, ApprovalState.PENDING]


def test_a_role_handed_over_is_decided_in_and_taken_back_at_once(application: Application):
    card = next(c for c in application.approvals("lena") if c.role == "lead")
    day = application.now.date().isoformat()
    form = {"to": "paula", "role": "lead", "since": day, "until": day, "why": "holiday"}
    with panel(application, "lena") as lena, panel(application, "paula") as paula:
        assert "This waits for lead" in paula.get(f"/approvals/{card.approval}").text
        assert lena.post("/delegations", data=form | {"until": "soon"}).status_code == 422
        assert lena.post("/delegations", data=form | {"role": "finance"}).status_code == 403
        assert "In the hands of" in did(lena, "/delegations", **form)
        assert "You stand in for Lena Lead (lead)" in Seen(paula.get("/approvals").text).text
        (given,) = application.desk.delegations("paula")
        fields = Seen(paula.get(f"/approvals/{card.approval}").text).fields(f"/approvals/{card.approval}/approve")
        assert paula.post(f"/approvals/{card.approval}/approve", data=fields, headers=HX).status_code == 200
        assert "Approved by Paula Planner for Lena Lead" in lena.get(f"/approvals/{card.approval}").text
        assert "Give back" in paula.get("/delegations").text
        assert "Over" in did(lena, f"/delegations/{given.id}/end")
        assert "You stand in for" not in paula.get("/approvals").text
        assert "I am back" in did(lena, "/away", since=day, until=day)
        assert "Everybody is there" in did(lena, "/back")


def test_one_stops_all_writes_on_every_page_and_two_others_lift_it(application: Application):
    with (
        panel(application, "paula") as paula,
        panel(application, "lena") as lena,
        panel(application, "arthur") as arthur,
    ):
        assert "Everything is stopped" in did(paula, "/stops", system="*", reason=HOSTILE[0])
        for client in (paula, lena, arthur):
            text = Seen(client.get("/cases").text).text
            assert "Writes to everything are stopped" in text and "By Paula Planner" in text and HOSTILE[0] in text
        assert arthur.post("/stops/lift", data={"system": "*"}).status_code == 403
        assert paula.post("/stops/lift", data={"system": "*"}).status_code == 403
        assert "Lena Lead has asked" in did(lena, "/stops/lift", system="*")
        assert lena.post("/stops/lift", data={"system": "*"}).status_code == 409
        with panel(application, "peter") as peter:
            assert "A second person" in Seen(peter.get("/cases").text).text
            assert "Stop now" in did(peter, "/stops/lift", system="*")
    assert not application.standing.stops()


def test_an_auditor_reads_every_page_of_limits_and_finds_no_button(application: Application):
    move = application.approvals()[0].move
    with panel(application, "arthur") as client:
        for path in ("/delegations", "/autonomy", "/stops", "/claims", "/approvals"):
            page = client.get(path)
            forms = {one.get("action") for one in Seen(page.text).all("form") if one.get("method") == "post"}
            assert page.status_code == 200 and forms <= {"/sign-out"}, (path, forms)
        assert client.get(f"/moves/{move}/undo").status_code == 403


def test_who_holds_the_stock_is_said_by_sku_and_site(application: Application):
    claim = next(one for one in application.pilot.claims() if one.how == "claim")
    with panel(application, "paula") as client:
        page = Seen(client.get("/claims", params={"sku": claim.sku, "site": claim.site}).text)
        assert claim.title in page.text and f"/cases/{claim.case}" in {one.get("href") for one in page.all("a")}
        assert client.get("/claims", params={"sku": "NO-SUCH"}).status_code == 404
        assert f"/claims?sku={claim.sku}" in {
            one.get("href") for one in Seen(client.get(f"/skus/{claim.sku}").text).all("a")
        }


def test_what_was_decided_comes_page_by_page(application: Application, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("api.http.panel.inbox.DECIDED_SHOWN", 2)
    for card in of_paula(application)[:3]:
        application.approve(card.approval, "paula", card.digest, settle=False)
    total = len(application.approvals(decided=True))
    assert total >= 3
    with panel(application, "paula") as client:
        seen = ""
        for number in range(1, (total + 1) // 2 + 1):
            page = client.get(f"/approvals?show=decided&page={number}")
            seen += page.text
            assert ("Older" in page.text) is (number * 2 < total)
        assert all(one.title in Seen(seen).text for one in application.approvals(everything=True) if one.decided_by)
