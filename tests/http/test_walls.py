"""What must not come through the door: foreign sites, foreign names, large bodies, scripts; and how refusals look."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.runtime.application import Application
from agent.runtime.browse import Browse
from api.http.options import Options
from domain.errors import DependencyDown, StorageFailed
from tests.http.house import BASE, door, opened, problem, token_of

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def application(fresh_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    with opened(Path(shutil.copytree(fresh_once, tmp_path_factory.mktemp("walls") / "home"))) as application:
        yield application


@pytest.fixture(scope="module")
def client(application: Application) -> Iterator[TestClient]:
    with door(application) as client:
        yield client


@pytest.fixture(scope="module")
def mine(client: TestClient) -> dict[str, str]:
    return token_of(client, "lena")


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Origin": "http://127.0.0.1:8001"},
    {"Origin": "http://127.0.0.1.evil.example:8000"},
    {"Origin": "http://evil.example/127.0.0.1:8000"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": BASE},
    {"Sec-Fetch-Site": "surprise"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/runs", {"question": "what is short?"}),
        ("POST", "/api/session", {"user": "paula"}),
        ("DELETE", "/api/session", None),
        ("POST", "/api/approvals/A-1/approve", {"digest": "0" * 64}),
        ("PUT", "/api/nowhere", {}),
    ],
)
def test_another_site_changes_nothing_here(
    client: TestClient, mine: dict[str, str], headers: dict[str, str], method: str, path: str, body: Any
):
    said = problem(client.request(method, path, json=body, headers={**mine, **headers}), 403, "not_allowed")
    assert said["field"] == "Origin"


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": BASE}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_our_own_pages_and_programs_may(client: TestClient, mine: dict[str, str], headers: dict[str, str]):
    answer = client.post("/api/runs", json={"question": "what is short?"}, headers={**mine, **headers})
    assert answer.status_code == 202


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil", "[::1", "", "10.0.0.1"]
)
def test_a_name_that_was_made_to_lead_here_reaches_nothing_in_the_demo(client: TestClient, host: str):
    for method, path in (("GET", "/api/personas"), ("POST", "/api/session"), ("GET", "/api/health")):
        problem(client.request(method, path, json={"user": "paula"}, headers={"Host": host}), 403, "not_allowed")


@pytest.mark.parametrize("path", ["/api/health", "/api/cases", "/api/nowhere", "/", "/embed", "/embedded/panel"])
def test_no_page_of_ours_stands_in_a_frame(client: TestClient, mine: dict[str, str], path: str):
    for headers in ({}, mine):
        answer = client.get(path, headers=headers)
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy and answer.headers["x-frame-options"] == "DENY"
        assert "default-src 'self'" in policy and "unsafe-" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


def test_only_the_embedded_panel_may_be_framed_and_only_by_whom_the_settings_name(application: Application):
    options = Options(ancestors=("https://erp.example.com",))
    with door(application, options) as client:
        framed = client.get("/embed/panel").headers
        assert "frame-ancestors https://erp.example.com" in framed["content-security-policy"]
        assert "x-frame-options" not in framed
        assert "frame-ancestors 'none'" in client.get("/api/health").headers["content-security-policy"]
    with door(application) as client:
        assert "frame-ancestors 'none'" in client.get("/embed/panel").headers["content-security-policy"]


def test_a_body_that_is_too_large_is_refused_before_anybody_reads_it(client: TestClient, mine: dict[str, str]):
    large = json.dumps({"question": "x" * 1_000_001})
    problem(client.post("/api/runs", content=large, headers=mine), 413, "too_large")


def test_a_body_that_does_not_say_how_large_it_is_is_counted(client: TestClient, mine: dict[str, str]):
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 50_000

    problem(client.post("/api/runs", content=endless(), headers=mine), 413, "too_large")


@pytest.mark.parametrize("path", ["/api/skus/%00", "/api/conversations/a%00b", "/api/orders?q=%00", "/%00"])
def test_the_character_nul_is_in_no_address(client: TestClient, mine: dict[str, str], path: str):
    problem(client.get(path, headers=mine), 422, "bad_input")


def test_the_character_nul_is_in_no_form_and_its_letters_are_only_letters(client: TestClient, mine: dict[str, str]):
    form = {**mine, "Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"system=nowhere&reason=a%00b", b"system=nowhere&reason=a\x00b"):
        assert problem(client.post("/stops", content=body, headers=form), 422, "bad_input")["field"] == "body"
    typed = client.post("/stops", content=b"system=nowhere%2500", headers=form)
    assert typed.status_code == 422 and "nowhere%00" in typed.text


@pytest.mark.parametrize("length", ["9" * 20, "9" * 5000])
def test_a_length_beyond_reason_is_too_large(client: TestClient, mine: dict[str, str], length: str):
    answer = client.post("/api/runs", content=b"{}", headers={**mine, "Content-Length": length})
    problem(answer, 413, "too_large")


def test_a_question_at_the_limit_is_asked_and_one_above_is_not(client: TestClient, mine: dict[str, str]):
    assert client.post("/api/runs", json={"question": "x" * 4000}, headers=mine).status_code == 202
    problem(client.post("/api/runs", json={"question": "x" * 4001}, headers=mine), 422, "bad_input")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"question": null}',
        b'{"question": ""}',
        b'{"question": "a\\u0000b"}',
        b'{"question": "a\\\\\\u0000b"}',
        b'{"question": "\\ud800"}',
        b'{"question": "x", "admin": true}',
        b'{"question": ["x"]}',
        b'{"question": NaN}',
    ],
    ids=lambda body: str(body[:24]),
)
def test_a_body_that_makes_no_sense_is_a_problem_with_a_field(client: TestClient, mine: dict[str, str], body: bytes):
    answer = client.post("/api/runs", content=body, headers={**mine, "Content-Type": "application/json"})
    assert problem(answer, 422, "bad_input")["field"]


def test_the_letters_of_an_escape_are_only_letters(client: TestClient, mine: dict[str, str]):
    question = "what does \\u0000 mean?"
    asked = client.post("/api/runs", json={"question": question}, headers=mine).json()
    assert client.get(f"/api/runs/{asked['run']}", headers=mine).json()["question"] == question


def test_a_body_nested_beyond_reason_is_a_problem_and_not_an_accident(client: TestClient, mine: dict[str, str]):
    answer = client.post("/api/runs", content=b"[" * 100_000, headers={**mine, "Content-Type": "application/json"})
    problem(answer, 400, "http_400")


def test_scripts_in_what_people_write_are_only_text_in_json(
    client: TestClient, mine: dict[str, str], application: Application
):
    asked = client.post("/api/runs", json={"question": SCRIPT}, headers=mine).json()
    application.settle()
    for path in (asked["report"], asked["events"], "/api/runs", "/api/cases?questions=true", f"/api/runs/{SCRIPT}"):
        answer = client.get(path, headers=mine)
        assert answer.headers["content-type"] in ("application/json", "application/problem+json")
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get(f"/api/runs/{asked['run']}", headers=mine).json()["question"] == SCRIPT


def test_problems_have_one_shape(client: TestClient, mine: dict[str, str]):
    problem(client.get("/api/nowhere", headers=mine), 404, "http_404")
    problem(client.put("/api/cases", headers=mine), 405, "http_405")
    problem(client.get("/api/cases"), 401, "sign_in_needed")
    said = problem(client.get("/api/skus/NO-SUCH/atp", headers=mine), 404, "unknown_reference")
    assert said["field"] == "sku" and said["fix"]
    said = problem(client.get("/api/skus/%20/atp", headers=mine), 422, "bad_input")
    assert said["field"] == "sku" and said["errors"][0]["field"] == "sku"
    problem(client.get("/api/cases?after=C-999", headers=mine), 422, "bad_input")
    problem(client.get("/api/cases?limit=0", headers=mine), 422, "bad_input")


def test_an_error_nobody_foresaw_says_nothing_of_what_broke(
    client: TestClient, mine: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    def broken(self: Browse) -> None:
        raise RuntimeError("postgresql://us:hunter2@db/quartermaster")

    monkeypatch.setattr(Browse, "facts", broken)
    answer = client.get("/api/skus", headers=mine)
    problem(answer, 500, "error")
    assert "hunter2" not in answer.text and "RuntimeError" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("error", [DependencyDown("the ERP is silent"), StorageFailed("the database is locked")])
def test_what_is_down_for_now_says_when_to_come_back(
    client: TestClient, mine: dict[str, str], monkeypatch: pytest.MonkeyPatch, error: Exception
):
    def down(self: Browse) -> None:
        raise error

    monkeypatch.setattr(Browse, "facts", down)
    answer = client.get("/api/skus", headers=mine)
    assert answer.status_code == 503 and answer.headers["retry-after"] == "2"
