"""The web door on the built-in world: in this process for most tests, on a real port where connections matter."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
import uvicorn
from starlette.testclient import TestClient

from agent.runtime.application import Application
from agent.runtime.installation import Installation
from api.http.app import create_app
from api.http.identity import COOKIE
from api.http.options import Options
from tests.agent.house import opened

BASE = "http://127.0.0.1:8000"
ROLES = ("planner", "lead", "finance", "warehouse_manager", "commercial", "operations", "auditor")


def one_of_each(folder: Path) -> Path:
    """A people file with one person for each role, named like it, and one without any."""
    rows = [f"  - {{id: {role}, name: {role}, email: {role}@example.com, roles: [{role}]}}" for role in ROLES]
    rows.append("  - {id: nobody, name: Nobody, email: nobody@example.com, roles: []}")
    path = folder / "people.yaml"
    path.write_text("\n".join(["people:", *rows, ""]), encoding="utf-8")
    return path


@contextmanager
def door(application: Application, options: Options | None = None, **more: Any) -> Iterator[TestClient]:
    """A client of the web application in this process; no worker runs unless asked for."""
    app = create_app(application, options or Options(), work=more.pop("work", False))
    with TestClient(app, base_url=BASE, raise_server_exceptions=False, **more) as client:
        yield client


def token_of(client: TestClient, user: str) -> dict[str, str]:
    """Sign somebody in; the cookie header that says so. The client itself stays nobody."""
    answer = client.post("/api/session", json={"user": user})
    assert answer.status_code == 201, answer.text
    token = answer.cookies[COOKIE]
    client.cookies.clear()
    return {"Cookie": f"{COOKIE}={token}"}


class Answer(Protocol):
    """What both clients call a response: the one in this process and the one over a connection."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Any: ...
    @property
    def text(self) -> str: ...
    def json(self) -> Any: ...


def problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The answer is this problem, as RFC 9457 has it."""
    assert answer.status_code == status, (answer.status_code, answer.text[:400])
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code and body["status"] == status and body["title"] and body["detail"], body
    assert body["type"] == f"urn:quartermaster:problem:{code}"
    assert "Traceback" not in answer.text
    return body


@dataclass(frozen=True)
class Served:
    """A real server: where it is, and the application behind it."""

    url: str
    app: Any
    server: uvicorn.Server

    @contextmanager
    def client(self, user: str | None = None) -> Iterator[httpx.Client]:
        """A client of its own connections, signed in as somebody."""
        with httpx.Client(base_url=self.url, timeout=20) as client:
            if user is not None:
                assert client.post("/api/session", json={"user": user}).status_code == 201
            yield client


@contextmanager
def served(
    application: Application | Installation, options: Options | None = None, *, work: bool = True
) -> Iterator[Served]:
    """The web application on an ephemeral port of this machine, with its worker."""
    app = create_app(application, options or Options(poll=0.02), work=work)
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="error", proxy_headers=False, timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Served(f"http://127.0.0.1:{port}", app, server)
    finally:
        app.state.broadcaster.close()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@dataclass
class Message:
    """One server-sent event."""

    id: str = ""
    event: str = "message"
    data: str = ""

    @property
    def json(self) -> Any:
        """Its data."""
        return json.loads(self.data)


def messages(lines: Iterator[str]) -> Iterator[Message]:
    """Server-sent events of a response, as a browser reads them; comments are left out."""
    now: Message | None = None
    for line in lines:
        if not line:
            if now is not None and now.data:
                yield now
            now = None
            continue
        name, _, value = line.partition(": ")
        if not name:
            continue
        now = now or Message()
        if name == "data":
            now.data += value
        elif name in ("id", "event"):
            setattr(now, name, value)


@contextmanager
def stream(client: httpx.Client, path: str, headers: Mapping[str, str] | None = None) -> Iterator[Iterator[Message]]:
    """The messages of an event stream, as they come."""
    with client.stream("GET", path, headers={"Accept": "text/event-stream", **(headers or {})}) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield messages(answer.iter_lines())


__all__ = ["BASE", "ROLES", "Served", "door", "opened", "problem", "served", "stream", "token_of"]
