"""The entities file: what it gives each entity, what it refuses; services at the door; the choice behind a proxy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.entities import entities
from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from agent.runtime.compose import open_application
from agent.runtime.installation import Installation
from agent.settings import Settings
from api.http.access import ACCESS
from api.http.app import create_app
from api.http.options import Options
from connectors.embedded.world import built_in_event
from domain.errors import BadInput, NotAllowed
from tests.agent.house import NOW, opened
from tests.http.house import BASE, door, problem, token_of

TWO = "entities:\n  - {id: north, name: Norden%s}\n  - {id: south, name: Sur%s}\n"


def told(folder: Path, text: str, environ: dict[str, str] | None = None) -> tuple[Any, ...]:
    path = folder / "entities.yaml"
    path.write_text(text, encoding="utf-8")
    settings = Settings.model_validate({"home": folder / "home", "entities": path, "tenant": "whole"})
    return entities(settings, environ or {})


def test_without_a_file_there_is_one_entity_and_it_is_told_what_the_installation_is_told(tmp_path: Path):
    settings = Settings(home=tmp_path)
    (only,) = entities(settings)
    assert only.id == "main" and only.settings is settings


def test_each_entity_has_a_home_a_database_and_a_tenant_of_its_own(tmp_path: Path):
    north, south = told(
        tmp_path,
        TWO % (", policy: p.yaml, home: here", ", database_url: $THEIRS"),
        {"THEIRS": "postgresql://u:hunter2@db/south"},
    )
    assert north.settings.home == tmp_path / "here" and south.settings.home == tmp_path / "home" / "south"
    assert north.settings.policy == tmp_path / "p.yaml" and south.settings.policy is None
    assert (north.settings.tenant, south.settings.tenant) == ("north", "south")
    assert south.settings.database == "postgresql://u:hunter2@db/south" and "hunter2" not in repr(south)
    assert (north.settings.entity, south.settings.entity) == ("north", "south")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("", ", id: north"), "id"),
        ((", home: a", ", home: a"), "the same home"),
        ((", home: a", ", home: a/b"), "lies in the folder"),
        ((", home: a", ", home: ./x/../a"), "the same home"),
        ((", tenant: t", ", tenant: t"), "the same tenant"),
        ((", database_url: 'postgresql://a@DB/x'", ", database_url: 'postgresql://b:pw@db:5432/x?a=1'"), "database"),
        ((", database_url: 'sqlite:////tmp/a.db'", ", database_url: 'sqlite:////tmp/b/../a.db'"), "the same database"),
        ((", slack_channels: [C1]", ", slack_channel: C1"), "the same slack_channels"),
        ((", colour: red", ""), "colour"),
        ((", planner: wizard", ""), "planner"),
        ((", database_url: $NOWHERE", ""), "not set"),
    ],
)  # fmt: skip
def test_a_file_in_which_two_share_anything_or_a_key_means_nothing_is_refused_with_its_line(
    tmp_path: Path, more: tuple[str, str], says: str
):
    with pytest.raises(BadInput, match=says) as wrong:
        told(tmp_path, TWO % more)
    assert "entities.yaml" in f"{wrong.value.field} {wrong.value}" and "pw" not in str(wrong.value)


@pytest.mark.parametrize(
    "text", ["entities: []\n", "entities: north\n", "", "- a\n", "entities: [{id: a.b, name: A}]\n"]
)
def test_a_file_that_names_no_entity_is_refused(tmp_path: Path, text: str):
    with pytest.raises(BadInput):
        told(tmp_path, text)


TOKEN = "t" * 43
SERVICE = hashlib.sha256(TOKEN.encode()).hexdigest()
PEOPLE = f"""people:
  - {{id: paula, name: Paula, email: paula@example.com, roles: [planner, lead, operations]}}
  - {{id: omar, name: Omar, email: omar@example.com, roles: [operations]}}
  - id: edi
    name: EDI gateway
    email: edi@example.com
    service: true
    tokens: ['{SERVICE}']
    roles: [planner, lead, finance, warehouse_manager, commercial, operations]
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Application, TestClient]]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "people.yaml").write_text(PEOPLE)
    with opened(folder / "home", people=folder / "people.yaml") as application, door(application) as client:
        yield application, client


BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.real
def test_a_service_raises_events_asks_and_reads_by_its_token(served: tuple[Application, TestClient]):
    application, client = served
    assert client.get("/api/session", headers=BEARER).json()["id"] == "edi"
    event = built_in_event().model_dump(mode="json")
    assert client.post("/api/events", json=event, headers=BEARER).status_code in (200, 201, 202)
    assert client.post("/api/runs", json={"question": "what waits?"}, headers=BEARER).status_code == 202
    assert [run.actor for run in application.runs() if run.kind == "question"] == ["edi"]
    for token in ("", "x", SERVICE, TOKEN[:-1], f"{TOKEN} "[1:]):
        assert client.get("/api/session", headers={"Authorization": f"Bearer {token}"}).status_code == 403
    problem(client.post("/api/session", json={"user": "edi"}), 403, "not_allowed")


@pytest.mark.real
def test_a_service_with_every_role_decides_nothing_at_any_route_that_changes_something(
    served: tuple[Application, TestClient],
):
    application, client = served
    mine = {"POST /api/events", "POST /api/runs"}
    open_to_all = {key for key, roles in ACCESS.items() if not roles}
    changing = [key for key in ACCESS if key.split()[0] in ("POST", "PUT", "PATCH", "DELETE")]
    asked = 0
    for key in sorted(set(changing) - mine - open_to_all):
        method, path = key.split(" ", 1)
        made = path.replace("{approval}", "A-1").replace("{", "").replace("}", "")
        answer = client.request(method, made, headers=BEARER, json={"digest": "0" * 64})
        assert answer.status_code == 403 and "service" in answer.text, key
        asked += 1
    assert asked >= 4
    for verb in (
        lambda: application.approve("A-1", "edi", settle=False),
        lambda: application.reject("A-1", "edi", "no", settle=False),
        lambda: application.edit("A-1", "edi", {"a1": 1}, settle=False),
        lambda: application.staff.deactivate("paula", "edi", "x"),
    ):
        with pytest.raises(NotAllowed):
            verb()
    application.stop("edi", "erp", "our gateway sees nonsense")
    with pytest.raises(NotAllowed, match="is a program"):
        application.lift("edi", "erp", "x")
    application.stop("paula", "wms", "x")
    with pytest.raises(NotAllowed, match="is a program"):
        application.lift("edi", "wms", "x")


@pytest.mark.real
def test_a_token_ends_with_its_service(served: tuple[Application, TestClient]):
    application, client = served
    application.staff.deactivate("edi", "omar", "the token leaked")
    assert client.get("/api/session", headers=BEARER).status_code == 403
    application.staff.reactivate("edi", "omar", "a new token is in force")
    assert client.get("/api/session", headers=BEARER).status_code == 200


BOTH = """people:
  - {id: anna, name: Anna, email: anna@example.com, grants: [{role: planner, entities: [north]}]}
  - {id: olga, name: Olga, email: olga@example.com, roles: [operations]}
"""


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, TestClient]]:
    folder = tmp_path_factory.mktemp("proxy")
    (folder / "people.yaml").write_text(BOTH)
    (folder / "entities.yaml").write_text(TWO % ("", ""))
    settings = Settings.model_validate(
        {"home": folder / "home", "entities": folder / "entities.yaml", "people": folder / "people.yaml"}
    )

    def opening(entity: Any) -> Any:
        application = open_application(entity.settings, clock=FixedClock(NOW), works=False)
        return application, application.close

    held = Installation(entities(settings), opening)
    options = Options(header="x-user", proxies=("10.0.0.0/8",))
    with TestClient(
        create_app(held, options, work=False), base_url=BASE, client=("10.0.0.5", 1), follow_redirects=False
    ) as client:
        yield held, client
    held.close()


@pytest.mark.real
def test_behind_a_proxy_each_request_says_its_entity_unless_there_is_only_one(
    behind_a_proxy: tuple[Installation, TestClient],
):
    _, client = behind_a_proxy
    anna, olga = {"X-User": "anna"}, {"X-User": "olga@example.com"}
    assert [one["id"] for one in client.get("/api/entities", headers=anna).json()] == ["north"]
    said = problem(client.get("/api/cases", headers=olga), 422, "entity_needed")
    assert "north, south" in said["fix"]
    assert client.get("/api/cases", headers={**olga, "X-Quartermaster-Entity": "south"}).status_code == 200
    assert client.get("/api/cases?entity=north", headers=olga).status_code == 200
    assert client.get("/api/cases?entity=south", headers=anna).status_code == 404
    assert client.get("/api/cases", headers={**anna, "Cookie": "quartermaster_entity=south"}).status_code == 404


@pytest.mark.real
def test_the_panel_asks_somebody_of_several_entities_where_they_are_and_keeps_it(
    behind_a_proxy: tuple[Installation, TestClient],
):
    _, client = behind_a_proxy
    olga = {"X-User": "olga", "Accept": "text/html"}
    sent = client.get("/cases", headers=olga)
    assert sent.status_code == 303 and sent.headers["location"] == "/entities?next=%2Fcases"
    assert "Norden" in client.get("/entities", headers=olga).text
    chosen = client.post("/entities", data={"entity": "south", "next": "/cases"}, headers=olga)
    assert chosen.status_code == 303 and chosen.headers["location"] == "/cases"
    assert "Sur" in client.get("/cases", headers=olga).text
    client.cookies.clear()


@pytest.mark.real
def test_a_stranger_is_recorded_with_everybody_and_somebody_of_one_entity_only_there(
    behind_a_proxy: tuple[Installation, TestClient],
):
    held, client = behind_a_proxy
    assert client.get("/api/cases", headers={"X-User": "mallory"}).status_code == 403
    held.application("north").staff.deactivate("anna", "olga", "left")
    assert client.get("/api/cases", headers={"X-User": "anna"}).status_code == 403

    def who(entity: str) -> list[str]:
        found = held.application(entity).browse.ledger(limit=50)
        return [one.says["who"] for one in found if one.says and one.says.get("did") == "refused"]

    assert who("north") == ["mallory", "anna"] and who("south") == ["mallory"]


@pytest.mark.real
def test_one_entity_alone_is_what_it_was(tmp_path: Path):
    with opened(tmp_path / "home") as application, door(application) as client:
        mine = token_of(client, "paula")
        assert "." not in mine["Cookie"].partition("=")[2]
        assert client.get("/api/entities", headers=mine).json() == [{"id": "main", "name": "main", "here": True}]
        assert len(client.get("/api/personas").json()) == 10
        assert 'href="/entities"' not in client.get("/cases", headers={**mine, "Accept": "text/html"}).text
