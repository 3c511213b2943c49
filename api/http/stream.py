"""Run-event streams: one look at the database serves everybody who watches, from wherever each of them left off.

Readers hold no place in the database and stop nothing by leaving. The run may be driven by any process: what counts is
its rows. Events of a run are numbered from 1 without gaps, so a place in the list is a place in the run.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool

from agent.runtime.browse import Seen
from domain.errors import QuartermasterError, UnknownReference
from storage.records import RunEvent, RunState

Look = Callable[[Mapping[str, int]], Mapping[str, Seen]]


@dataclass(frozen=True)
class Silence:
    """Nothing was said for a while; the run lives."""


@dataclass(frozen=True)
class Ended:
    """The run has ended and says nothing more; `last` is the number of its last event."""

    run: str
    state: RunState
    last: int


Heard = RunEvent | Silence | Ended


@dataclass
class _Watched:
    """A run that somebody watches: everything it said so far, and how it stands."""

    events: list[RunEvent] = field(default_factory=list)
    readers: int = 0
    known: bool = False
    missing: bool = False
    ended: RunState | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        """Wake whoever waits; the next to wait waits for the next news."""
        news, self.news = self.news, asyncio.Event()
        news.set()


class Broadcaster:
    """Tells readers what the runs they watch say. `look` is asked every `poll` seconds while anybody watches."""

    def __init__(self, look: Look, *, poll: float = 0.25, heartbeat: float = 15.0) -> None:
        self._look = look
        self._poll = poll
        self._heartbeat = heartbeat
        self._watched: dict[str, _Watched] = {}
        self._task: asyncio.Task[None] | None = None
        self._hurry: asyncio.Event | None = None
        self._closed = False
        self.looks = 0
        """How often the database was asked."""

    @property
    def readers(self) -> int:
        """How many watch now."""
        return sum(watched.readers for watched in self._watched.values())

    async def watch(self, run: str, after: int = 0) -> AsyncIterator[Heard]:
        """What a run says after a place: first what it said already, then as it is said, and `Ended` as the last.

        `Silence` now and then when nothing is said. Raises UnknownReference when there is no such run.
        """
        watched = self._watched.setdefault(run, _Watched())
        watched.readers += 1
        self._begin()
        try:
            place = after
            while not self._closed:
                news = watched.news
                while place < len(watched.events):
                    yield watched.events[place]
                    place += 1
                if watched.missing:
                    raise UnknownReference(f"there is no run '{run[:80]}'", field="run", fix="list the runs")
                if watched.ended is not None:
                    yield Ended(run, watched.ended, len(watched.events))
                    return
                if news is watched.news and not await _heard(news, self._heartbeat):
                    yield Silence()
        finally:
            watched.readers -= 1
            if not watched.readers and self._watched.get(run) is watched:
                del self._watched[run]

    def close(self) -> None:
        """Let every reader go, without the end of its run; they come back to the next process with their place."""
        self._closed = True
        for watched in self._watched.values():
            watched.tell()
        if self._hurry is not None:
            self._hurry.set()

    def _begin(self) -> None:
        """Look at once for a new reader; begin to look when nobody did."""
        if self._task is None or self._task.done():
            self._hurry = asyncio.Event()
            self._task = asyncio.create_task(self._keep_looking(self._hurry))
        elif self._hurry is not None:
            self._hurry.set()

    async def _keep_looking(self, hurry: asyncio.Event) -> None:
        while self._watched and not self._closed:
            hurry.clear()
            after = {
                run: len(one.events) for run, one in self._watched.items() if one.ended is None and not one.missing
            }
            if after:
                try:
                    self.looks += 1
                    self._take(after, await run_in_threadpool(self._look, after))
                except QuartermasterError as error:
                    # The database is away for a moment; readers hear silence until it is back.
                    logging.getLogger("quartermaster.stream").warning("cannot look: %s", error)
            await _heard(hurry, self._poll)

    def _take(self, asked: Mapping[str, int], seen: Mapping[str, Seen]) -> None:
        for run in asked:
            watched = self._watched.get(run)
            if watched is None or len(watched.events) != asked[run]:
                continue  # everybody left, or left and came back, while we looked: it is looked at anew
            found = seen.get(run)
            if found is None:
                watched.missing = True
            else:
                watched.events += found.events
                watched.ended = found.state if found.over else None
            if found is None or found.events or found.over:
                watched.tell()


class Broadcasters:
    """One broadcaster for each legal entity: a run is looked for where its reader may look, and nowhere else."""

    def __init__(self, make: Callable[[str], Broadcaster]) -> None:
        self._make = make
        self._made: dict[str, Broadcaster] = {}

    def of(self, entity: str) -> Broadcaster:
        """The broadcaster of an entity."""
        if entity not in self._made:
            self._made[entity] = self._make(entity)
        return self._made[entity]

    @property
    def readers(self) -> int:
        """How many watch now."""
        return sum(one.readers for one in self._made.values())

    @property
    def looks(self) -> int:
        """How often databases were asked."""
        return sum(one.looks for one in self._made.values())

    def close(self) -> None:
        """Let every reader go."""
        for one in tuple(self._made.values()):
            one.close()


async def _heard(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, at most so long; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def while_there(heard: AsyncIterator[Heard], there: Callable[[], bool]) -> AsyncIterator[Heard]:
    """What is heard, as long as its reader may hear it: before each word it is asked whether they are still there."""
    async for item in heard:
        if not await run_in_threadpool(there):
            return
        yield item


async def as_sse(heard: AsyncIterator[Heard]) -> AsyncIterator[bytes]:
    """What is heard as server-sent events: `id` is the place, `data` the event as JSON, the last has `event: end`.

    The end has an id too (`7.end` after event 7), so that a reader who saw it is told not to come back.
    """
    yield b"retry: 1000\n\n"
    async for item in heard:
        if isinstance(item, Silence):
            yield b": alive\n\n"
        elif isinstance(item, Ended):
            data = json.dumps({"run": item.run, "state": item.state.value, "last": item.last}, separators=(",", ":"))
            yield format_sse_event(event="end", id=f"{item.last}.end", data_str=data)
        else:
            yield format_sse_event(id=str(item.seq), data_str=event_json(item))


def event_json(event: RunEvent) -> str:
    """One event as a line of JSON; its body is JSON already."""
    head = {"run": event.run, "seq": event.seq, "at": event.at.isoformat(), "kind": event.kind}
    return json.dumps(head, separators=(",", ":"))[:-1] + ',"body":' + event.body + "}"
