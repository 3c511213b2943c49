"""Calls to the Web API: Retry-After obeyed, refusals told apart from silence, secrets never shown."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from types import TracebackType

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from agent.settings import Settings
from domain.errors import DependencyDown, EffectRefused

SILENCE = 15
"""Seconds for one answer of Slack."""
PATIENCE = 3
"""How often one call waits for Retry-After before it is left for the next round."""
GETS = frozenset({"users.info", "conversations.replies", "conversations.history"})
GONE = frozenset({"message_not_found", "channel_not_found", "is_archived", "cant_update_message", "not_in_channel"})
"""Refusals that say that nobody can see a message any more."""

log = logging.getLogger("quartermaster.slack")


class SlackRefused(EffectRefused):
    """Slack answered no; `word` is its own word for why."""

    def __init__(self, method: str, word: str) -> None:
        super().__init__(f"Slack refused {method}: {word}", field="slack", fix="check the app's scopes and channels")
        self.word = word


class Calls:
    """What we ask of Slack. Use it inside `async with`; it holds one connection pool."""

    def __init__(self, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._until: dict[str, float] = {}
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncWebClient | None = None

    async def __aenter__(self) -> Calls:
        timeout = aiohttp.ClientTimeout(total=SILENCE)
        self._session = aiohttp.ClientSession(timeout=timeout)
        self._client = web_client(self._settings, self._session)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(self, method: str, patience: int = PATIENCE, /, **given: object) -> Mapping[str, object]:
        """What Slack answered. A 429 holds up every call of its method as long as it says; this one waits so `patience`
        times.

        Raises SlackRefused for a no of Slack, DependencyDown when it did not answer or is still busy.
        """
        sent = {name: value for name, value in given.items() if value is not None}
        for left in range(patience, -1, -1):
            wait = self._until.get(method, 0.0) - self._monotonic()
            if wait > 0 and not patience:
                break
            await asyncio.sleep(max(wait, 0.0))
            try:
                return await self._sent(method, sent)
            except SlackApiError as refused:
                told = _retry_after(refused)
                if told is None:
                    raise _told(method, refused) from None
                self._until[method] = self._monotonic() + told
                log.info("Slack asks us to wait %s s before %s (%s more tries)", told, method, left)
            except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as silent:
                raise DependencyDown(
                    f"Slack did not answer {method} ({type(silent).__name__})",
                    field="slack",
                    fix="nothing; it is tried again",
                ) from None
        raise DependencyDown(f"Slack is too busy for {method}", field="slack", fix="try again in a minute")

    async def _sent(self, method: str, sent: Mapping[str, object]) -> Mapping[str, object]:
        assert self._client is not None, "Calls is used inside `async with`"
        if method in GETS:
            answer = await self._client.api_call(method, http_verb="GET", params=dict(sent))
        else:
            answer = await self._client.api_call(method, json=dict(sent))
        data = answer.data
        return data if isinstance(data, dict) else {}


def web_client(settings: Settings, session: aiohttp.ClientSession | None = None) -> AsyncWebClient:
    """A client for the configured workspace, without retries of its own: a lost answer is looked into, not repeated."""
    token = settings.slack_bot_token
    quiet = logging.getLogger("quartermaster.slack.sdk")
    quiet.setLevel(logging.WARNING)
    return AsyncWebClient(
        token=token.get_secret_value() if token else None,
        base_url=settings.slack_api_url,
        timeout=SILENCE,
        session=session,
        retry_handlers=[],
        logger=quiet,
    )


def _retry_after(refused: SlackApiError) -> float | None:
    """Seconds to wait when this was a 429; None when it was something else."""
    if getattr(refused.response, "status_code", None) != 429:
        return None
    headers = {str(name).lower(): value for name, value in refused.response.headers.items()}
    try:
        return min(max(float(headers.get("retry-after", 1)), 0.0), 300.0)
    except ValueError:
        return 1.0


def _told(method: str, refused: SlackApiError) -> Exception:
    status = getattr(refused.response, "status_code", 200)
    if isinstance(status, int) and status >= 500:
        return DependencyDown(f"Slack failed at {method} ({status})", field="slack", fix="nothing; it is tried again")
    word = refused.response.get("error", "") if hasattr(refused.response, "get") else ""
    return SlackRefused(method, str(word or status))
