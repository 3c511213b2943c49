"""The outermost wall of the web door: foreign origins, foreign host names and large bodies stop here, every response
leaves with its security headers, and an error nobody foresaw becomes a problem without a word of what broke."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.options import Options, is_loopback
from api.http.problems import Problem, TooLarge, broken, problem_of
from domain.errors import BadInput, NotAllowed, QuartermasterError

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
EMBEDDED = "/embed/"
"""Paths under this may be shown in a frame by the configured ancestors."""

SIGNED = "/slack/"
"""Requests under this carry a signature over all of them, which their door checks before it reads them: they may come
under any host name (a tunnel's, in a trial), and what is in their body is that door's to judge."""

NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The character NUL as JSON writes it; not the six characters that somebody typed, whose backslash is doubled."""

CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


class Shield:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, options: Options) -> None:
        self._app = app
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def out(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._dress(scope["path"], message)
            await send(message)

        try:
            check_host(scope, self._options)
            check_text(scope)
            check_origin(scope)
            await self._app(scope, await _bounded(scope, receive, self._options.body_limit), out)
        except QuartermasterError as refused:
            await _answer(problem_of(refused), scope, receive, out)
        except Exception:
            logging.getLogger("quartermaster.http").exception("unforeseen, at %s", scope["path"])
            if begun:
                raise
            await _answer(broken(), scope, receive, out)

    def _dress(self, path: str, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(scope=message)
        ancestors = " ".join(self._options.ancestors) if path.startswith(EMBEDDED) else ""
        framed_by = ancestors or "'none'"
        headers["Content-Security-Policy"] = f"{CONTENT_POLICY}; frame-ancestors {framed_by}"
        if not ancestors:
            headers["X-Frame-Options"] = "DENY"
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")


def check_host(scope: Scope, options: Options) -> None:
    """Personas are for this machine: a page that made its own name lead here must not reach them (DNS rebinding)."""
    if not options.personas or scope["path"].startswith(SIGNED):
        return
    if not is_loopback(_parts(f"//{Headers(scope=scope).get('host', '')}").hostname or ""):
        raise NotAllowed(
            "the demo answers under the names of this machine only", field="Host", fix="open http://127.0.0.1 instead"
        )


def check_origin(scope: Scope) -> None:
    """A request that changes something comes from our own pages or from no page at all (CSRF).

    Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin; programs say neither, and carry no
    cookie that they were not given.
    """
    if scope["method"] in SAFE:
        return
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        fine = site in ("same-origin", "none")
    else:
        fine = origin is None or _parts(origin).netloc.lower() == headers.get("host", "").lower()
    if not fine:
        raise NotAllowed(
            "another site sent this request", field="Origin", fix="act from the pages of this installation"
        )


def check_text(scope: Scope) -> None:
    """No database of ours keeps the character NUL in a text, so it is nowhere in an address."""
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        raise BadInput("an address may not contain the character NUL", field="path", fix="take %00 out")


def _parts(address: str) -> SplitResult:
    """The parts of an address; none of what is no address."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", "", "", "")


async def _bounded(scope: Scope, receive: Receive, limit: int) -> Receive:
    """`receive` with the body read ahead, so that it is known to be small enough before anybody works on it."""
    if scope["method"] in ("GET", "HEAD"):
        return receive
    said = Headers(scope=scope).get("content-length", "0")
    parts: list[bytes] = []
    size = 0 if not said.isdecimal() else int(said) if len(said) < 16 else limit + 1
    more = size <= limit
    size = 0 if more else size
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False) and size <= limit
    if size > limit:
        raise TooLarge(f"a request may have at most {limit} bytes", field="body", fix="send less at a time")
    whole = b"".join(parts)
    if not scope["path"].startswith(SIGNED):
        check_body(whole, Headers(scope=scope).get("content-type", ""))
    body: list[Message] = [{"type": "http.request", "body": whole, "more_body": False}]

    async def again() -> Message:
        return body.pop() if body else await receive()

    return again


def check_body(body: bytes, kind: str) -> None:
    """The character NUL is in no text of a body either, however its content type writes it."""
    form = kind.startswith("application/x-www-form-urlencoded")
    if b"\0" in body or (b"%00" in body if form else NUL.search(body)):
        fix = "take %00 out" if form else "take \\u0000 out"
        raise BadInput("text may not contain the character NUL", field="body", fix=fix)


async def _answer(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    await problem.response()(scope, receive, send)
