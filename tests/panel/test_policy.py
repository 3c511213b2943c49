"""The policy in the panel and the API: who may, what differs, what would have changed; the same desk behind both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from agent.runtime.application import Application
from agent.runtime.world import load_world
from connectors.embedded.world import built_in
from guardrails.policy import default_text
from tests.agent.house import CAREFUL, delay, opened, policy_file
from tests.http.house import door, problem, token_of
from tests.panel.house import HOSTILE, Seen, panel

pytestmark = pytest.mark.xdist_group("panel")

STRICTER = default_text().replace(*CAREFUL).replace("limit: 250}", "limit: 25}")


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    home = tmp_path_factory.mktemp("policy")
    load_world(home, built_in())
    with opened(home, policy=policy_file(home, CAREFUL)) as application:
        delay(application)
        yield application


@pytest.mark.real
def test_a_version_goes_through_the_panel_from_proposal_to_force(application: Application):
    change = application.policies.propose(STRICTER, "lena", HOSTILE[0])
    for user, sees in (("omar", True), ("lena", False), ("paula", False), ("arthur", False)):
        with panel(application, user) as client:
            answer = client.get(f"/policy/{change.id}")
            assert answer.status_code == 200
            page = Seen(answer.text)
            assert "budget moves-per-actor: limit: 250 becomes 25" in page.text
            assert HOSTILE[0] in page.text and not any(tag == "script" and not a.get("src") for tag, a in page.tags)
            assert ("Approve the version" in page.text) is sees, user
            listed = client.get("/policy").text
            assert change.id in listed and "ChangeCard" not in listed
            badges = [one for one in Seen(listed).all("span") if one.get("id") == "badge"]
            assert all(one["data-count"] == str(len(application.approvals(user))) for one in badges)
    with panel(application, "paula") as client:
        refused = client.post(f"/policy/{change.id}/approve")
        assert refused.status_code == 409 and "is for operations, finance" in Seen(refused.text).text
    with panel(application, "arthur") as client:
        assert client.post(f"/policy/{change.id}/approve").status_code == 403
    for user in ("omar", "farid"):
        with panel(application, user) as client:
            assert client.post(f"/policy/{change.id}/approve").status_code == 200
    assert application.policies.in_force.id == change.policy
    with panel(application, "omar") as client:
        assert f"policy {change.policy} approved as " in Seen(client.get("/ledger?kind=policy").text).text
    with panel(application, "paula") as client:
        before = next(one.id for one in application.policies.versions() if not one.in_force)
        compared = client.get(f"/policy?before={before}&after={change.policy}")
        assert "budget moves-per-actor: limit: 250 becomes 25" in Seen(compared.text).text


def test_the_page_of_a_change_judges_history_again_when_asked(application: Application):
    text = application.policies.document().text.replace("  default: approve", "  default: act")
    change = application.policies.propose(text, "lena", "it agrees")
    expected = application.policies.dry_run(text, application.now.replace(year=2020))
    with panel(application, "omar") as client:
        assert "How many" not in client.get(f"/policy/{change.id}").text
        page = Seen(client.get(f"/policy/{change.id}?since=2020-01-01").text)
        assert "Would be" in page.text and all(one.move in page.text for one in expected.of("asked_less"))
        assert client.get(f"/policy/{change.id}?since=yesterday").status_code == 422
    application.policies.withdraw(change.id, "lena")


def test_a_version_is_proposed_on_the_panel_and_what_was_typed_stays_when_it_is_refused(application: Application):
    before = len(application.policies.changes())
    with panel(application, "lena") as client:
        text = application.policies.document().text
        assert text.splitlines()[0] in Seen(client.get("/policy").text).text
        for sent, status, says in (
            ({"text": text, "why": "same"}, 409, "in force"),
            ({"text": "roles: [", "why": HOSTILE[0]}, 422, "roles: ["),
            ({"text": text.replace("horizon_days: 28", "horizon_days: soon"), "why": "x"}, 422, "horizon_days"),
            ({"text": text.replace("horizon_days: 28", "horizon_days: 21"), "why": " "}, 422, "why"),
            ({"text": "x" * 200_001, "why": "x"}, 422, "200000 at most"),
            ({}, 422, ""),
        ):
            refused = client.post("/policy", data=sent)
            assert refused.status_code == status and says in Seen(refused.text).text, (sent, refused.text[:3000])
            assert not any(tag == "script" and not a.get("src") for tag, a in Seen(refused.text).tags)
        assert len(application.policies.changes()) == before
        sent = {"text": text.replace("horizon_days: 28", "horizon_days: 21").replace("\n", "\r\n"), "why": "nearer"}
        done = client.post("/policy", data=sent, follow_redirects=False)
        assert (
            done.status_code == 303
            and "horizon_days: 28 becomes 21" in Seen(client.get(done.headers["location"]).text).text
        )
    change = application.policies.changes()[-1]
    with panel(application, "omar") as owner:
        assert owner.post(f"/policy/{change.id}/reject", data={"reason": ""}).status_code == 409
        no = owner.post(f"/policy/{change.id}/reject", data={"reason": "x" * 100_000}, follow_redirects=False)
        assert no.status_code == 303 and "rejected" in Seen(owner.get(f"/policy/{change.id}").text).text.lower()
        assert owner.post(f"/policy/{change.id}/approve").status_code == 409
    with panel(application, "arthur") as auditor:
        assert "Propose it" not in auditor.get("/policy").text
        assert auditor.post("/policy", data=sent).status_code == 403


def test_the_api_is_the_same_desk(application: Application):
    text = application.policies.document().text.replace("horizon_days: 28", "horizon_days: 14")
    with door(application) as client:
        lena, omar, paula = (token_of(client, user) for user in ("lena", "omar", "paula"))

        def post(path: str, user: dict[str, str], **body: Any) -> Any:
            return client.post(f"/api/policy{path}", json=body, headers=user)

        made = post("/changes", lena, text=text, why="nearer").json()
        key = made["change"]["id"]
        assert made["why_not"] and made["differences"][0]["field"] == "horizon_days"
        assert client.get(f"/api/policy/changes/{key}", headers=omar).json()["why_not"] == ""
        problem(post(f"/changes/{key}/approve", paula), 403, "not_allowed")
        problem(post(f"/changes/{key}/reject", omar), 422, "bad_input")
        tried = post("/trial", paula, text=text, since="2020-01-01T00:00:00Z").json()
        assert {group["change"] for group in tried["groups"]} >= {"asked_more", "asked_less", "denied"}
        done = post(f"/changes/{key}/approve", omar).json()["change"]
        assert done["state"] == "in_force"
        problem(post(f"/changes/{key}/withdraw", lena), 409, "already_decided")
        versions = client.get("/api/policy/versions", headers=paula).json()
        assert versions[0]["id"] == done["policy"] and versions[0]["in_force"]
        shown = client.get(f"/api/policy/versions/{done['policy']}", headers=paula).json()
        assert shown["text"] == text
        problem(client.get("/api/policy/versions/P-nothing", headers=paula), 404, "unknown_reference")
