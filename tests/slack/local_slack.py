"""A strict local Slack: a real HTTP server that refuses what Slack refuses, slows us as it does, and records it all."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.slack.block_kit import shouting
from tests.slack.methods import METHODS, TIER, argument_error
from tests.slack.workspace import Refused, Workspace

TOKEN = "xoxb-local-0000"


@dataclass(frozen=True)
class Call:
    """One call as it came: method, arguments, when (monotonic seconds), and `ok` or Slack's error word."""

    method: str
    given: dict[str, Any]
    at: float
    answer: str


@dataclass
class Limits:
    """How often: each method by its tier, messages by channel, and refusals asked for by a test.

    A channel takes `burst` messages at once before it is held to one a second.
    """

    asked: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    calls: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    due: dict[str, float] = field(default_factory=dict)
    burst: int = 5

    def wait(self, method: str, given: dict[str, Any], now: float) -> int:
        """Seconds to wait before this call is taken; 0 takes it."""
        if self.asked[method]:
            return self.asked[method].popleft()
        recent = self.calls[method]
        while recent and recent[0] <= now - 60:
            recent.popleft()
        tier = METHODS[method].tier
        if tier and len(recent) >= TIER[tier]:
            return max(1, round(recent[0] + 60 - now + 0.5))
        if method == "chat.postMessage" and not self._channel_takes(str(given.get("channel")), now):
            return 1
        recent.append(now)
        return 0

    def _channel_takes(self, channel: str, now: float) -> bool:
        """One message a second into a channel, and a burst on top."""
        due = max(self.due.get(channel, now), now)
        if due - now > self.burst - 1:
            return False
        self.due[channel] = due + 1
        return True


class LocalSlack:
    """Start it with `with LocalSlack() as slack:`; `slack.url` is what the app is given as API address.

    `problems` are the calls of our app that Slack would not have taken, in words: a test ends with none, or with
    exactly those it provoked. `calls` is everything that came. `after` is a hook of a test, run when a call was carried
    out and before it is answered: it gets method and arguments, and raises ConnectionError to lose the answer.
    """

    def __init__(self) -> None:
        self.workspace = Workspace()
        self.calls: list[Call] = []
        self.problems: list[str] = []
        self.limits = Limits()
        self.after: Callable[[str, dict[str, Any]], None] = lambda method, given: None
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._serve, name="local-slack", daemon=True)

    def __enter__(self) -> LocalSlack:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def slow_down(self, method: str, *seconds: int) -> None:
        """The next calls of a method are refused with 429 and these Retry-After."""
        self.limits.asked[method].extend(seconds)

    def wait_for(self, what: Callable[[], object], seconds: float = 20) -> Any:
        """Wait until something is so (looked at again after every call); what it gave. Fails with what was seen."""
        end = time.monotonic() + seconds
        with self._changed:
            while not (found := what()):
                left = end - time.monotonic()
                assert left > 0, f"waited {seconds} s; last calls: {[(c.method, c.answer) for c in self.calls[-12:]]}"
                self._changed.wait(min(left, 0.05))
        return found

    def made(self, method: str) -> list[Call]:
        """The calls of a method that were taken."""
        return [call for call in self.calls if call.method == method and call.answer == "ok"]

    def counted(self) -> Counter[str]:
        """How often each method was called, taken or not."""
        return Counter(call.method for call in self.calls)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())
        self._loop.close()

    async def _run(self) -> None:
        self._stop = asyncio.Event()
        app = web.Application(client_max_size=1_000_000)
        app.router.add_route("*", "/api/{method}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/api/"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            given = await self._arguments(request)
        except ValueError:
            return self._said(method, {}, "invalid_json")
        if method not in METHODS:
            return self._said(method, given, "unknown_method")
        if request.method != METHODS[method].verb:
            self.problems.append(f"{method}: came as {request.method}")
            return self._said(method, given, "method_not_supported")
        refused = _token_error(request)
        if refused:
            return self._said(method, given, refused)
        wait = self.limits.wait(method, given, time.monotonic())
        if wait:
            self._note(method, given, "ratelimited")
            body = {"ok": False, "error": "ratelimited"}
            return web.json_response(body, status=429, headers={"Retry-After": str(wait)})
        return self._carry_out(request, method, given)

    def _carry_out(self, request: web.Request, method: str, given: dict[str, Any]) -> web.StreamResponse:
        wrong = argument_error(method, given)
        if wrong:
            self.problems += wrong[1]
            return self._said(method, given, wrong[0])
        self.problems += [f"{method}: would become <{what}>" for what in _loud(given)]
        try:
            with self._changed:
                body = self.workspace.call(method, given)
        except Refused as refused:
            self.problems.append(f"{method}: {refused.error}")
            return self._said(method, given, refused.error)
        try:
            self.after(method, given)
        except ConnectionError:
            self._note(method, given, "ok")
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        return self._said(method, given, "ok", body)

    def _said(self, method: str, given: dict[str, Any], answer: str, body: Any = None) -> web.Response:
        self._note(method, given, answer)
        if answer == "ok":
            return web.json_response({"ok": True, **body})
        return web.json_response({"ok": False, "error": answer})

    def _note(self, method: str, given: dict[str, Any], answer: str) -> None:
        with self._changed:
            self.calls.append(Call(method, given, time.monotonic(), answer))
            self._changed.notify_all()

    async def _arguments(self, request: web.Request) -> dict[str, Any]:
        given: dict[str, Any] = dict(request.query)
        if request.content_type == "application/json":
            body = await request.json()
            if not isinstance(body, dict):
                raise ValueError
            given.update(body)
        else:
            given.update({name: value for name, value in (await request.post()).items() if isinstance(value, str)})
        for name in ("blocks", "view", "metadata", "chunks"):
            if isinstance(given.get(name), str):
                given[name] = json.loads(given[name])
        return given


def _loud(given: dict[str, Any]) -> list[str]:
    """Mentions, broadcasts and links that a call would make of words that are not ours."""
    said = {"type": "mrkdwn", "text": given.get("text") or ""}
    return shouting([said, given.get("blocks"), given.get("view"), given.get("chunks")])


def _token_error(request: web.Request) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if not token:
        return "not_authed"
    return "" if kind == "Bearer" and token == TOKEN else "invalid_auth"
