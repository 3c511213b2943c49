"""Every page in the browser, full of hostile text: accessible, no wider than a phone, silent, and none of it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from agent.runtime.application import Application
from api.http.options import Options
from tests.browser.house import (
    NARROW,
    WIDE,
    Server,
    aside,
    faults_of_accessibility,
    held,
    overflows,
    serving,
    visiting,
)
from tests.panel.house import HOSTILE, answered, drawn_seed, on_built_in, on_generated, pages

pytestmark = pytest.mark.real
Rig = tuple[Server, tuple[str, ...]]
"""A server, and the addresses of its pages."""


def _rig(opening: AbstractContextManager[Application], user: str) -> Iterator[Rig]:
    with held(opening) as application:
        sku = application.browse.facts().skus[0].id
        _, conversation = aside(lambda: answered(application, f"who holds {sku}? {HOSTILE[0]}", user))
        card = next(card for card in application.approvals("lena") if not card.before)
        application.reject(card.approval, "lena", HOSTILE[1], card.digest, settle=False)
        other = application.policies.document().text.replace("horizon_days: 28", "horizon_days: 21")
        application.policies.propose(other, "paula", HOSTILE[2])
        with serving(application) as server:
            yield server, pages(application, conversation, each=1)


@pytest.fixture(scope="module", params=["built_in", "generated"])
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    home: Path = tmp_path_factory.mktemp("every") / "home"
    make: Callable[..., AbstractContextManager[Application]] = on_built_in
    if request.param == "generated":
        make = partial(on_generated, seed=drawn_seed())
    yield from _rig(make(home, hostile=True), "lena")


@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", NARROW)])
def test_every_page_is_accessible_fits_and_is_silent_and_hostile_text_stays_text(
    browser: Browser, rig: Rig, scheme: str, width: int
):
    server, paths = rig
    wrong: list[str] = []
    with visiting(browser, server, "lena", width=width, scheme=scheme) as (page, trouble):
        for path in ("/sign-in", *paths):
            page.goto(path)
            page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
            wrong += [f"{path}: {fault}" for fault in faults_of_accessibility(page)]
            if overflows(page):
                wrong.append(f"{path}: must be scrolled sideways at {width}")
            if page.evaluate("window.owned !== undefined"):
                wrong.append(f"{path}: hostile text ran")
            wrong += [f"{path}: {said}" for said in trouble.found]
            trouble.found.clear()
    assert not wrong, "\n".join(wrong)


def test_dark_mode_is_dark_and_light_mode_is_light(browser: Browser, application: Application, tmp_path: Path):
    shade = "(() => { const c = getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number);"
    shade += " return (c[0] + c[1] + c[2]) / 3 })()"
    with serving(application) as server:
        for scheme, dark in (("dark", True), ("light", False)):
            with visiting(browser, server, "lena", scheme=scheme) as (page, _):
                page.goto("/approvals")
                picture = page.screenshot(path=tmp_path / f"{scheme}.png")
                assert len(picture) > 10_000
                assert (page.evaluate(shade) < 60) is dark


def test_another_system_may_frame_the_panel_only_when_it_is_named(browser: Browser, application: Application):
    with hosting() as (host, shows):
        for ancestors, shown in (((host,), True), ((), False)):
            with serving(application, Options(poll=0.05, ancestors=ancestors)) as server:
                script = f"<script src='{server.url}/static/quartermaster-panel.js'></script>"
                shows.append(f"<!doctype html><title>Host</title>{script}<quartermaster-panel></quartermaster-panel>")
                with visiting(browser, server, "lena") as (page, trouble):
                    page.goto(host)
                    question = page.frame_locator("iframe").get_by_label("Your question")
                    if shown:
                        question.fill("what waits for me?")
                        question.press("Enter")
                        expect(page.frame_locator("iframe").locator(".turn .evidence")).to_be_visible()
                        assert not trouble.found
                    else:
                        while not any("frame-ancestors" in said for said in trouble.found):
                            page.wait_for_timeout(50)
                        assert question.count() == 0


@contextmanager
def hosting() -> Iterator[tuple[str, list[str]]]:
    """Another system's web server: its address, and the pages it shows, of which the last counts."""
    shows: list[str] = []

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write((shows[-1] if self.path == "/" else "").encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", shows
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
