"""What the web door was told: where it listens, how it knows who is there, and its limits."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from agent.settings import Settings
from domain.errors import BadInput, NotAllowed

LOOPBACK_NAMES = ("localhost",)


def new_token() -> str:
    """An unguessable session token: 256 bits from the operating system."""
    return secrets.token_urlsafe(32)


SWEEP_EVERY = 15
"""Minutes between two sweeps of an installation that was not told otherwise."""


@dataclass(frozen=True)
class Options:
    """Checked options of the web door; see `options_from`.

    Exactly one way to know who is there: personas (`header` is "") or the header of a trusted proxy.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    header: str = ""
    proxies: tuple[str, ...] = ()
    session_seconds: int = 12 * 3600
    ancestors: tuple[str, ...] = ()
    body_limit: int = 1_000_000
    """Bytes of one request."""
    heartbeat: float = 15.0
    """Seconds of silence after which a stream says that it is alive."""
    poll: float = 0.25
    """Seconds between two looks at a run that somebody watches."""
    triage_minutes: int | None = None
    """Minutes between two sweeps of the worker; the setting when None."""
    new_token: Callable[[], str] = new_token

    @property
    def personas(self) -> bool:
        """Whether people sign in by picking a demo persona."""
        return not self.header


def options_from(settings: Settings, host: str = "127.0.0.1", port: int = 8000) -> Options:
    """The options for these settings. Refuses what would let strangers in:

    NotAllowed for demo personas on an address that others can reach, and for live mode without a proxy that says who
    is there; BadInput for proxies that are no addresses and ancestors that are no origins.
    """
    header = settings.proxy_user_header.lower()
    if header and not settings.trusted_proxies:
        raise NotAllowed(
            "a header names who is signed in, but no proxy is trusted to send it",
            field="QUARTERMASTER_TRUSTED_PROXIES",
            fix="name the addresses of your proxy",
        )
    if settings.mode == "live" and not header:
        raise NotAllowed(
            "in live mode nobody could sign in",
            field="QUARTERMASTER_PROXY_USER_HEADER",
            fix="put a signing-in proxy in front; name its header, and its address in QUARTERMASTER_TRUSTED_PROXIES",
        )
    if not header and not is_loopback(host):
        raise NotAllowed(
            f"demo personas need no password, and {host} can be reached by others",
            field="--host",
            fix="listen on 127.0.0.1, or set QUARTERMASTER_MODE=live with a signing-in proxy in front",
        )
    return Options(
        triage_minutes=SWEEP_EVERY if settings.triage_minutes is None else settings.triage_minutes,
        host=host,
        port=port,
        header=header,
        proxies=tuple(_network(text) for text in settings.trusted_proxies),
        session_seconds=settings.session_hours * 3600,
        ancestors=tuple(_origin(text) for text in settings.embed_ancestors),
    )


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in LOOPBACK_NAMES


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise BadInput(
            f"'{text[:60]}' is no address or network",
            field="QUARTERMASTER_TRUSTED_PROXIES",
            fix="write addresses such as 10.0.0.5 or networks such as 10.1.0.0/16",
        ) from None


def _origin(text: str) -> str:
    scheme, sign, rest = text.partition("://")
    if scheme not in ("https", "http") or not sign or not rest or any(c in rest for c in "/ ;,'\"") or "*" in rest:
        raise BadInput(
            f"'{text[:60]}' is no origin",
            field="QUARTERMASTER_EMBED_ANCESTORS",
            fix="write origins such as https://erp.example.com, without a path",
        )
    return text
