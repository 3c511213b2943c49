"""Two companies in one installation: whatever a user of one asks, at any route there is, holds nothing of the other.

Routes come from the routing table of the running application, so that one added later is asked as well. An id that only
the other company has is answered like an id that nobody has, and nothing of the other company changes.
"""

from __future__ import annotations

import html
import itertools
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import typer
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from agent.runtime.installation import Installation
from agent.settings import Settings
from api.cli.main import app as cli
from api.http.app import create_app
from api.http.identity import COOKIE
from api.http.options import Options
from evals.isolation import leaks, marks
from storage.records import RunState
from tests.acceptance.door import quartermaster
from tests.entities.house import Company, begin, company, contents, installed, settings_of
from tests.http.house import BASE

pytestmark = pytest.mark.nightly
SEED = secrets.randbelow(10**6)
NOBODYS = "ZZ-9999"
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/runs": {"question": "what is short?"},
    "POST /api/approvals/{approval}/approve": {"digest": "0" * 64},
    "POST /api/approvals/{approval}/reject": {"digest": "0" * 64, "reason": "no"},
    "POST /api/approvals/{approval}/edit": {"digest": "0" * 64, "changes": {"a1": 1}},
}
ENDING = {"DELETE /api/session", "POST /sign-out", "POST /sign-in", "POST /api/session"}
"""Routes that end or begin a session: asked in tests of their own."""


@dataclass
class House:
    """The installation behind one door, and a signed-in client of each company."""

    settings: Settings
    installation: Installation
    app: FastAPI
    mine: Company
    theirs: Company
    cookies: dict[str, str] = field(default_factory=dict)

    def client(self, user: str, entity: str) -> TestClient:
        client = TestClient(self.app, base_url=BASE, raise_server_exceptions=False, follow_redirects=False)
        if user not in self.cookies:
            answer = client.post("/api/session", json={"user": user, "entity": entity})
            assert answer.status_code == 201, answer.text
            self.cookies[user] = answer.cookies[COOKIE]
        client.cookies.clear()
        client.headers["Cookie"] = f"{COOKIE}={self.cookies[user]}"
        return client

    def ids(self, one: Company) -> dict[str, list[str]]:
        """Every id of a company by the name of the path parameter that takes it; the last of each kind come first."""
        application = self.installation.application(one.id)
        facts = application.facts_now()
        return {
            "sku": [one.world.hot, *(item.id for item in facts.skus)][:3],
            "order": [item.id for item in facts.orders][:3],
            "line": [line.id for item in facts.orders for line in item.lines][:3],
            "customer": [item.id for item in facts.customers][:3],
            "site": [item.id for item in facts.sites][:3],
            "shipment": [item.id for item in facts.shipments][:3],
            "case": [case.id for case in reversed(application.cases())],
            "run": [run.id for run in reversed(application.runs()) if run.state is RunState.DONE],
            "conversation": [f"{one.mark}-talk-0"],
            "approval": [card.approval for card in reversed(application.approvals(everything=True))],
            "seq": [str(application.head().count)],
            "document": [f"{one.mark}-rules".lower()],
        }

    def only_theirs(self) -> dict[str, list[str]]:
        """Ids that the other company has and mine has not."""
        mine, theirs = self.ids(self.mine), self.ids(self.theirs)
        return {kind: [one for one in found if _newer(one, mine[kind])][:2] for kind, found in theirs.items()}


def _newer(one: str, mine: list[str]) -> bool:
    """Whether an id is none of mine; of ids that are counted, one that is beyond all of mine."""
    number = re.search(r"(\d+)$", one)
    if re.fullmatch(r"(?:[CRAT]-)?\d+", one) and number is not None:
        return all(int(number[1]) > int(re.sub(r"\D", "", other) or 0) for other in mine)
    return one not in mine


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with built(tmp_path_factory.mktemp("installation")) as found:
        yield found


@pytest.fixture
def untouched(tmp_path: Path) -> Iterator[House]:
    """A house of which nobody has asked anything: my ledger holds no refused try that names what I typed."""
    with built(tmp_path / "untouched") as found:
        yield found


@contextmanager
def built(folder: Path) -> Iterator[House]:
    print(f"seed {SEED}")
    first, second = marks(SEED, 2)
    mine, theirs = company(SEED, first), company(SEED + 1, second)
    folder.mkdir(exist_ok=True)
    settings = settings_of(folder, mine, theirs, both="consultant")
    begin(settings, mine, 1)
    begin(settings, theirs, 4, sweep=True)
    with installed(settings, mine, theirs) as held:
        app = create_app(held, Options(poll=0.01), work=False)
        with TestClient(app, base_url=BASE):
            yield House(settings, held, app, mine, theirs)


def routes(app: FastAPI) -> list[tuple[str, str, APIRoute]]:
    """(method, path, route) of everything the application answers."""
    found = [
        (method, route.path_format, route)
        for route in every(app.routes)
        for method in sorted(route.methods or ())
        if f"{method} {route.path_format}" not in ENDING
    ]
    assert len(found) > 60
    return found


def every(known: Sequence[BaseRoute]) -> Iterator[APIRoute]:
    """The routes of an application, those of the rooms it includes among them."""
    for route in known:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from every(inner.routes)
        elif isinstance(route, APIRoute):
            yield route


def parameters(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def filled(path: str, ids: dict[str, list[str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The path with ids in it: those of the kind its parameter is named for, of an unknown name those of every kind."""
    everything = [found[0] for found in ids.values() if found]
    choices = [ids.get(name) if name in ids else everything for name in parameters(path)]
    for chosen in itertools.product(*(choice or [NOBODYS] for choice in choices)):
        made = path
        for name, value in zip(parameters(path), chosen, strict=True):
            made = made.replace("{" + name + "}", value)
        yield made, chosen


def said(answer: Any, sent: tuple[str, ...] = ()) -> bytes:
    """Everything an answer says, less what was said to it."""
    text = answer.content + json.dumps(dict(answer.headers)).encode()
    for one in sorted(sent, key=len, reverse=True):
        for written in (one, one.lower(), quote(one, safe=""), quote(one), quote_plus(one), html.escape(one)):
            text = text.replace(written.encode(), b"")
    return bytes(text)


OPEN = ("/api/health", "/api/ready", "/api/openapi.json", "/api/personas", "/sign-in", "/entities")
"""Asked without any entity; two of them in a test of their own."""
QUERIES = {"quantity": "5", "by": "2030-01-01", "q": "What is the dock"}
HOW: tuple[dict[str, str], ...] = (
    {},
    {"Accept": "text/event-stream"},
    {"Accept": "text/html", "HX-Request": "true"},
    {"Accept": "text/html"},
)


def test_nothing_that_is_read_at_any_route_holds_a_mark_of_the_other_company(house: House):
    seen, mine_seen = 0, 0
    for me, them in ((house.mine, house.theirs), (house.theirs, house.mine)):
        client, ids = house.client(me.user, me.id), house.ids(me)
        for method, path, _ in routes(house.app):
            if method != "GET":
                continue
            for (made, _), headers in itertools.product(filled(path, ids), HOW):
                answer = client.get(made, params=QUERIES, headers=headers)
                assert answer.status_code < 500, (made, answer.text[:300])
                assert not leaks(said(answer), [them.mark]), (made, headers, leaks(said(answer), [them.mark])[:3])
                seen += 1
                mine_seen += bool(leaks(answer.content, [me.mark]))
        waiting = next(one.id for one in house.installation.application(me.id).runs() if one.state is RunState.WAITING)
        for path in ("/api/runs/{}", "/api/runs/{}/report", "/api/runs/{}/events", "/runs/{}", "/runs/{}/replay"):
            answer = client.get(path.format(waiting), headers={"Accept": "text/html" if path[1] == "r" else "*/*"})
            assert answer.status_code == 200 and not leaks(said(answer), [them.mark]), path
    assert seen > 300 and mine_seen > 150, "the look sees what is there"


def test_an_id_of_the_other_company_is_answered_like_one_that_nobody_has_and_nothing_of_it_changes(house: House):
    client, ids = house.client(house.mine.user, house.mine.id), house.only_theirs()
    assert all(ids[kind] for kind in ("sku", "order", "case", "run", "approval", "conversation")), ids
    before = contents(house.settings, house.theirs)
    asked = 0
    for method, path, route in routes(house.app):
        key = f"{method} {path}"
        if not parameters(path):
            continue
        for made, chosen in filled(path, ids):
            nobodys = next(
                filled(path, {name: [_like(value)] for name, value in zip(parameters(path), chosen, strict=True)})
            )
            answers = [
                client.request(method, one, params=QUERIES if method == "GET" else None, **_body(key, route))
                for one in (made, nobodys[0])
            ]
            theirs, unknown = answers
            assert theirs.status_code == unknown.status_code, (key, made, theirs.status_code, unknown.status_code)
            refused = theirs.status_code in (403, 404, 422) or (
                theirs.status_code == 200 and key == "GET /api/ledger/{seq}"
            )
            assert refused or _says_nothing(theirs, unknown, chosen, nobodys[1]), (key, made, theirs.text[:300])
            assert not leaks(said(theirs, chosen), [house.theirs.mark]), (key, made)
            asked += 1
    assert asked > 30
    assert contents(house.settings, house.theirs) == before


def _like(value: str) -> str:
    """An id of the same form that nobody has."""
    counted = re.fullmatch(r"([CRAT]-|)\d+", value)
    return f"{counted[1]}99999" if counted else NOBODYS


def _says_nothing(theirs: Any, unknown: Any, sent: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two answers are the same but for the ids that were sent."""
    return said_plain(theirs, sent) == said_plain(unknown, other)


def said_plain(answer: Any, sent: tuple[str, ...]) -> str:
    text: str = answer.text
    for one in sent:
        text = text.replace(one, "ID")
    return re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.]+(Z|\+00:00)?", "TIME", text)


def _body(key: str, route: APIRoute) -> dict[str, Any]:
    if not key.startswith(("POST", "PUT", "PATCH", "DELETE")):
        return {}
    if key in BODIES:
        return {"json": BODIES[key]}
    return {"json": {}} if route.path_format.startswith("/api/") else {"data": {"reason": "no", "digest": "0" * 64}}


def test_a_query_that_names_what_the_other_company_has_finds_nothing_of_it(house: House):
    client, ids = house.client(house.mine.user, house.mine.id), house.only_theirs()
    words = [found[0] for found in ids.values() if found] + [
        house.theirs.mark,
        house.theirs.world.facts.customers[0].name,
    ]
    mine = house.ids(house.mine)
    for method, path, route in routes(house.app):
        names = [one.name for one in route.dependant.query_params]
        if method != "GET" or not names:
            continue
        made, _ = next(filled(path, mine))
        for name, word in itertools.product(names, words):
            answer = client.get(made, params={**QUERIES, name: word})
            assert answer.status_code < 500, (made, name, word, answer.text[:200])
            assert not leaks(said(answer, (word,)), [house.theirs.mark]), (made, name, word)


@pytest.mark.parametrize("how", ["header", "query"])
def test_naming_the_other_company_is_answered_like_naming_none_there_is(house: House, how: str):
    client = house.client(house.mine.user, house.mine.id)
    before = contents(house.settings, house.theirs)
    for method, path, _ in routes(house.app):
        if path in OPEN:
            continue
        made, _ = next(filled(path, house.ids(house.theirs)))
        answers = []
        for entity in (house.theirs.id, f"{NOBODYS}-GmbH"):
            given = (
                {"headers": {"X-Quartermaster-Entity": entity}} if how == "header" else {"params": {"entity": entity}}
            )
            answers.append(client.request(method, made, **given))  # type: ignore[arg-type]
        assert answers[0].status_code == answers[1].status_code == 404, (method, made, answers[0].text[:200])
        assert not leaks(said(answers[0], (house.theirs.id, made)), [house.theirs.mark])
    assert contents(house.settings, house.theirs) == before


def test_nobody_moves_to_or_signs_in_at_a_company_where_they_have_no_grant(house: House):
    client = house.client(house.mine.user, house.mine.id)
    for entity in (house.theirs.id, f"{NOBODYS}-GmbH"):
        assert client.put("/api/session/entity", json={"entity": entity}).status_code == 404
        assert client.post("/entities", data={"entity": entity}).status_code == 404
        assert client.post("/api/session", json={"user": house.mine.user, "entity": entity}).status_code == 404
    stolen = house.cookies[house.mine.user].partition(".")[2]
    client.headers["Cookie"] = f"{COOKIE}={house.theirs.id}.{stolen}"
    assert client.get("/api/session").status_code == 401


def test_somebody_of_both_says_where_they_are_and_moves_with_a_new_session(house: House):
    client = TestClient(house.app, base_url=BASE, raise_server_exceptions=False, follow_redirects=False)
    unsaid = client.post("/api/session", json={"user": "consultant"})
    assert unsaid.status_code == 422 and unsaid.json()["code"] == "entity_needed"
    assert client.post("/api/session", json={"user": "consultant", "entity": house.mine.id}).status_code == 201
    first = client.cookies[COOKIE]
    listed = client.get("/api/entities").json()
    assert [(one["id"], one["here"]) for one in listed] == [(house.mine.id, True), (house.theirs.id, False)]
    assert not leaks(client.get("/api/orders").content, [house.theirs.mark])
    assert client.put("/api/session/entity", json={"entity": house.theirs.id}).status_code == 200
    assert not leaks(client.get("/api/orders").content, [house.mine.mark])
    client.cookies.clear()
    assert client.get("/api/orders", headers={"Cookie": f"{COOKIE}={first}"}).status_code == 401


def test_an_answer_in_words_holds_nothing_of_the_other_company_whatever_is_asked(house: House):
    application = house.installation.application(house.mine.id)
    facts = house.theirs.world.facts
    subjects = [
        house.theirs.world.hot,
        facts.orders[0].id,
        facts.customers[0].name,
        facts.sites[0].id,
        house.theirs.user,
    ]
    for word in subjects:
        for question in (
            f"Who holds the stock of {word}?",
            f"Why does {word} lose?",
            f"What about {word}, how early does the dock open?",
        ):
            run = application.say(question, house.mine.user).run
            application._parts.progress.talk()
            report = application.report(run).model_dump_json()
            assert not leaks(report.replace(word, "").encode(), [house.theirs.mark]), (question, report[:500])


STAYING = {"serve", "worker", "demo", "import", "evals"}
"""Commands that stay, or make a world: not asked here."""
GIVEN = {
    "approval": "A-1",
    "run": "R-1",
    "question": "dock hours",
    "change": "a1=1",
    "user": "nobody-known",
    "seq": "1",
}


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with the words that call it."""
    inner = getattr(command, "commands", None)
    if inner is not None:
        for name in sorted(inner):
            yield from leaves(inner[name], (*path, name))
    elif path[0] not in STAYING:
        yield path, command


def words_for(command: Any, event: Path) -> list[str]:
    """What a command must be given, by the name of its argument."""
    words: list[str] = []
    for one in command.params:
        given = str(event) if one.name == "file" else GIVEN.get(one.name or "", "1")
        if one.param_type_name == "argument" and (one.required or one.name == "run"):
            words.append(given)
        elif one.param_type_name == "option" and one.required:
            words += [one.opts[0], given]
    return words


def test_no_command_says_anything_of_the_other_company_or_does_anything_there(untouched: House, tmp_path: Path):
    told = untouched.settings
    environment = {"QUARTERMASTER_ENTITIES": str(told.entities), "QUARTERMASTER_PEOPLE": str(told.people)}
    event = tmp_path / "event.json"
    event.write_text(untouched.mine.world.events[0].model_dump_json(), encoding="utf-8")
    before = contents(told, untouched.theirs)
    commands = list(leaves(typer.main.get_command(cli)))
    assert len(commands) > 15
    for path, command in commands:
        words = [*path, *words_for(command, event), *(["--once"] if path == ("triage",) else [])]
        mine = quartermaster(told.home, "--as", untouched.mine.user, *words, **environment)
        assert not leaks((mine.out + mine.err).encode(), [untouched.theirs.mark]), words
        answers = []
        for entity in (untouched.theirs.id, f"{NOBODYS}-GmbH"):
            named = quartermaster(told.home, "--as", untouched.mine.user, "--entity", entity, *words, **environment)
            assert not leaks((named.out + named.err).replace(entity, "").encode(), [untouched.theirs.mark]), words
            answers.append((named.code, (named.out + named.err).replace(entity, "")))
        assert answers[0] == answers[1] or path == ("people", "token"), (words, answers)
    assert contents(told, untouched.theirs) == before


def test_health_and_readiness_tell_of_all_and_name_none(house: House):
    client = TestClient(house.app, base_url=BASE)
    for path in ("/api/health", "/api/ready", "/api/personas", "/sign-in", "/api/openapi.json"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert not leaks(said(answer), [house.mine.mark, house.theirs.mark]), path
