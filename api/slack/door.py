"""The Slack door: signed requests in, through Bolt; a relay that speaks. Made from an open Application."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from fastapi import APIRouter
from slack_bolt import BoltResponse
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message

from agent.runtime.application import Application
from agent.settings import Settings
from api.slack.answer import ASK
from api.slack.calls import Calls
from api.slack.card import BUTTONS
from api.slack.deciding import Deciding
from api.slack.hearing import needs_talk, said
from api.slack.identity import Identity
from api.slack.modals import MODALS
from api.slack.relay import EVERY, Relay
from api.slack.telling import tell

PATH = "/slack/events"
"""Where Slack posts both events and interactions."""
LARGEST = 256 * 1024
"""Bytes of a request; Slack's own are far smaller."""

log = logging.getLogger("quartermaster.slack")


class Door(Protocol):
    """What answers Slack between `open` and `close`."""

    async def open(self) -> None:
        """Begin."""
        ...

    async def close(self) -> None:
        """End."""
        ...

    async def endpoint(self, request: Request) -> Response:
        """Answer one request."""
        ...


class SlackDoor:
    """One door on an open Application, which stays the caller's to close. Between `open` and `close` it listens and
    speaks; `endpoint` is what answers Slack's requests, and checks their signature itself."""

    def __init__(
        self, application: Application, settings: Settings, *, every: float = EVERY, pace: float = 1.0
    ) -> None:
        secret, token = settings.slack_signing_secret, settings.slack_bot_token
        assert secret is not None and token is not None, "ask `is_configured` first"
        self._application = application
        self._verifier = SignatureVerifier(secret.get_secret_value())
        self.relay = Relay(application, every=every, pace=pace)
        self._calls = Calls(settings)
        identity = Identity(self._calls, application, patience=0)
        self._identity = identity
        self._deciding = Deciding(application, self._calls, identity, self.relay.wake)
        self._handler = AsyncSlackRequestHandler(self._bolt(settings, secret.get_secret_value()))

    async def open(self) -> None:
        """Begin to speak."""
        await self._calls.__aenter__()
        self.relay.start()

    async def close(self) -> None:
        """End; what is under way is taken up by the next process."""
        await run_in_threadpool(self.relay.stop)
        await self._calls.__aexit__(None, None, None)

    async def knows(self, slack_user: str) -> bool:
        """Whether this Slack user is one of our people."""
        return await self._identity.user(slack_user) is not None

    async def tell(self, channel: str, slack_user: str, text: str) -> None:
        """Say something to one person alone."""
        if channel and slack_user:
            await tell(self._calls, channel, slack_user, text)

    async def endpoint(self, request: Request) -> Response:
        """Answer one request of Slack. Unsigned, too old or too large ones are refused before anything is parsed."""
        try:
            body = await body_of(request)
        except TooMuch:
            return JSONResponse({"error": "too large"}, 413)
        if not self.is_signed(request, body):
            return JSONResponse({"error": "invalid request"}, 401)
        try:
            return await self._handler.handle(Request(request.scope, again(body)))
        except (AttributeError, KeyError, TypeError, ValueError):
            return JSONResponse({"error": "malformed"}, 400)  # signed, and yet none of the shapes Slack sends

    def is_signed(self, request: Request, body: bytes) -> bool:
        """Whether Slack has signed exactly this, just now."""
        try:
            return self._verifier.is_valid_request(body, dict(request.headers))
        except (TypeError, ValueError):
            return False  # a timestamp that is no number, a signature that is not ASCII, a body that is not UTF-8

    def _bolt(self, settings: Settings, secret: str) -> AsyncApp:
        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            """Nobody is asked: there is one workspace and one token, and who may do what is ours to say."""
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=self._token(settings))

        app = AsyncApp(
            name="quartermaster",
            logger=logging.getLogger("quartermaster.slack.bolt"),
            client=AsyncWebClient(base_url=settings.slack_api_url),
            signing_secret=secret,
            authorize=authorize,
            ssl_check_enabled=False,
            ignoring_self_events_enabled=False,
        )
        app.middleware(self._hear)
        app.action(re.compile(f"^({'|'.join(BUTTONS)})$"))(self._deciding.button)
        app.action(re.compile(f"^{ASK}"))(self._deciding.ask)
        app.view(re.compile(f"^({'|'.join(MODALS)})$"))(self._deciding.submit)
        return app

    @staticmethod
    def _token(settings: Settings) -> str:
        assert settings.slack_bot_token is not None
        return settings.slack_bot_token.get_secret_value()

    async def _hear(self, req: AsyncBoltRequest, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
        """Keep what was said before Slack is told that it arrived: from then on it is not sent again."""
        if req.body.get("type") != "event_callback":
            return await next()
        event = said(req.body, self._application.now)
        if event is not None:
            desk = self._application.slack
            for_us = not needs_talk(req.body) or await asyncio.to_thread(
                desk.talks, event.channel, event.thread, event.sender
            )
            if for_us and await asyncio.to_thread(desk.take, event):
                self.relay.wake()
        return BoltResponse(status=200, body="")


def is_configured(settings: Settings) -> bool:
    """Whether there is a Slack door: a signing secret and a bot token are given. Start-up says so once when not."""
    given = (settings.slack_signing_secret, settings.slack_bot_token)
    if all(given):
        return True
    missing = "half of it is missing" if any(given) else "it is not configured"
    log.warning(
        "there is no Slack door: %s (QUARTERMASTER_SLACK_SIGNING_SECRET and QUARTERMASTER_SLACK_BOT_TOKEN)", missing
    )
    return False


def slack_routes(application: Application, settings: Settings, *, every: float = EVERY, pace: float = 1.0) -> APIRouter:
    """The door as a router: one route that looks after itself, and a lifespan in which the relay speaks.

    Where Slack is not configured the route is there as well and says so, and nothing runs.
    """
    if not is_configured(settings):
        router = APIRouter()
        router.add_route(PATH, _closed, methods=["POST"], include_in_schema=False)
        return router
    return routes_of(SlackDoor(application, settings, every=every, pace=pace))


def routes_of(door: Door) -> APIRouter:
    """The one route of a door, open while the web application is."""

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        await door.open()
        try:
            yield
        finally:
            await door.close()

    router = APIRouter(lifespan=lifespan)
    router.add_route(PATH, door.endpoint, methods=["POST"], include_in_schema=False)
    return router


async def _closed(_: Request) -> Response:
    return JSONResponse({"error": "there is no Slack door here"}, 404)


class TooMuch(Exception):
    """More bytes than Slack sends."""


async def body_of(request: Request) -> bytes:
    """The body, never more of it in memory than LARGEST."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > LARGEST:
        raise TooMuch
    held = bytearray()
    async for piece in request.stream():
        held += piece
        if len(held) > LARGEST:
            raise TooMuch
    return bytes(held)


def again(body: bytes) -> Callable[[], Awaitable[Message]]:
    """A request's receive channel that gives a body that was read already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
