"""`serve`: the web door on this machine, with the worker inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.cli import exits
from api.cli.session import Session
from domain.errors import DependencyDown

if TYPE_CHECKING:
    from socket import socket

    from fastapi import FastAPI


def serve(session: Session, *, host: str, port: int) -> int:
    """`serve`: open the data folder (the demo's world in an empty one), listen until stopped, go on where it was."""
    from api.http.app import create_app
    from api.http.opening import open_for_serving
    from api.http.options import options_from

    settings = session.settings()
    options = options_from(settings, host, port)
    application, closing = open_for_serving(settings, session.now)
    try:
        session.output.progress(f"Quartermaster listens on http://{_name(host)}:{port} (stop with Ctrl-C)")
        _listen(create_app(application, options), host, port)
    finally:
        closing()
    return exits.OK


def _listen(app: FastAPI, host: str, port: int) -> None:
    """Serve until interrupted. The peer's address stays the peer's: only then can a proxy be told from a stranger."""
    import signal

    import uvicorn

    class Door(uvicorn.Server):
        """A server that lets the readers of its streams go when it closes, so that they need not be cut off."""

        async def shutdown(self, sockets: list[socket] | None = None) -> None:
            app.state.broadcaster.close()
            await super().shutdown(sockets)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="error",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    try:
        Door(config).run()
    except KeyboardInterrupt:
        return  # the door was closed in good order, and the signal is handed on
    except SystemExit:
        raise DependencyDown(
            f"cannot listen on {host}:{port}", field="--port", fix="stop what listens there, or name another port"
        ) from None


def _name(host: str) -> str:
    return f"[{host}]" if ":" in host else host
