"""Tells in the thread of a card what happened to its question: reminded, passed on, spoken about; each once.

As with cards, a row is claimed before Slack is called, what is posted carries its step as metadata, and a claim left
behind by a dead process is looked up in the thread before anything is posted again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from agent.runtime.application import Application
from api.slack.calls import GONE, Calls, SlackRefused
from api.slack.following import messages, of_ours
from api.slack.patience import Patience
from api.slack.words import Json, clean, escaped, paragraph, rich, word
from domain.errors import DependencyDown
from storage.approval_steps import Step
from storage.records import SlackCardState
from storage.slack_notes import SlackNote

NOTE = "quartermaster_note"
LOST = GONE | {"thread_not_found", "cannot_reply_to_message"}
"""Slack's words for a thread that is no more: nobody can be told there."""

log = logging.getLogger("quartermaster.slack")


class Noting:
    """Brings the rows of notes to Slack."""

    def __init__(self, application: Application, calls: Calls) -> None:
        self._application = application
        self._calls = calls
        self._patience = Patience()

    async def once(self) -> int:
        """Tell what is not told yet; how many notes that were. One that fails does not hold up the others."""
        desk = self._application.slack
        await asyncio.to_thread(desk.begin_notes)
        done = 0
        for note, step in await asyncio.to_thread(desk.notes):
            key = f"note {note.step}"
            if not self._patience.over(key):
                continue
            try:
                done += await self._tell(note, step)
            except (SlackRefused, DependencyDown) as trouble:
                log.warning("step %s of %s could not be told: %s", note.step, note.approval, trouble)
                self._patience.failed(key)
            else:
                self._patience.worked(key)
        return done

    async def _tell(self, note: SlackNote, step: Step) -> bool:
        mine = await asyncio.to_thread(self._application.slack.claim_note, note)
        if mine is None:
            return False
        ts = await self._found(note) if note.state is SlackCardState.POSTING else ""
        ts = ts or await self._post(mine, step)
        return await asyncio.to_thread(self._application.slack.told, mine, ts)

    async def _post(self, note: SlackNote, step: Step) -> str:
        text = in_words(step)
        try:
            posted = await self._calls.call(
                "chat.postMessage",
                channel=note.channel,
                thread_ts=note.thread,
                text=escaped(text, 1000),
                blocks=note_blocks(step),
                metadata={"event_type": NOTE, "event_payload": {"step": str(note.step)}},
                unfurl_links=False,
                unfurl_media=False,
            )
        except SlackRefused as refused:
            if refused.word not in LOST:
                raise
            log.warning("the thread of %s is gone from Slack (%s)", note.approval, refused.word)
            return ""
        return str(posted.get("ts") or "")

    async def _found(self, note: SlackNote) -> str:
        """The `ts` of a note that a dead process may have posted, "" when it is not there."""
        within: dict[str, object] = {"channel": note.channel, "include_all_metadata": "true", "limit": 200}
        answer = await self._calls.call("conversations.replies", ts=note.thread, **within)
        return next((str(m.get("ts")) for m in messages(answer) if _is_of(m, note.step)), "")


def in_words(step: Step) -> str:
    """A step as a sentence: `A-3: reminded. It still waits for lead.`"""
    about = f": {step.text}" if step.text else ""
    match step.what:
        case "reminded":
            return f"{step.approval} still waits for {_role(step.of)}{about}."
        case "escalated":
            return f"{step.approval} is asked of {_role(step.of)} now{about}."
        case "reassigned":
            return f"{step.by} gave {step.approval} to {step.of}{about}."
        case "commented":
            return f"{step.by} on {step.approval}{about}"
        case _:
            return f"{step.approval} {step.what} by {step.by}{about}."


def note_blocks(step: Step) -> list[Json]:
    """The blocks of a note; Slack parses nothing in them."""
    return [rich(paragraph(word(clean(in_words(step), 2500, lines=True), lines=True)))]


def _role(role: str) -> str:
    return role.replace("_", " ").replace("/", " or ")


def _is_of(message: Mapping[str, object], step: int) -> bool:
    return of_ours(message, NOTE).get("step") == str(step)
