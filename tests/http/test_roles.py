"""Every route by every role, from the table; and what the table itself must never say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient

from api.http import app as web
from api.http.access import ACCESS, PUBLIC
from api.http.app import create_app
from api.http.options import Options
from connectors.embedded.world import built_in_event
from domain.errors import IntegrityBroken
from tests.http.house import ROLES, door, one_of_each, opened, token_of

EVERYBODY = (*ROLES, "nobody", None)
BODIES: dict[str, Any] = {
    "POST /api/session": {"user": "planner"},
    "POST /api/runs": {"question": "what is short?"},
    "POST /api/events": built_in_event().model_dump(mode="json"),
    "POST /api/approvals/{approval}/approve": {"digest": "0" * 64},
    "POST /api/approvals/{approval}/reject": {"digest": "0" * 64, "reason": "no"},
    "POST /api/policy/changes": {"text": "roles: [", "why": "why not"},
    "POST /api/policy/changes/{change}/reject": {"reason": "no"},
    "POST /api/policy/changes/{change}/approve": {},
    "POST /api/policy/changes/{change}/withdraw": {},
    "POST /api/policy/trial": {"text": "roles: [", "since": "2026-03-02T00:00:00Z"},
    "POST /api/approvals/{approval}/edit": {"digest": "0" * 64, "changes": {"a1": 1}},
    "POST /api/approvals/decisions": {"named": [{"approval": "A-999", "digest": "0" * 64}], "approve": True},
    "POST /api/approvals/{approval}/snooze": {"until": "2026-03-02T12:00:00Z"},
    "POST /api/approvals/{approval}/reassign": {"to": "lead"},
    "POST /api/approvals/{approval}/comments": {"text": "Call the customer first."},
    "POST /api/delegations": {
        "to": "x",
        "role": "lead",
        "since": "2026-03-02T12:00:00Z",
        "until": "2026-03-03T12:00:00Z",
    },
    "POST /api/absences": {"since": "2026-03-02T12:00:00Z", "until": "2026-03-03T12:00:00Z"},
    "POST /api/stops": {"system": "nowhere"},
    "POST /api/stops/lift": {"system": "nowhere"},
    "POST /api/autonomy/demotions/{demotion}/lift": {},
    "POST /api/moves/{move}/undo": {},
}
JUDGED = frozenset(
    {"POST /api/autonomy/demotions/{demotion}/lift", "POST /api/delegations", "POST /api/moves/{move}/undo"}
)
"""Routes behind which policy asks for the role once more: only the door's own refusal counts here."""
API = sorted(key for key in ACCESS if " /api/" in key)


class Rig:
    """The door, everybody's cookie, and an id for every kind of thing."""

    def __init__(self, client: TestClient, ids: dict[str, str]) -> None:
        self.client = client
        self.ids = ids
        self.cookies = {user: token_of(client, user) for user in (*ROLES, "nobody")}

    def status(self, key: str, user: str | None) -> int:
        method, path = key.split(" ", 1)
        for name, value in self.ids.items():
            path = path.replace("{" + name + "}", value)
        assert "{" not in path, f"no id for {path}"
        headers = self.cookies[user] if user else {}
        params = {"quantity": "5", "by": "2026-03-20"} if path.endswith("/promise") else {"q": "an outage of the ERP"}
        answer = self.client.request(method, path, json=BODIES.get(key), params=params, headers=headers)
        self.client.cookies.clear()
        if user and key.endswith(" /api/session"):
            self.cookies[user] = token_of(self.client, user)
        refused = answer.status_code == 403 and "may not do this" not in answer.json()["detail"]
        return 200 if refused and key in JUDGED else answer.status_code


@pytest.fixture(scope="module")
def rig(delayed_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("roles")
    home = Path(shutil.copytree(delayed_once, folder / "home"))
    with opened(home, people=one_of_each(folder)) as application, door(application) as client:
        run = "R-1"
        facts = application.facts_now()
        ids = {
            "sku": facts.skus[0].id,
            "order": facts.orders[0].id,
            "line": facts.orders[0].lines[0].id,
            "customer": facts.customers[0].id,
            "site": facts.sites[0].id,
            "shipment": facts.shipments[0].id,
            "case": application.run(run).case,
            "run": run,
            "conversation": "T-999",
            "approval": "A-999",
            "seq": "1",
            "policy": application.policies.in_force.id,
            "change": "PC-999",
            "delegation": "D-999",
            "demotion": "DM-999",
            "move": "C-999/r1/m1",
        }
        yield Rig(client, ids)


@pytest.mark.parametrize("key", API)
def test_a_route_lets_in_whom_the_table_names_and_nobody_else(rig: Rig, key: str):
    for user in EVERYBODY:
        status = rig.status(key, user)
        if ACCESS[key] is PUBLIC:
            assert status not in (401, 403), user
        elif user is None:
            assert status == 401
        elif user in ACCESS[key]:
            assert status not in (401, 403) and status < 500, user
        else:
            assert status == 403, user


def test_a_refused_role_is_recorded_once_and_not_for_every_try(rig: Rig):
    for _ in range(3):
        assert rig.status("GET /api/ledger/verification", "finance") == 403
    headers = rig.cookies["auditor"]
    said = rig.client.get("/api/ledger?kind=sign_in&limit=200", headers=headers).json()["entries"]
    tried = [one for one in said if one["entry"]["actor"] == "finance" and "verification" in str(one["says"])]
    assert [one["says"]["did"] for one in tried] == ["refused"]


def test_an_auditor_changes_nothing_and_only_they_operations_and_leads_read_the_ledger():
    writing = {key for key in ACCESS if not key.startswith("GET ")} - {"POST /api/session", "DELETE /api/session"}
    assert all("auditor" not in ACCESS[key] and ACCESS[key] for key in writing if key.startswith("POST /api/"))
    ledger = [ACCESS[key] for key in ACCESS if key.startswith("GET /api/ledger")]
    assert ledger and all(allowed == {"auditor", "operations", "lead"} for allowed in ledger)


def test_what_is_open_to_strangers_is_this_and_nothing_more():
    assert {key for key in API if ACCESS[key] is PUBLIC} == {
        "GET /api/health",
        "GET /api/ready",
        "GET /api/openapi.json",
        "GET /api/personas",
        "POST /api/session",
        "DELETE /api/session",
    }


def test_a_route_without_an_entry_stops_the_start(fresh: Path, monkeypatch: pytest.MonkeyPatch):
    def anything() -> None: ...

    def forgotten() -> APIRouter:
        routes = APIRouter()
        routes.add_api_route("/api/forgotten", anything, methods=["GET"])
        return routes

    monkeypatch.setattr(web, "ROUTERS", (*web.ROUTERS, forgotten))
    with opened(fresh) as application, pytest.raises(IntegrityBroken, match="GET /api/forgotten"):
        create_app(application, Options(), work=False)


def test_an_entry_without_a_route_stops_the_start(fresh: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web, "ROUTERS", web.ROUTERS[1:])
    with opened(fresh) as application, pytest.raises(IntegrityBroken, match="/api/personas"):
        create_app(application, Options(), work=False)
