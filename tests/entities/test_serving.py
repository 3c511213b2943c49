"""`quartermaster serve` with two legal entities: one door, a worker process for each, and an orderly end of all."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import httpx
import pytest

from tests.acceptance.door import SCRIPT, outside_of_us
from tests.http.test_serving import free_port

PEOPLE = """people:
  - {id: anna, name: Anna, email: anna@example.com, grants: [{role: operations, entities: [north]}]}
  - {id: bert, name: Bert, email: bert@example.com, grants: [{role: operations, entities: [south]}]}
"""


def until(true: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def children(parent: int) -> list[int]:
    said = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in said.stdout.split()]


def alive(pid: int) -> bool:
    path = Path(f"/proc/{pid}/stat")
    return path.exists() and path.read_text().split()[2] != "Z"


@pytest.mark.real
def test_two_entities_behind_one_door_are_worked_for_by_a_process_each(tmp_path: Path):
    (tmp_path / "people.yaml").write_text(PEOPLE)
    (tmp_path / "entities.yaml").write_text("entities:\n  - {id: north, name: Norden}\n  - {id: south, name: Sur}\n")
    environment = {
        **outside_of_us(),
        "QUARTERMASTER_ENTITIES": str(tmp_path / "entities.yaml"),
        "QUARTERMASTER_PEOPLE": str(tmp_path / "people.yaml"),
    }
    port = free_port()
    command = [str(SCRIPT), "--home", str(tmp_path / "home"), "serve", "--port", str(port)]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    workers: list[int] = []
    try:
        said = list(takewhile(lambda line: "listens on" not in line, running.stderr))
        assert running.poll() is None, said
        for user in ("anna", "bert"):
            with httpx.Client(
                base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=8), timeout=60
            ) as client:
                assert client.post("/api/session", json={"user": user}).status_code == 201
                until(lambda c=client: c.get("/api/ready").json()["ready"])  # type: ignore[misc]
                until(lambda c=client: c.get("/api/runs/R-1").json()["state"] in ("waiting", "done"))  # type: ignore[misc]
                asked = client.post("/api/runs", json={"question": "what waits?"}).json()["run"]
                until(lambda c=client, run=asked: c.get(f"/api/runs/{run}").json()["state"] == "done")  # type: ignore[misc]
        workers = children(running.pid)
        assert len(workers) == 2
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
        until(lambda: not any(map(alive, workers)), 20)
        assert running.returncode == 0
    finally:
        running.kill()
        for pid in filter(alive, workers):
            os.kill(pid, signal.SIGKILL)
