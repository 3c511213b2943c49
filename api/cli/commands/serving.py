"""`serve`: the web door on this machine, with the worker inside."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from api.cli import exits
from api.cli.session import Session
from domain.errors import DependencyDown

if TYPE_CHECKING:
    from fastapi import FastAPI


def serve(session: Session, *, host: str, port: int) -> int:
    """`serve`: open the data folder (the demo's world in an empty one), listen until stopped, go on where it was."""
    from api.http.app import create_app
    from api.http.opening import open_installation
    from api.http.options import options_from

    settings = session.told()
    options = options_from(settings, host, port)
    with _socket(host, port) as listening:
        installation = open_installation(settings, session.now, session.home)
        try:
            for entity in installation.entities:
                session.tell_other_file(installation.application(entity.id))
            app = create_app(installation, options)
            session.output.progress(f"Quartermaster listens on http://{_name(host)}:{port} (stop with Ctrl-C)")
            _listen(app, listening)
        finally:
            installation.close()
    return exits.OK


def _socket(host: str, port: int) -> socket.socket:
    """The socket to listen on, taken before anything is opened. DependencyDown when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family)
    except OSError as error:
        raise DependencyDown(
            f"cannot listen on {host}:{port} ({error.strerror})",
            field="--port",
            fix="stop what listens there, or name another port or address",
        ) from None


def _listen(app: FastAPI, listening: socket.socket) -> None:
    """Serve until interrupted. The peer's address stays the peer's: only then can a proxy be told from a stranger."""
    import uvicorn

    class Door(uvicorn.Server):
        """A server that lets the readers of its streams go when it closes, so that they need not be cut off."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.broadcaster.close()
            await super().shutdown(sockets)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config = uvicorn.Config(
        app, log_level="error", proxy_headers=False, server_header=False, timeout_graceful_shutdown=5
    )
    with suppress(KeyboardInterrupt):  # the door is closed in good order before the signal is handed on
        Door(config).run(sockets=[listening])


def _name(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
