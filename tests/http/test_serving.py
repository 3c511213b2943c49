"""`quartermaster serve`: a world on first use, an address on stderr, an orderly end, and a start where it was."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import httpx
import pytest

from api.cli.exits import DOWN, FAILED, OK
from tests.acceptance.door import process, quartermaster
from tests.http.house import stream


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def serving(home: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """The command in a process of its own, ready to answer; killed at the end when it still runs."""
    running = process(home, "serve", "--port", port)
    assert running.stderr is not None
    try:
        said = list(takewhile(lambda line: "listens on" not in line, running.stderr))
        assert running.poll() is None, said
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, transport=transport) as client:
            yield running, client
    finally:
        running.kill()
        running.communicate()


@pytest.mark.real
def test_it_serves_a_world_with_something_to_decide_ends_in_order_and_goes_on_where_it_was(tmp_path: Path):
    home, port = tmp_path / "home", free_port()
    with serving(home, port) as (running, client):
        assert client.post("/api/session", json={"user": "lena"}).status_code == 201
        assert client.get("/api/ready").json() == {"ready": True, "database": True, "worker": True}
        with stream(client, "/api/runs/R-1/events") as heard:
            assert any(message.json["kind"] == "plan" for message in heard)
        with stream(client, "/api/runs/R-1/events") as heard:
            next(heard)
            running.send_signal(signal.SIGTERM)
            assert all(message.event != "end" for message in heard)
        out, err = running.communicate(timeout=60)
        assert (running.returncode, out, err) == (OK, "", "")
    with serving(home, port) as (running, again):
        again.cookies = client.cookies
        assert again.get("/api/session").json()["id"] == "lena", "a restart keeps who is signed in"
        entries = again.get("/api/ledger?limit=200").json()["entries"]
        times = [entry["entry"]["at"] for entry in entries]
        assert times == sorted(times) and again.get("/api/ledger/verification").json()["ok"]
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == OK


def test_it_refuses_personas_where_others_can_reach_them_and_makes_nothing(tmp_path: Path):
    quartermaster(tmp_path / "home", "serve", "--host", "0.0.0.0").refused(FAILED, "--host", "demo personas")
    assert not (tmp_path / "home").exists()


def test_live_mode_without_a_proxy_says_what_is_missing(tmp_path: Path):
    said = quartermaster(tmp_path / "home", "serve", QUARTERMASTER_MODE="live")
    said.refused(FAILED, "QUARTERMASTER_PROXY_USER_HEADER")


def test_a_port_that_is_taken_is_said(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = process(tmp_path / "home", "serve", "--port", port)
        _, err = running.communicate(timeout=120)
    assert running.returncode == DOWN and "--port" in err and "Traceback" not in err
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str):
    assert quartermaster(tmp_path / "home", "serve", "--port", port).code == 2
