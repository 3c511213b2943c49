"""The relay: one thread that turns rows into Slack messages. What is in the tables and not in Slack is done next."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from datetime import date

from agent.runtime.application import Application
from api.slack.answering import Answering
from api.slack.calls import Calls, SlackRefused
from api.slack.noting import Noting
from api.slack.posting import Posting
from domain.errors import DependencyDown, StorageFailed

EVERY = 1.0
"""Seconds between two looks when nobody wakes us: decisions made through other doors are seen that late."""
BACK_OFF = 5.0
"""Seconds after trouble with Slack or a database."""

log = logging.getLogger("quartermaster.slack")


class Relay:
    """Start it with the process and stop it with it. Of several processes one speaks; the others stand by."""

    def __init__(self, application: Application, *, every: float = EVERY, pace: float = 1.0) -> None:
        self._application = application
        self._every = every
        self._pace = pace
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken: asyncio.Event | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._tidied: date | None = None

    def start(self) -> None:
        """Begin."""
        self._stopped.clear()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="slack", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and let another process speak. What is under way is taken up by whoever comes next."""
        self._stopped.set()
        self.wake()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def wake(self) -> None:
        """Have the relay look at once; from any thread."""
        if self._loop is not None and self._woken is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def _run(self) -> None:
        self._loop, self._woken = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with Calls(self._application.settings) as calls:
                await self._rounds(calls)
        finally:
            await asyncio.to_thread(self._step_down)

    async def _rounds(self, calls: Calls) -> None:
        """Look, begin what is to be done, and look again; nothing that waits for Slack holds up the rest."""
        assert self._woken is not None
        posting = Posting(self._application, calls, self._application.settings.slack_channel)
        noting = Noting(self._application, calls)
        answering = Answering(self._application, calls, self._pace)
        cards: asyncio.Task[object] | None = None
        try:
            while not self._stopped.is_set():
                self._woken.clear()
                wait = self._every
                try:
                    if await asyncio.to_thread(self._application.slack.lead):
                        await answering.begin()
                        if cards is None or cards.done():
                            cards = asyncio.create_task(_guarded(posting, noting))
                        await self._tidy()
                except Exception as trouble:  # noqa: BLE001 - the relay goes on; what broke is in the log
                    _note(trouble)
                    wait = max(wait, min(BACK_OFF, 5 * self._every))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), wait)
        finally:
            await answering.stop()
            if cards is not None:
                cards.cancel()
                await asyncio.gather(cards, return_exceptions=True)

    async def _tidy(self) -> None:
        """Once a day, forget what was answered long ago."""
        today = self._application.now.date()
        if self._tidied != today:
            await asyncio.to_thread(self._application.slack.forget)
            self._tidied = today

    def _step_down(self) -> None:
        try:
            self._application.slack.step_down()
        except StorageFailed as away:
            log.warning("the lease of the Slack relay ends by itself: %s", away)


async def _guarded(posting: Posting, noting: Noting) -> None:
    try:
        await posting.once()
        await noting.once()
    except Exception as trouble:  # noqa: BLE001 - the same
        _note(trouble)


def _note(trouble: Exception) -> None:
    if isinstance(trouble, DependencyDown | StorageFailed | SlackRefused):
        log.warning("the Slack relay waits: %s", trouble)
    else:
        log.error("the Slack relay met what it does not know; it goes on", exc_info=trouble)
