"""Keeps the approval cards in Slack as our tables say: posted once, updated wherever a decision was made."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from agent.runtime.application import Application
from api.slack.calls import GONE, Calls, SlackRefused
from api.slack.card import card_blocks, card_text, face_of, is_over
from api.slack.change import changes, replaces
from api.slack.following import messages, of_ours
from api.slack.patience import Patience
from api.slack.words import Json
from domain.errors import DependencyDown, StorageFailed
from guardrails.cards import Card
from storage.counters import number_of
from storage.records import ApprovalState, SlackCard, SlackCardState

CARD = "quartermaster_card"

Drawn = tuple[Card, list[Json], bool]
log = logging.getLogger("quartermaster.slack")


class Posting:
    """The relay of cards. It follows the rows, so a restart changes nothing; a row is claimed before Slack is called.

    A card is posted exactly once as far as Slack lets us see: it carries its approval as metadata, and a claim left
    behind by a dead process is looked up in the channel before the card is posted. Updates may be sent twice, which
    changes nothing.
    """

    def __init__(self, application: Application, calls: Calls, channel: str | None) -> None:
        self._application = application
        self._calls = calls
        self._channel = channel
        self._patience = Patience()
        self._currencies: dict[str, str] = {}
        self._seen: dict[str, tuple[Card, int, SlackCard]] = {}

    async def once(self) -> int:
        """Post and update what differs; how many cards did. One that fails does not hold up the others."""
        desk = self._application.slack
        await asyncio.to_thread(desk.begin_cards, self._channel)
        done = 0
        for row in await asyncio.to_thread(desk.cards):
            if self._patience.over(row.approval):
                done += await self._tried(row)
        return done

    async def _tried(self, row: SlackCard) -> bool:
        try:
            changed = await self._bring(row)
        except StorageFailed:
            raise
        except (SlackRefused, DependencyDown) as trouble:
            log.warning("the card of %s could not be brought up to date: %s", row.approval, trouble)
        except Exception:
            log.exception("the card of %s could not be brought up to date", row.approval)
        else:
            self._patience.worked(row.approval)
            return changed
        self._patience.failed(row.approval)
        return False

    async def _bring(self, row: SlackCard) -> bool:
        """Make Slack show what a row's approval is now; False when it does."""
        drawn = await asyncio.to_thread(self._drawn, row)
        if drawn is None:
            return False
        card, blocks, over = drawn
        face = face_of(blocks)
        stands = row.state is SlackCardState.POSTED and row.face == face
        mine = await asyncio.to_thread(self._application.slack.claim, row) if over or not stands else None
        if mine is None:
            return False
        ts = row.ts
        if not stands:
            if not ts and row.state is SlackCardState.POSTING:
                ts = await self._found(row)
            if ts:
                await self._update(mine, card, ts, blocks)
            else:
                ts = await self._post(mine, card, blocks)
        await asyncio.to_thread(self._application.slack.posted, mine, ts, face, card, settled=over)
        return not stands

    def _drawn(self, row: SlackCard) -> Drawn | None:
        """Card and blocks of a row now, and whether they will never change again; None when nothing has happened."""
        card = self._application.show(row.approval)
        others = [other for other in self._application.slack.cards(row.case) if other.approval != row.approval]
        seen = (card, len(others), row)
        if self._seen.get(row.approval) == seen and row.state is SlackCardState.POSTED:
            return None
        changed, newer = self._changed(row, card, others), self._newer(card, others)
        over = is_over(card)
        self._seen[row.approval] = seen
        if over:
            del self._seen[row.approval]
        return card, card_blocks(card, self._currency(card.run), changed, newer), over

    def _changed(self, row: SlackCard, card: Card, others: list[SlackCard]) -> tuple[str, ...]:
        """How a card differs from what was shown first: by an edit, or by standing in the place of an older one."""
        if card.edited_by:
            pictures = [Card.model_validate_json(one.shown) for one in (row, *others) if one.shown]
            mine = sorted((old for old in pictures if old.move == card.move), key=lambda old: number_of(old.approval))
            return changes(mine[0], card) if mine else ()
        older = (self._application.show(other.approval) for other in reversed(others))
        old = next((old for old in older if replaces(old, card) and _older(old, card)), None)
        return () if old is None else changes(old, card)

    def _newer(self, card: Card, others: list[SlackCard]) -> str:
        """The approval that stands in the place of one nobody can decide any more."""
        if card.state not in (ApprovalState.SUPERSEDED, ApprovalState.CANCELLED):
            return ""
        later = (self._application.show(other.approval) for other in reversed(others))
        return next((new.approval for new in later if replaces(card, new) and _older(card, new)), "")

    def _currency(self, run: str) -> str:
        if run not in self._currencies:
            facts = self._application.facts(run)
            self._currencies[run] = facts.base_currency if facts else ""
        return self._currencies[run]

    async def _post(self, mine: SlackCard, card: Card, blocks: list[Json]) -> str:
        posted = await self._calls.call(
            "chat.postMessage",
            channel=mine.channel,
            thread_ts=mine.thread or None,
            text=card_text(card),
            blocks=blocks,
            metadata=_metadata(mine),
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(posted.get("ts") or "")

    async def _update(self, mine: SlackCard, card: Card, ts: str, blocks: list[Json]) -> None:
        about = {"channel": mine.channel, "ts": ts, "metadata": _metadata(mine)}
        try:
            await self._calls.call("chat.update", text=card_text(card), blocks=blocks, **about)
        except SlackRefused as refused:
            if refused.word not in GONE:
                raise
            log.warning("the card of %s is gone from Slack (%s)", mine.approval, refused.word)

    async def _found(self, row: SlackCard) -> str:
        """The `ts` of a card that a dead process may have posted, "" when it is not there."""
        within = {"channel": row.channel, "include_all_metadata": "true", "limit": 200}
        if row.thread:
            answer = await self._calls.call("conversations.replies", ts=row.thread, **within)
        else:
            answer = await self._calls.call("conversations.history", **within)
        return next((str(m.get("ts")) for m in messages(answer) if _is_of(m, row.approval)), "")


def _metadata(row: SlackCard) -> dict[str, object]:
    return {"event_type": CARD, "event_payload": {"approval": row.approval}}


def _is_of(message: Mapping[str, object], approval: str) -> bool:
    return of_ours(message, CARD).get("approval") == approval


def _older(old: Card, new: Card) -> bool:
    return number_of(old.approval) < number_of(new.approval)
