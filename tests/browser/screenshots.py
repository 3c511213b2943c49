"""`make screenshots`: the main pages on the built-in world after the supplier's delay, as pictures for the docs."""

from __future__ import annotations

import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect, sync_playwright

from agent.runtime.application import Application
from api.http.options import Options
from tests.agent.house import who
from tests.browser.house import NARROW, aside, held, launched, opened_context, serving, signed_in
from tests.panel.house import on_built_in

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
HEIGHT = 800


def take(folder: Path = FOLDER) -> tuple[Path, ...]:
    """The pictures, written anew; the world, its clock and what is done in it are always the same."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = launched(playwright)
        with held(on_built_in(Path(home) / "home")) as application:
            aside(lambda: _some_decisions(application))
            with serving(application, Options(poll=0.05)) as server:
                taken += _pictures(browser, server.url, application, folder)
        browser.close()
    return tuple(taken)


def _some_decisions(application: Application) -> None:
    """Two cards decided and a version of the policy proposed, so that the pages have something to tell."""
    application._parts.clock.advance(timedelta(minutes=35))  # type: ignore[attr-defined]
    for card in [card for card in application.approvals() if card.role == "planner" and not card.before][:2]:
        application.approve(card.approval, who(card), card.digest, "fits the week")
    text = application.policies.document().text
    application.policies.propose(text.replace("horizon_days: 28", "horizon_days: 21"), "paula", "We plan three weeks")


def _pictures(browser: Browser, url: str, application: Application, folder: Path) -> list[Path]:
    card = next(card for card in application.approvals() if not card.before and card.role == "lead")
    sku, order = card.gains[0].sku, card.loses[0].order
    wide = (
        ("approvals", "/approvals"),
        ("cases", "/cases"),
        ("case", f"/cases/{card.case}"),
        ("sku", f"/skus/{quote(sku, safe='')}"),
        ("order", f"/orders/{quote(order, safe='')}"),
        ("metrics", "/metrics"),
        ("policy", "/policy"),
        ("stops", "/stops"),
    )
    taken: list[Path] = []
    for name, scheme, width in (("light", "light", 1200), ("phone", "dark", NARROW)):
        context = opened_context(browser, url, width=width, scheme=scheme)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": HEIGHT})
        signed_in(page, "lena")
        page.get_by_label("Your question").fill(f"Who gets the last 120 of {sku}?")
        page.keyboard.press("Enter")
        expect(page.locator(".turn .evidence")).to_be_visible()
        page.goto(page.url)
        suffix = "" if name == "light" else f"-{name}"
        taken.append(_picture(page, folder / f"chat{suffix}.png"))
        for key, path in wide if name == "light" else wide[:1]:
            page.goto(path)
            taken.append(_picture(page, folder / f"{key}{suffix}.png"))
        context.close()
    return taken


def _picture(page: Page, path: Path) -> Path:
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=path, animations="disabled")
    return path


if __name__ == "__main__":
    for path in take():
        sys.stdout.write(f"{path.relative_to(FOLDER.parents[1])} {path.stat().st_size // 1024} KB\n")
