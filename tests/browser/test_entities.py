"""Two legal entities in the browser: somebody of both says where they are, and goes on at the other from any page."""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from evals.isolation import leaks, marks
from tests.browser.house import (
    NARROW,
    Trouble,
    aside,
    faults_of_accessibility,
    held,
    opened_context,
    overflows,
    serving,
)
from tests.entities.house import Company, begin, company, installed, settings_of

pytestmark = pytest.mark.real
PAGES = ("/cases", "/approvals", "/delegations", "/autonomy", "/claims", "/policy", "/stops", "/supply")


def only_of(page: Page, here: Company, other: Company) -> None:
    """Every page says where one is, and shows nothing of the other company."""
    for path in PAGES:
        page.goto(path)
        expect(page.locator("header.top .who")).to_contain_text(f"{here.mark} Handel")
        assert not leaks(page.content().encode(), [other.mark]), path
        assert not faults_of_accessibility(page) and not overflows(page), path


def test_somebody_of_both_companies_goes_from_one_to_the_other_and_sees_one_at_a_time(browser: Browser, tmp_path: Path):
    seed = secrets.randbelow(10**6)
    print(f"generated worlds: seed {seed}")
    first, second = marks(seed, 2)
    north, south = company(seed, first), company(seed + 1, second)
    settings = settings_of(tmp_path, north, south, both="olga")
    for one in (north, south):
        aside(partial(begin, settings, one, 0))
    with held(installed(settings, north, south)) as installation, serving(installation) as server:
        context = opened_context(browser, server, width=NARROW, scheme="dark")
        page, trouble = context.new_page(), Trouble()
        trouble.listen(page)
        page.goto("/sign-in")
        page.get_by_label("Your user id").fill("olga")
        page.get_by_role("button", name="Sign in").click()
        assert not faults_of_accessibility(page) and not overflows(page)
        page.get_by_role("button", name=f"{north.mark} Handel").click()
        only_of(page, north, south)
        page.locator("header.top").get_by_role("link", name=f"{north.mark} Handel").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("For which legal entity?")
        assert not faults_of_accessibility(page) and not overflows(page)
        page.get_by_role("button", name=f"{south.mark} Handel").click()
        only_of(page, south, north)
        assert not trouble.found
        context.close()
