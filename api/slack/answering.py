"""From what was said to its answer: who said it, a run or a private no, and the run followed; each on its own."""

from __future__ import annotations

import asyncio
import logging

from agent.runtime.application import Application
from api.slack.calls import Calls, SlackRefused
from api.slack.deciding import in_words
from api.slack.following import Following
from api.slack.identity import STRANGER, Identity
from api.slack.patience import Patience
from api.slack.telling import tell
from domain.errors import Conflict, DependencyDown, QuartermasterError, StorageFailed
from storage.records import SlackEvent, SlackEventState

log = logging.getLogger("quartermaster.slack")


class Answering:
    """One task for each message that is not answered yet. What fails is found in its row again, later and later."""

    def __init__(self, application: Application, calls: Calls, pace: float) -> None:
        self._application = application
        self._calls = calls
        self._identity = Identity(calls, application)
        self._following = Following(application, calls, pace)
        self._patience = Patience()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self) -> None:
        """See to every message that nobody sees to."""
        self._tasks = {event: task for event, task in self._tasks.items() if not task.done()}
        for event in await asyncio.to_thread(self._application.slack.unanswered):
            if event.id not in self._tasks and self._patience.over(event.id):
                self._tasks[event.id] = asyncio.create_task(self._see_to(event))

    async def stop(self) -> None:
        """Leave everything where it is."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _see_to(self, event: SlackEvent) -> None:
        try:
            admitted = await self._admitted(event) if event.state is SlackEventState.RECEIVED else event
            if admitted is not None:
                await self._following.follow(admitted)
        except (Conflict, DependencyDown, StorageFailed, SlackRefused) as trouble:
            log.warning("%s is not answered yet: %s", event.id, trouble)
        except Exception:
            log.exception("%s is not answered yet", event.id)
        else:
            self._patience.worked(event.id)
            return
        self._patience.failed(event.id)

    async def _admitted(self, event: SlackEvent) -> SlackEvent | None:
        """The event with its run; None when nothing is run, which the one who asked is told privately."""
        desk = self._application.slack
        user = await self._identity.user(event.sender)
        why = STRANGER
        if user is not None:
            try:
                await asyncio.to_thread(desk.admit, event, user.id)
                self._application.wake()
                return await asyncio.to_thread(desk.event, event.id)
            except (Conflict, DependencyDown, StorageFailed):
                raise
            except QuartermasterError as trouble:
                why = in_words(trouble)
        if await asyncio.to_thread(desk.refuse, event.id):
            thread = "" if event.message.endswith(event.thread) else event.thread
            await tell(self._calls, event.channel, event.sender, why, thread)
        return None
