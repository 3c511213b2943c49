"""Telling one person something privately: at most once, and never at the cost of what it is about."""

from __future__ import annotations

import logging

from api.slack.calls import Calls, SlackRefused
from api.slack.words import escaped
from domain.errors import DependencyDown

log = logging.getLogger("quartermaster.slack")


async def tell(calls: Calls, channel: str, user: str, text: str, thread: str = "") -> None:
    """Say `text` where only `user` sees it. Slack does not keep it, and one that is lost is not said again."""
    said = escaped(text, 1500, lines=True)
    try:
        await calls.call("chat.postEphemeral", channel=channel, user=user, text=said, thread_ts=thread or None)
    except (SlackRefused, DependencyDown) as lost:
        log.warning("could not tell %s in %s privately: %s", user, channel, lost)
