"""Asking in the browser: steps appear while they happen, and a browser that goes away stops nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Request, expect

from agent.runtime.application import Application
from tests.browser.gate import Gate
from tests.browser.house import ask, opened_context, serving, signed_in, visiting

pytestmark = pytest.mark.real

STEPS = ".turn .steps > li"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate(monkeypatch)
    yield made
    made.open()


@pytest.fixture
def question(application: Application) -> str:
    sku = application.browse.facts().skus[0].id
    return f"who gets the last 120 of {sku}?"


def test_steps_stream_as_they_happen_and_then_the_answer_with_its_table_and_evidence(
    browser: Browser, application: Application, gate: Gate, question: str
):
    with serving(application) as server, visiting(browser, server, "paula") as (page, trouble):
        ask(page, question)
        expect(page.locator(".asked")).to_have_text(f"You asked: {question}")
        expect(page.locator(STEPS)).to_have_count(2)
        expect(page.get_by_text("Working on it")).to_be_visible()
        expect(page.locator(".answer table")).to_have_count(0)
        gate.one()
        expect(page.locator(STEPS)).to_have_count(3)
        expect(page.get_by_text("Working on it")).to_be_visible()
        gate.open()
        expect(page.locator(".answer table")).to_be_visible()
        expect(page.get_by_text("Working on it")).to_have_count(0)
        expect(page.get_by_label("Your question")).to_have_value("")
        assert page.locator("[role=log]").get_attribute("aria-live") == "polite"
        assert "/chat/" in page.url
        evidence = page.locator(".evidence a.mono").first
        key = evidence.inner_text()
        evidence.click()
        expect(page.locator(f"[id='{key}']")).to_be_visible()
        assert not trouble.found


def test_closing_the_browser_mid_run_loses_nothing(
    browser: Browser, application: Application, gate: Gate, question: str
):
    with serving(application) as server:
        with visiting(browser, server, "paula") as (page, _):
            ask(page, question)
            expect(page.locator(STEPS)).to_have_count(2)
            where = page.url
        gate.one()
        with visiting(browser, server, "paula") as (page, _):
            page.goto(where)
            expect(page.locator(STEPS)).to_have_count(3)
            expect(page.get_by_text("Working on it")).to_be_visible()
            gate.open()
            expect(page.locator(".answer table")).to_be_visible()
            shown = [text.strip() for text in page.locator(STEPS).all_inner_texts()]
            assert len(shown) == len(set(shown)) >= 4
            page.reload()
            expect(page.locator(".answer table")).to_be_visible()


def test_a_connection_that_breaks_comes_back_where_it_was(
    browser: Browser, application: Application, gate: Gate, question: str
):
    with serving(application) as server:
        context = opened_context(browser, server)
        page = context.new_page()
        asked: list[str] = []

        def note(request: Request) -> None:
            if "/stream" in request.url:
                asked.append(request.headers.get("last-event-id", ""))

        page.on("request", note)
        signed_in(page, "paula")
        ask(page, question)
        expect(page.locator(STEPS)).to_have_count(2)
        gate.open()
        server.stop()
        server.start()
        expect(page.locator(".answer table")).to_be_visible()
        shown = [text.strip() for text in page.locator(STEPS).all_inner_texts()]
        assert len(shown) == len(set(shown)) >= 4, shown
        assert asked[0] == "" and asked[-1] not in ("", "0"), asked
        context.close()


def test_a_suggestion_or_an_offer_is_one_click(browser: Browser, application: Application, question: str):
    with serving(application) as server, visiting(browser, server, "paula") as (page, trouble):
        page.goto("/chat")
        page.locator("#starters button").first.click()
        expect(page.locator(".turn .evidence")).to_have_count(1)
        buttons = page.locator(".answer button")
        if buttons.count():
            buttons.first.click()
            expect(page.locator(".turn")).to_have_count(2)
            expect(page.locator(".turn .evidence")).to_have_count(2)
        assert not trouble.found
