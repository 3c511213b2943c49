"""The relay: one thread that turns rows into Slack messages. What is in the tables and not in Slack is done next."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import date

from agent.runtime.application import Application
from api.slack.calls import Calls, SlackRefused
from api.slack.deciding import in_words
from api.slack.following import Following
from api.slack.identity import STRANGER, Identity
from api.slack.patience import Patience
from api.slack.posting import Posting
from api.slack.telling import tell
from domain.errors import Conflict, DependencyDown, QuartermasterError, StorageFailed
from storage.records import SlackEvent, SlackEventState

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
        self._following: dict[str, asyncio.Task[None]] = {}
        self._patience = Patience()
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
                identity = Identity(calls, lambda: self._application.people)
                posting = Posting(self._application, calls, self._application.settings.slack_channel)
                following = Following(self._application, calls, self._pace)
                await self._rounds(calls, identity, posting, following)
        finally:
            for task in self._following.values():
                task.cancel()
            await asyncio.gather(*self._following.values(), return_exceptions=True)
            await asyncio.to_thread(self._step_down)

    async def _rounds(self, calls: Calls, identity: Identity, posting: Posting, following: Following) -> None:
        assert self._woken is not None
        while not self._stopped.is_set():
            self._woken.clear()
            wait = self._every
            try:
                if await asyncio.to_thread(self._application.slack.lead):
                    await self._hear(calls, identity, following)
                    await posting.once()
                    await self._tidy()
            except (DependencyDown, StorageFailed, SlackRefused) as trouble:
                log.warning("the Slack relay waits: %s", trouble)
                wait = max(wait, min(BACK_OFF, 5 * self._every))
            except Exception:
                log.exception("the Slack relay met what it does not know; it goes on")
                wait = max(wait, min(BACK_OFF, 5 * self._every))
            try:
                await asyncio.wait_for(self._woken.wait(), wait)
            except TimeoutError:
                continue

    async def _hear(self, calls: Calls, identity: Identity, following: Following) -> None:
        """Admit what was said, and follow what was admitted."""
        self._following = {event: task for event, task in self._following.items() if not task.done()}
        for event in await asyncio.to_thread(self._application.slack.unanswered):
            if not self._patience.over(event.id) or event.id in self._following:
                continue
            if event.state is SlackEventState.RECEIVED:
                admitted = await self._admit(calls, identity, event)
            else:
                admitted = event
            if admitted is not None:
                self._following[event.id] = asyncio.create_task(self._follow(following, admitted))

    async def _admit(self, calls: Calls, identity: Identity, event: SlackEvent) -> SlackEvent | None:
        """The event with its run; None when nothing is run, which the one who asked is told privately."""
        desk = self._application.slack
        user = await identity.user(event.sender)
        why = STRANGER
        if user is not None:
            try:
                await asyncio.to_thread(desk.admit, event, user.id)
                self._application.wake()
                return await asyncio.to_thread(desk.event, event.id)
            except (DependencyDown, StorageFailed):
                raise
            except Conflict:
                self._patience.failed(event.id)  # another process was quicker
                return None
            except QuartermasterError as trouble:
                why = in_words(trouble)
        if await asyncio.to_thread(desk.refuse, event.id):
            await tell(
                calls, event.channel, event.sender, why, "" if event.message.endswith(event.thread) else event.thread
            )
        return None

    async def _tidy(self) -> None:
        """Once a day, forget what was answered long ago."""
        today = self._application.now.date()
        if self._tidied != today:
            await asyncio.to_thread(self._application.slack.forget)
            self._tidied = today

    async def _follow(self, following: Following, event: SlackEvent) -> None:
        try:
            await following.follow(event)
        except (DependencyDown, StorageFailed, SlackRefused) as trouble:
            log.warning("the answer to %s is not told yet: %s", event.id, trouble)
        except Exception:
            log.exception("the answer to %s is not told yet", event.id)
        else:
            self._patience.worked(event.id)
            return
        self._patience.failed(event.id)

    def _step_down(self) -> None:
        try:
            self._application.slack.step_down()
        except StorageFailed as away:
            log.warning("the lease of the Slack relay ends by itself: %s", away)
