"""Which Slack events are words to us, and what each is as a row: who said what where. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from api.slack.words import heard
from storage.records import SlackEvent

PLAIN = frozenset({None, "thread_broadcast"})
"""Subtypes of a message that is somebody's words; edits, deletions, joins and bots have others."""
LONGEST = 4_000
"""Characters kept of what was said; a question may not be longer, and the one who asked is told so."""


def said(body: Mapping[str, object], now: datetime) -> SlackEvent | None:
    """The row of an event callback, None for what is not said to us: our own words, other bots, edits, deletions, and
    channel messages that mention us (they come as `app_mention` too).

    Whether a channel message without a mention is meant for us is for `needs_talk` and the rows to say.
    """
    event = body.get("event")
    if not isinstance(event, Mapping) or event.get("type") not in ("app_mention", "message"):
        return None
    ours = our_user(body)
    sender, channel, ts, text = (event.get(name) for name in ("user", "channel", "ts", "text"))
    if event.get("bot_id") or event.get("subtype") not in PLAIN or event.get("hidden") or sender == ours:
        return None
    if not all(isinstance(part, str) and part for part in (sender, channel, ts, text, body.get("event_id"))):
        return None
    if event["type"] == "message" and not is_direct(body) and ours and f"<@{ours}" in str(text):
        return None
    return SlackEvent(
        id=str(body["event_id"])[:200],
        message=f"{channel}:{ts}"[:200],
        enterprise=str(body.get("enterprise_id") or "")[:80],
        team=str(body.get("team_id") or "")[:80],
        channel=str(channel)[:80],
        thread=str(event.get("thread_ts") or ts)[:80],
        sender=str(sender)[:80],
        text=heard(str(text), ours)[:LONGEST],
        received_at=now,
    )


def needs_talk(body: Mapping[str, object]) -> bool:
    """Whether an event is for us only when its sender talks with us in its thread already: a message in a channel
    that mentions nobody."""
    event = body.get("event")
    return isinstance(event, Mapping) and event.get("type") == "message" and not is_direct(body)


def is_direct(body: Mapping[str, object]) -> bool:
    """Whether an event came from a direct conversation with us."""
    event = body.get("event")
    return isinstance(event, Mapping) and event.get("channel_type") in ("im", "app_home")


def our_user(body: Mapping[str, object]) -> str:
    """Slack's id of our bot, as the event itself says; "" when it does not."""
    given = body.get("authorizations")
    if isinstance(given, list):
        for one in given:
            if isinstance(one, Mapping) and one.get("is_bot"):
                return str(one.get("user_id") or "")
    return ""


def clicked(payload: Mapping[str, object], text: str, now: datetime) -> SlackEvent | None:
    """The row of a suggestion that was clicked: it is said by the one who clicked, in the thread it stands in."""
    user, channel, message, team = (payload.get(name) for name in ("user", "channel", "message", "team"))
    actions = payload.get("actions")
    known = all(isinstance(part, Mapping) for part in (user, channel, message))
    if not known or not isinstance(actions, list) or not actions or not text.strip():
        return None
    assert isinstance(user, Mapping) and isinstance(channel, Mapping) and isinstance(message, Mapping)
    at = str(actions[0].get("action_ts") or "")
    enterprise = payload.get("enterprise")
    key = f"click:{channel.get('id')}:{user.get('id')}:{at}"[:200]
    return SlackEvent(
        id=key,
        message=key,
        enterprise=str(enterprise.get("id") or "")[:80] if isinstance(enterprise, Mapping) else "",
        team=str((team.get("id") if isinstance(team, Mapping) else user.get("team_id")) or "")[:80],
        channel=str(channel.get("id"))[:80],
        thread=str(message.get("thread_ts") or message.get("ts"))[:80],
        sender=str(user.get("id"))[:80],
        text=text.strip()[:LONGEST],
        received_at=now,
    )
