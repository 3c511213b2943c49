"""Who a Slack user is to us: by the e-mail their own workspace vouches for, one of our people; else a stranger."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.runtime.application import Application
from agent.runtime.installation import Installation
from api.identity import ByMail, current_user
from api.slack.calls import PATIENCE, Calls, SlackRefused
from domain.errors import NotAllowed
from guardrails.people import User

KNOWN_FOR = 300.0
"""Seconds an e-mail address is believed before Slack is asked again. Roles and leavers are looked up every time."""

STRANGER = (
    "I only work for people of this Quartermaster installation, and your Slack e-mail address is not one of theirs. "
    "Nothing was done. Ask whoever runs Quartermaster to add you."
)


@dataclass(frozen=True)
class Seen:
    """What Slack said of a user: the address ("" when it is none we may trust), and until when we believe it."""

    email: str
    until: float


class Identity:
    """Looks people up. `patience`: how often it waits for a busy Slack, 0 where somebody waits for an answer."""

    def __init__(
        self,
        calls: Calls,
        application: Application,
        patience: int = PATIENCE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patience = patience
        self._calls = calls
        self._installation = Installation.of(application)
        self._monotonic = monotonic
        self._seen: dict[str, Seen] = {}
        self._team = ""

    async def user(self, slack_user: str) -> User | None:
        """The person behind a Slack user; None for a stranger, a bot, a leaver, and a guest of another workspace.

        Raises DependencyDown when Slack does not answer.
        """
        now = self._monotonic()
        seen = self._seen.get(slack_user)
        if seen is None or seen.until <= now:
            seen = Seen(await self._email(slack_user), now + KNOWN_FOR)
            self._seen[slack_user] = seen
        if not seen.email:
            return None
        try:
            return await asyncio.to_thread(lambda: current_user(self._installation, ByMail(seen.email)).user)
        except NotAllowed:
            return None

    async def _home(self) -> str:
        """The workspace our app is installed in, as the token itself says."""
        if not self._team:
            self._team = str((await self._calls.call("auth.test", self._patience)).get("team_id") or "")
        return self._team

    async def _email(self, slack_user: str) -> str:
        home = await self._home()
        try:
            answer = await self._calls.call("users.info", self._patience, user=slack_user)
        except SlackRefused as refused:
            if refused.word in ("user_not_found", "user_not_visible", "users_not_found"):
                return ""
            raise
        found = answer.get("user")
        return trusted_email(found, home) if isinstance(found, Mapping) else ""


def trusted_email(found: Mapping[str, object], team: str) -> str:
    """The address of a users.info answer, "" unless the user is a living person of our own workspace or enterprise.

    Another workspace in a shared channel could give its people any address it likes.
    """
    enterprise = found.get("enterprise_user")
    teams = {found.get("team_id")}
    if isinstance(enterprise, Mapping) and isinstance(enterprise.get("teams"), list):
        teams |= set(enterprise["teams"])
    barred = any(found.get(mark) for mark in ("is_bot", "deleted", "is_stranger", "is_workflow_bot"))
    if barred or team not in teams or found.get("is_email_confirmed") is False:
        return ""
    profile = found.get("profile")
    email = profile.get("email") if isinstance(profile, Mapping) else None
    return email if isinstance(email, str) else ""
