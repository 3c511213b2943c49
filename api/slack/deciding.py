"""What people click and submit, decided by our own rules: their role, the digest they saw, whose turn it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from slack_bolt.context.ack.async_ack import AsyncAck

from agent.runtime.application import Application
from agent.runtime.later import picked
from api.slack import modals
from api.slack.answer import YES
from api.slack.calls import Calls, SlackRefused
from api.slack.card import APPROVE, COMMENT, EDIT, LATER, REASSIGN, bound
from api.slack.hearing import clicked
from api.slack.identity import STRANGER, Identity
from api.slack.modals import (
    EDITED,
    changes_of,
    code_of,
    comment_view,
    edit_view,
    first_input,
    later_view,
    marked_for,
    reason_of,
    reassign_view,
    reject_view,
    typed_in,
)
from api.slack.telling import tell
from api.slack.words import Json, clean
from domain.errors import AlreadyDecided, BadInput, DependencyDown, NotAllowed, QuartermasterError, StaleDecision
from guardrails.cards import Card
from guardrails.people import User
from storage.records import ApprovalState

log = logging.getLogger("quartermaster.slack")
Payload = Mapping[str, object]


class Deciding:
    """The handlers of buttons and modals. A decision is committed before Slack gets its answer: one that fails is seen
    to have failed, one that was taken is carried out by whichever worker lives."""

    def __init__(self, application: Application, calls: Calls, identity: Identity, wake: Callable[[], None]) -> None:
        self._application = application
        self._calls = calls
        self._identity = identity
        self._wake = wake

    async def button(self, ack: AsyncAck, body: Payload) -> None:
        """Approve, edit or reject was clicked: decide at once, or open the modal; trouble is told privately."""
        action = _first_action(body)
        try:
            user = await self._who(body)
            if user is None:
                raise _Stranger
            await self._pressed(str(action.get("action_id")), bound(str(action.get("value") or "")), user, body)
        except _Stranger:
            await ack()
            await self._privately(body, STRANGER)
        except QuartermasterError as trouble:
            await ack()
            await self._privately(body, in_words(trouble))
        else:
            await ack()
            self._wake()

    async def ask(self, ack: AsyncAck, body: Payload) -> None:
        """A suggestion was clicked: it is the next question of the one who clicked."""
        words = str(_first_action(body).get("value") or YES)
        event = clicked(body, words, self._application.now)
        if event is not None:
            await asyncio.to_thread(self._application.slack.take, event)
        await ack()
        self._wake()

    async def submit(self, ack: AsyncAck, body: Payload) -> None:
        """A modal was submitted: decide, and show what is wrong in the modal itself."""
        view = body.get("view")
        assert isinstance(view, Mapping)
        approval, shown = bound(str(view.get("private_metadata") or ""))
        typed, callback = typed_in(view), str(view.get("callback_id"))
        block = next(iter(typed), "reason")
        try:
            user = await self._who(body)
            if user is None:
                raise _Stranger
            card = await asyncio.to_thread(self._application.show, approval)
            block = first_input(card, callback)
            changed: dict[str, int] = {}
            if callback == EDITED:
                changed, wrong = changes_of(card, typed)
                if wrong:
                    await ack(response_action="errors", errors=wrong)
                    return
            await asyncio.to_thread(self._submitted, callback, card, user, shown, typed, changed)
        except _Stranger:
            await ack(response_action="errors", errors={block: STRANGER})
        except QuartermasterError as trouble:
            await ack(response_action="errors", errors={block: clean(in_words(trouble), 1000)})
        else:
            await ack()
            self._wake()

    async def _pressed(self, action: str, held: tuple[str, str], user: User, body: Payload) -> None:
        approval, shown = held
        if not approval:
            raise BadInput("this button is none of ours any more", field="button", fix="use the newest card")
        if action == APPROVE:
            await asyncio.to_thread(self._approve, approval, user.id, shown)
            return
        card = await asyncio.to_thread(self._application.show, approval, user.id)
        if action != COMMENT:
            _check_current(card, shown)
        view = await asyncio.to_thread(self._view, action, card, user)
        if self._application.settings.entities is not None:
            view |= marked_for(self._application.settings.entity or "", str(body.get("trigger_id")))
        try:
            await self._calls.call("views.open", 0, trigger_id=str(body.get("trigger_id")), view=view)
        except SlackRefused as late:
            raise DependencyDown(
                f"Slack did not open the form ({late.word})", field="slack", fix="click once more"
            ) from None

    def _approve(self, approval: str, user: str, shown: str) -> None:
        self._application.approve(approval, user, shown, settle=False)
        self._application.wake()

    def _view(self, action: str, card: Card, user: User) -> Json:
        """The modal of a button. NotAllowed for somebody whose question it is not."""
        standing = self._application.standing
        if action == LATER:
            times = standing.later(card)
            if not times:
                raise BadInput(f"{card.approval} ends soon", field="until", fix="decide it, or give it to somebody")
            return later_view(card, times)
        if action == REASSIGN:
            people = standing.deciders(card.approval, but=user.id)
            if not people:
                raise NotAllowed("nobody else may decide it now", field="to", fix="decide it, or let it wait")
            return reassign_view(card, people)
        if action == COMMENT:
            return comment_view(card)
        return edit_view(card) if action == EDIT else reject_view(card)

    def _submitted(
        self,
        callback: str,
        card: Card,
        user: User,
        shown: str,
        typed: Mapping[str, str],
        changed: Mapping[str, int],
    ) -> None:
        """Do what a modal was opened for."""
        application, approval = self._application, card.approval
        reason, code = reason_of(typed), code_of(typed)
        match callback:
            case modals.PUT_ASIDE:
                found = picked(application.standing.later(card), typed.get(modals.UNTIL, ""))
                if found is None:
                    raise BadInput("this time cannot be picked any more", field="until", fix="pick another")
                application.desk.snooze(approval, user.id, found.until, reason)
            case modals.GIVEN:
                application.desk.reassign(approval, user.id, typed.get(modals.TO, ""), code, reason)
            case modals.SAID:
                application.desk.comment(approval, user.id, reason)
            case modals.EDITED:
                application.edit(approval, user.id, changed, shown, reason, reason_code=code, settle=False)
                application.wake()
            case _:
                if not reason and not code:
                    raise BadInput("a rejection needs a reason", field="reason", fix="say why in a few words")
                application.reject(approval, user.id, reason, shown, reason_code=code, settle=False)
                application.wake()

    async def _who(self, body: Payload) -> User | None:
        user = body.get("user")
        return await self._identity.user(str(user.get("id")) if isinstance(user, Mapping) else "")

    async def _privately(self, body: Payload, text: str) -> None:
        user, channel, message = (body.get(name) for name in ("user", "channel", "message"))
        if isinstance(user, Mapping) and isinstance(channel, Mapping):
            thread = message.get("thread_ts") if isinstance(message, Mapping) else None
            await tell(self._calls, str(channel.get("id")), str(user.get("id")), text, str(thread or ""))


class _Stranger(Exception):
    """Whoever clicked is none of our people."""


def _check_current(card: Card, shown: str) -> None:
    """Raise when a form about this card would be about another plan than the one that was clicked."""
    if card.state in (ApprovalState.APPROVED, ApprovalState.REJECTED):
        by = f"{card.state.value} by {card.decided_by}"
        raise AlreadyDecided(f"{card.approval} was {by}", field="approval", fix="nothing more to decide here")
    if card.state is not ApprovalState.PENDING or card.digest != shown:
        raise StaleDecision(
            f"what {card.approval} shows has changed since this card was shown",
            field="digest",
            fix="look at the new card and decide again",
        )


def in_words(trouble: QuartermasterError) -> str:
    """An error as its user reads it: what happened, and what to do."""
    about = (type(trouble).__doc__ or "").strip()
    fix = f" {trouble.fix[:1].upper()}{trouble.fix[1:]}." if trouble.fix else ""
    return f"{about} ({trouble.message}){fix}"


def _first_action(body: Payload) -> Payload:
    actions = body.get("actions")
    return actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], Mapping) else {}
