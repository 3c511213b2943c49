"""Follows one run in its thread: its steps as they happen, then the answer; found again after a restart."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping

from agent.casework.outcome import Report
from agent.runtime.application import Application
from api.slack.answer import answer_blocks, answer_text, failed
from api.slack.calls import GONE, Calls, SlackRefused
from api.slack.steps import chunks, closing, opening
from api.slack.words import Json
from storage.records import Run, RunEvent, RunState, SlackEvent

OVER = frozenset({RunState.DONE, RunState.FAILED, RunState.WAITING})
"""A run in one of these states has said what it can say without people."""
GLANCE = 0.2
"""Seconds between two looks at the run."""
ANSWER = "quartermaster_answer"
MOST_CHUNKS = 30
"""Updates in one append, so that it stays under Slack's 12,000 characters; the rest waits for the next."""

log = logging.getLogger("quartermaster.slack")


class Following:
    """Streams runs. `pace` is the least time between two appends to a stream, in seconds: Slack allows about one.

    The start of a stream happens at least once (a crash right after it leaves an unfinished message behind), steps at
    most once, the answer exactly once: it carries the id of its event as metadata and is looked up before it is
    written again.
    """

    def __init__(
        self,
        application: Application,
        calls: Calls,
        pace: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._application = application
        self._monotonic = monotonic
        self._calls = calls
        self._pace = pace

    async def follow(self, event: SlackEvent) -> None:
        """Answer an admitted event. Raises DependencyDown when Slack or a database is away; it is followed again."""
        assert event.run is not None
        stream, resumed = event.stream, bool(event.stream)
        if not stream:
            stream = await self._start(event)
        seen, due, steps = 0, self._monotonic(), list[Json]()
        follow: str | None = None
        while True:
            run, news = await asyncio.to_thread(self._look, event.run, seen)
            seen = news[-1].seq if news else seen
            follow = started_by(news) or follow
            if stream and not resumed:
                steps += chunks(news)
            if run.state in OVER:
                report = await asyncio.to_thread(self._application.report, run.id)
                try:
                    await self._finish(event, stream, report, steps[-MOST_CHUNKS:], resumed)
                except SlackRefused as refused:
                    if refused.word not in GONE:
                        raise
                    log.warning("nobody can see the answer to %s any more (%s)", event.id, refused.word)
                await asyncio.to_thread(self._application.slack.answered, event, follow)
                return
            if steps and self._monotonic() >= due:
                await self._append(event, stream, steps[:MOST_CHUNKS])
                steps, due = steps[MOST_CHUNKS:], self._monotonic() + self._pace
            await asyncio.sleep(GLANCE)

    def _look(self, run: str, seen: int) -> tuple[Run, tuple[RunEvent, ...]]:
        """The run, and what it did since; the run first, so that nothing it did before it was over is missed."""
        found = self._application.run(run)
        return found, self._application.events(run, seen)

    async def _start(self, event: SlackEvent) -> str:
        """The `ts` of a new stream, "" where Slack gives us none: the answer is then a message."""
        direct = event.channel.startswith("D")
        try:
            started = await self._calls.call(
                "chat.startStream",
                channel=event.channel,
                thread_ts=event.thread,
                recipient_team_id=None if direct else event.team,
                recipient_user_id=None if direct else event.sender,
                task_display_mode="plan",
                chunks=opening(),
            )
        except SlackRefused as refused:
            log.warning("no stream in %s (%s); the answer comes as a message", event.channel, refused.word)
            return ""
        stream = str(started.get("ts") or "")
        await asyncio.to_thread(self._application.slack.record_stream, event.id, stream)
        return stream

    async def _append(self, event: SlackEvent, stream: str, steps: list[Json]) -> None:
        try:
            await self._calls.call("chat.appendStream", channel=event.channel, ts=stream, chunks=steps)
        except SlackRefused as refused:
            log.info("a step was not shown in %s (%s)", event.channel, refused.word)

    async def _finish(self, event: SlackEvent, stream: str, report: Report, steps: list[Json], resumed: bool) -> None:
        whole = {
            "channel": event.channel,
            "blocks": answer_blocks(report),
            "metadata": {"event_type": ANSWER, "event_payload": {"event": event.id}},
        }
        if not stream:
            if not await self._stands(event):
                text, thread = answer_text(report), event.thread
                await self._calls.call(
                    "chat.postMessage", thread_ts=thread, text=text, unfurl_links=False, unfurl_media=False, **whole
                )
            return
        if resumed and await self._stands(event):
            return
        try:
            ended = [*steps, *closing(failed(report))]
            await self._calls.call("chat.stopStream", ts=stream, chunks=ended, **whole)
        except SlackRefused as refused:
            if refused.word not in ("message_not_in_streaming_state", "streaming_state_conflict"):
                raise
            # Slack ended the stream by itself, or we did before a crash; writing the same again does no harm.
            await self._calls.call("chat.update", ts=stream, text=answer_text(report), **whole)

    async def _stands(self, event: SlackEvent) -> bool:
        """Whether the answer to this event is in its thread already."""
        found = await self._calls.call(
            "conversations.replies", channel=event.channel, ts=event.thread, include_all_metadata="true", limit=200
        )
        return any(of_ours(message, ANSWER).get("event") == event.id for message in messages(found))


def started_by(events: Iterable[RunEvent]) -> str | None:
    """The run that a question started, when an offer was accepted."""
    found = [json.loads(event.body).get("run") for event in events if event.kind == "follow"]
    return str(found[-1]) if found and found[-1] else None


def messages(answer: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The messages of a Slack answer."""
    listed = answer.get("messages")
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def of_ours(message: Mapping[str, object], kind: str) -> Mapping[str, object]:
    """What we noted on a message as metadata of this kind; empty when it is none of ours."""
    metadata = message.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("event_type") != kind:
        return {}
    payload = metadata.get("event_payload")
    return payload if isinstance(payload, Mapping) else {}
