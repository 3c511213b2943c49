"""Fifty readers and ten writers for thirty seconds on the embedded default: no event lost, and memory stays level.

The server is a process of its own (`quartermaster serve`), so that its memory is its own. Readers follow runs as they
are admitted, break off and come back with `Last-Event-ID`; at the end each has every event of every run it followed, in
order, once. Writers ask questions; what is done for them is what is streamed.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest

from tests.http.test_serving import free_port, serving

READERS, WRITERS, SECONDS, WARM = 50, 10, 30.0, 10.0
QUESTIONS = ("who holds {sku}?", "what can be promised of {sku}?", "who should get {sku}?", "why is {sku} short?")


@dataclass
class Soak:
    """What happened so far."""

    runs: list[str] = field(default_factory=list)
    asked: int = 0
    broken_off: int = 0
    read: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    last: dict[tuple[int, str], int] = field(default_factory=dict)
    memory: list[tuple[float, int]] = field(default_factory=list)


async def write(client: httpx.AsyncClient, soak: Soak, number: int, skus: list[str], until: float) -> None:
    """Ask, one question after the other, while there is time."""
    while time.monotonic() < until:
        text = QUESTIONS[soak.asked % len(QUESTIONS)].format(sku=skus[(soak.asked + number) % len(skus)])
        soak.asked += 1
        answer = await client.post("/api/runs", json={"question": text})
        assert answer.status_code == 202, answer.text
        soak.runs.append(answer.json()["run"])
        await asyncio.sleep(0.5)


async def read(client: httpx.AsyncClient, soak: Soak, reader: int, until: float) -> None:
    """Follow the newest run, one after the other; every third time break off once in the middle and come back."""
    count = 0
    while time.monotonic() < until:
        if not soak.runs:
            await asyncio.sleep(0.05)
            continue
        run = soak.runs[-1 - (reader % min(len(soak.runs), 5))]
        if (reader, run) in soak.last:
            await asyncio.sleep(0.1)
            continue
        count += 1
        await follow(client, soak, reader, run, break_off=count % 3 == 0)


async def follow(client: httpx.AsyncClient, soak: Soak, reader: int, run: str, *, break_off: bool) -> None:
    """Read a run to its end, as a browser would."""
    seen = soak.read.setdefault((reader, run), [])
    while True:
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": str(seen[-1])} if seen else {})
        async with client.stream("GET", f"/api/runs/{run}/events", headers=headers) as answer:
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                if not line.startswith("id: "):
                    continue
                place = line[4:]
                if place.endswith(".end"):
                    soak.last[reader, run] = int(place[:-4])
                    return
                seen.append(int(place))
                if break_off and len(seen) >= 2:
                    break_off = False
                    soak.broken_off += 1
                    break


async def weigh(process: psutil.Process, soak: Soak, until: float) -> None:
    """Note what the server holds, every half second."""
    start = time.monotonic()
    while time.monotonic() < until:
        soak.memory.append((time.monotonic() - start, process.memory_info().rss))
        await asyncio.sleep(0.5)


async def soaked(url: str, cookie: dict[str, str], process: psutil.Process) -> Soak:
    soak = Soak()
    limits = httpx.Limits(max_connections=READERS + WRITERS + 5, max_keepalive_connections=READERS + WRITERS + 5)
    async with httpx.AsyncClient(base_url=url, headers=cookie, timeout=120, limits=limits) as client:
        skus = [row["sku"] for row in (await client.get("/api/skus")).json()["items"]]
        until = time.monotonic() + SECONDS
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(weigh(process, soak, until))
            for number in range(WRITERS):
                tasks.create_task(write(client, soak, number, skus, until))
            for reader in range(READERS):
                tasks.create_task(read(client, soak, reader, until))
        for run in soak.runs:  # what was asked last is answered too
            await follow(client, soak, -1, run, break_off=False)
    return soak


@pytest.mark.real
def test_fifty_readers_and_ten_writers_lose_no_event_and_memory_stays_level(tmp_path: Path):
    port = free_port()
    with serving(tmp_path / "home", port) as (running, client):
        assert client.post("/api/session", json={"user": "lena"}).status_code == 201
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
        soak = asyncio.run(soaked(str(client.base_url), cookie, psutil.Process(running.pid)))
        truth = {run: client.get(f"/api/runs/{run}/events", params={"limit": 1000}).json() for run in soak.runs}
    warm = max(rss for at, rss in soak.memory if at <= WARM)
    later = max(rss for at, rss in soak.memory if at > WARM)
    growth = later / warm - 1
    events = sum(len(seen) for seen in soak.read.values())
    print(
        f"\n{soak.asked} questions by {WRITERS} writers, {len(soak.last)} streams read to their end by {READERS} "
        f"readers ({soak.broken_off} broken off and taken up again), {events} events heard; memory "
        f"{warm / 2**20:.1f} MiB after {WARM:.0f} s, at most {later / 2**20:.1f} MiB later: {growth:+.1%}"
    )
    assert soak.asked >= 50 and len(soak.last) >= READERS and soak.broken_off
    for (reader, run), seen in soak.read.items():
        whole = [event["seq"] for event in truth[run]["events"]]
        assert seen == whole == list(range(1, len(whole) + 1)), (reader, run)
        assert truth[run]["over"] and soak.last[reader, run] == len(whole)
    assert growth < 0.05
