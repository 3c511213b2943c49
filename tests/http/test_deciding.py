"""Decisions through the API: bound to the card that was shown, one winner, and everybody else told who it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from agent.runtime.application import Application
from connectors.embedded.world import built_in_event
from tests.http.house import door, opened, problem, served, token_of


@pytest.fixture
def application(delayed: Path) -> Iterator[Application]:
    with opened(delayed) as application:
        yield application


@pytest.fixture
def client(application: Application) -> Iterator[TestClient]:
    with door(application) as client:
        yield client


def first_card(client: TestClient, headers: dict[str, str], **wanted: Any) -> dict[str, Any]:
    cards: list[dict[str, Any]] = client.get("/api/approvals?limit=200", headers=headers).json()["items"]
    return next(c for c in cards if not c["before"] and all(c[name] == value for name, value in wanted.items()))


def test_a_lead_approves_what_the_card_shows_and_the_worker_carries_it_out(
    client: TestClient, application: Application
):
    lena = token_of(client, "lena")
    card = first_card(client, lena, role="lead")
    body = {"digest": card["digest"], "reason": "worth it"}
    made = client.post(f"/api/approvals/{card['approval']}/approve", json=body, headers=lena)
    assert made.status_code == 200 and made.json()["did"] == "approved" and made.json()["by"] == "lena"
    application.settle()
    now = client.get(f"/api/approvals/{card['approval']}", headers=lena).json()
    assert (now["state"], now["decided_by"], now["decision_reason"]) == ("approved", "lena", "worth it")


def test_somebody_without_the_role_is_refused_and_nothing_changes(client: TestClient):
    carla = token_of(client, "carla")
    card = first_card(client, carla, role="lead")
    answer = client.post(f"/api/approvals/{card['approval']}/approve", json={"digest": card["digest"]}, headers=carla)
    problem(answer, 403, "not_allowed")
    assert client.get(f"/api/approvals/{card['approval']}", headers=carla).json()["state"] == "pending"


def test_mine_are_those_that_my_roles_may_decide_now(client: TestClient):
    farid = token_of(client, "farid")
    mine = client.get("/api/approvals?mine=true", headers=farid).json()["items"]
    assert all("finance" in card["role"] and not card["before"] for card in mine)


def test_a_stale_card_is_refused_with_the_card_that_is_true_now(client: TestClient):
    lena = token_of(client, "lena")
    card = first_card(client, lena, role="lead")
    answer = client.post(f"/api/approvals/{card['approval']}/approve", json={"digest": "0" * 64}, headers=lena)
    said = problem(answer, 409, "stale_decision")
    assert said["card"] == card and said["decided_by"] is None and card["approval"] in said["waiting"]


def test_after_an_edit_the_old_card_is_stale_and_the_new_one_has_the_new_quantity(client: TestClient):
    lena = token_of(client, "lena")
    cards = client.get("/api/approvals?limit=200", headers=lena).json()["items"]
    card = next(
        c
        for c in cards
        if not c["before"] and any(q["units"] > 1 and " reserve:" in q["text"] for q in c["quantities"])
    )
    item = next(q for q in card["quantities"] if q["units"] > 1 and " reserve:" in q["text"])
    body = {"digest": card["digest"], "changes": {item["action"]: item["units"] - 1}, "reason": "round"}
    made = client.post(f"/api/approvals/{card['approval']}/edit", json=body, headers=lena)
    if made.status_code == 403:  # policy may not let it become that; then nothing changed
        pytest.fail(made.text)
    assert made.json()["did"] == "edited", made.text
    again = client.post(f"/api/approvals/{card['approval']}/approve", json={"digest": card["digest"]}, headers=lena)
    said = problem(again, 409, again.json()["code"])
    new = next(q for q in said["card"]["quantities"] if q["action"] == item["action"])
    assert new["units"] == item["units"] - 1 and said["card"]["digest"] != card["digest"]


def test_a_rejection_needs_a_reason_and_has_the_rest_planned_again(client: TestClient, application: Application):
    lena = token_of(client, "lena")
    card = first_card(client, lena, role="lead")
    for reason in ("", "   "):
        body = {"digest": card["digest"], "reason": reason}
        problem(client.post(f"/api/approvals/{card['approval']}/reject", json=body, headers=lena), 422, "bad_input")
    body = {"digest": card["digest"], "reason": "the customer would leave us"}
    made = client.post(f"/api/approvals/{card['approval']}/reject", json=body, headers=lena).json()
    assert (made["did"], made["replan"]) == ("rejected", True)
    application.settle()
    file = client.get(f"/api/cases/{card['case']}", headers=lena).json()
    assert [run["revision"] for run in file["runs"]] == [1, 2]


def test_of_two_who_approve_at_once_one_wins_and_the_other_is_told_who(application: Application):
    with (
        served(application, work=False) as here,
        here.client("lena") as one,
        here.client("lena") as two,
        here.client("omar") as reader,
    ):
        cards = reader.get("/api/approvals?limit=200").json()["items"]
        for card in [c for c in cards if c["role"] == "lead" and not c["before"]][:3]:
            answers = at_once(one, two, card)
            assert sorted(answer.status_code for answer in answers) == [200, 409], [a.text for a in answers]
            (lost,) = [answer for answer in answers if answer.status_code == 409]
            said = problem(lost, 409, "already_decided")
            assert said["decided_by"] == "lena" and said["decided_at"] and "lena has approved" in said["detail"]


def at_once(one: httpx.Client, two: httpx.Client, card: dict[str, Any]) -> list[httpx.Response]:
    answers: list[httpx.Response] = []
    start = threading.Barrier(2)

    def press(client: httpx.Client) -> None:
        start.wait()
        answers.append(client.post(f"/api/approvals/{card['approval']}/approve", json={"digest": card["digest"]}))

    threads = [threading.Thread(target=press, args=(client,)) for client in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_the_same_event_many_times_at_once_starts_one_run(client: TestClient, application: Application):
    omar = token_of(client, "omar")
    body = {**built_in_event().model_dump(mode="json"), "id": "EV-88", "sequence": 88}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post("/api/events", json=body, headers=omar), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [202], [a.text for a in answers]
    assert {answer.json()["case"] for answer in answers} == {"C-1"}
    assert [run.id for run in application.runs()] == ["R-1", "R-2"]


def test_runs_are_read_page_by_page_the_newest_first(client: TestClient):
    omar = token_of(client, "omar")
    asked = [
        client.post("/api/runs", json={"question": f"who holds number {n}?"}, headers=omar).json() for n in range(5)
    ]
    seen: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        path = "/api/runs?limit=2" + (f"&after={page['next']}" if page["next"] else "")
        page = client.get(path, headers=omar).json()
        seen += [row["run"] for row in page["items"]]
        assert page["total"] == 6
    assert seen == [*reversed([one["run"] for one in asked]), "R-1"]
    problem(client.get("/api/runs?after=R-99", headers=omar), 422, "bad_input")


def test_approvals_with_the_decided_ones_are_read_page_by_page_the_newest_first(client: TestClient):
    lena = token_of(client, "lena")
    card = first_card(client, lena, role="lead")
    body = {"digest": card["digest"], "reason": "worth it"}
    assert client.post(f"/api/approvals/{card['approval']}/approve", json=body, headers=lena).status_code == 200
    waiting = client.get("/api/approvals?limit=200", headers=lena).json()
    asked = [one["approval"] for one in waiting["items"]] + [card["approval"]]
    seen: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        after = f"&after={page['next']}" if page["next"] else ""
        page = client.get(f"/api/approvals?decided=true&limit=3{after}", headers=lena).json()
        seen += [one["approval"] for one in page["items"]]
        assert page["total"] == waiting["total"] + 1
    assert seen == sorted(asked, key=lambda key: int(key.removeprefix("A-")), reverse=True)
    one_case = client.get(f"/api/approvals?decided=true&limit=200&case={card['case']}", headers=lena).json()["items"]
    assert card["approval"] in {one["approval"] for one in one_case} and {one["case"] for one in one_case} == {
        card["case"]
    }
    problem(client.get("/api/approvals?decided=true&after=A-999", headers=lena), 422, "bad_input")


def test_the_same_event_again_says_what_is_known_and_starts_nothing(client: TestClient, application: Application):
    omar = token_of(client, "omar")
    body = built_in_event().model_dump(mode="json")
    again = client.post("/api/events", json=body, headers=omar)
    assert again.status_code == 200, again.text
    assert (again.json()["arrival"], again.json()["case"], again.json()["run"]) == ("duplicate", "C-1", None)
    new = {**body, "id": "EV-77", "sequence": 99}
    first = client.post("/api/events", json=new, headers=omar)
    assert first.status_code == 202 and first.json()["run"] == "R-2"
    assert client.post("/api/events", json=new, headers=omar).status_code == 200
    other = {**new, "data": {**new["data"], "new_eta": "2026-05-01"}}
    assert problem(client.post("/api/events", json=other, headers=omar), 409, "conflict")["field"] == "data.new_eta"
    unknown = {**new, "id": "EV-78", "data": {**new["data"], "inbound": "PO-NOWHERE"}}
    problem(client.post("/api/events", json=unknown, headers=omar), 404, "unknown_reference")
