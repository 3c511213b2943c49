"""A browser, a server on a port of this machine, and what every page must be."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from agent.runtime.application import Application
from agent.runtime.installation import Installation
from api.http.app import create_app
from api.http.options import Options

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage",
)  # fmt: skip
T = TypeVar("T")
WIDE, NARROW = 1280, 420
PATIENCE = 30_000
"""Milliseconds; the machine may be busy."""


def launched(playwright: Playwright) -> Browser:
    """Debian's Chromium, which talks to nobody but us."""
    path = shutil.which("chromium")
    assert path, "there is no chromium on the PATH; make test-real installs Debian's"
    expect.set_options(timeout=PATIENCE)
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))


def aside(do: Callable[[], T]) -> T:
    """Do it in a thread of its own: Playwright keeps an event loop in this one, which the durable engine minds."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(do).result()


@contextmanager
def held(opening: AbstractContextManager[T]) -> Iterator[T]:
    """A context entered and left aside."""
    yield aside(opening.__enter__)
    aside(lambda: opening.__exit__(None, None, None))


class Server:
    """The web application of one open Application, or of several, on one port; it can go away and come back there."""

    def __init__(self, application: Application | Installation, options: Options | None = None) -> None:
        self.application = application
        self._options = options or Options(poll=0.05, heartbeat=2.0)
        self._port = 0
        self._running: tuple[uvicorn.Server, threading.Thread, Any] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> Server:
        """Listen, on the port of before when there was one."""
        app = create_app(self.application, self._options)
        config = uvicorn.Config(
            app, port=self._port, log_level="error", proxy_headers=False, timeout_graceful_shutdown=2
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            thread.join(0.02)
        self._port = server.servers[0].sockets[0].getsockname()[1]
        self._running = (server, thread, app)
        return self

    def stop(self) -> None:
        """Close every connection and stop listening."""
        if self._running is not None:
            server, thread, app = self._running
            app.state.broadcaster.close()
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()
            self._running = None


@contextmanager
def serving(application: Application | Installation, options: Options | None = None) -> Iterator[Server]:
    """A server for as long as it is needed."""
    server = Server(application, options).start()
    try:
        yield server
    finally:
        server.stop()


@dataclass
class Trouble:
    """What went wrong in a page: console errors, uncaught errors, dialogs that text of others opened."""

    found: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Note everything this page complains of."""
        page.on("console", lambda said: self._note(said.type, f"{said.text} {said.location.get('url', '')}"))
        page.on("pageerror", lambda error: self.found.append(f"pageerror: {error}"))
        page.on("dialog", lambda dialog: self.found.append(f"dialog: {dialog.message}"))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.found.append(f"{kind}: {text}")


@contextmanager
def visiting(browser: Browser, server: Server, user: str, **more: Any) -> Iterator[tuple[Page, Trouble]]:
    """A page of a person who has signed in by picking a persona."""
    context = opened_context(browser, server, **more)
    page, trouble = context.new_page(), Trouble()
    trouble.listen(page)
    try:
        signed_in(page, user)
        yield page, trouble
    finally:
        context.close()


def opened_context(
    browser: Browser, server: Server | str, *, width: int = WIDE, scheme: str = "light"
) -> BrowserContext:
    """A browser of its own: cookies, size, light or dark."""
    context = browser.new_context(
        base_url=server if isinstance(server, str) else server.url,
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    return context


def signed_in(page: Page, user: str) -> None:
    """Pick a persona on the sign-in page."""
    page.goto("/sign-in")
    page.locator(f"form:has(input[value='{user}']) button").click()
    expect(page.locator("nav.side")).to_be_visible()


def faults_of_accessibility(page: Page) -> list[str]:
    """What axe-core finds wrong, one line each."""
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found.response["violations"]
    ]


def overflows(page: Page) -> bool:
    """Whether the page must be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def ask(page: Page, text: str) -> None:
    """Type a question and send it with Enter."""
    page.goto("/chat")
    page.get_by_label("Your question").fill(text)
    page.keyboard.press("Enter")
