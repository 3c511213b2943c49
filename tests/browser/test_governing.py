"""Governing in the browser: a day of not now, somebody else, many at once, a stand-in, and a stop that two lift."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from agent.runtime.application import Application
from storage.records import ApprovalState
from tests.agent.house import approve_fully
from tests.browser.house import NARROW, aside, faults_of_accessibility, overflows, serving, visiting
from tests.browser.test_deciding import cards_for

pytestmark = pytest.mark.real


def fine(page: Page) -> None:
    """Open everything that is folded: accessible, and no wider than its window."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
    assert not faults_of_accessibility(page) and not overflows(page)


def test_a_card_is_put_aside_given_away_and_spoken_about_with_the_keyboard(browser: Browser, application: Application):
    first, second = cards_for(application, "paula")[:2]
    with serving(application) as server, visiting(browser, server, "paula", width=NARROW) as (page, trouble):
        page.goto("/approvals")
        shown = page.locator(f"#card-{first.approval}")
        shown.focus()
        page.keyboard.press("n")
        expect(shown.get_by_label("Show it again")).to_be_focused()
        shown.get_by_role("button", name="Put it aside").click()
        expect(page.locator(f"#card-{first.approval}")).to_contain_text("back in your list")
        other = page.locator(f"#card-{second.approval}")
        other.get_by_text("Comment", exact=True).click()
        other.get_by_label("Everybody who sees this card reads it").fill("<b>call</b> them first")
        other.get_by_role("button", name="Say it").click()
        expect(page.locator(f"#card-{second.approval} .comments")).to_contain_text("<b>call</b> them first")
        page.locator(f"#card-{second.approval}").focus()
        page.keyboard.press("g")
        other.get_by_label("Give it to").select_option("peter")
        other.locator("[data-reassign]").get_by_label("Reason").select_option("wrong-person")
        other.get_by_role("button", name="Give it away").click()
        expect(page.locator(f"#card-{second.approval}")).to_contain_text("in the list of Peter")
        page.goto("/approvals")
        expect(page.get_by_role("heading", name="Put aside by you")).to_be_visible()
        fine(page)
        page.goto(f"/approvals/{second.approval}")
        expect(page.locator("#history")).to_contain_text("reassigned")
        fine(page)
        assert not trouble.found
    assert application.show(first.approval).state is ApprovalState.PENDING
    assert application.show(second.approval).assigned_to == "peter"


def test_those_that_were_ticked_are_decided_together_after_a_look(browser: Browser, application: Application):
    cards = cards_for(application, "paula")[:2]
    with serving(application) as server, visiting(browser, server, "paula") as (page, trouble):
        page.goto("/approvals")
        for card in cards:
            page.locator(f"#card-{card.approval}").focus()
            page.keyboard.press("x")
        page.get_by_role("button", name="Approve the 2 I ticked").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Approve the 2 you ticked?")
        fine(page)
        application.reject(cards[1].approval, "peter", "not today", cards[1].digest, settle=False)
        page.get_by_role("button", name="Approve these 2").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("1 of 2 decided")
        fine(page)
        assert [one for one in trouble.found if "409" not in one] == []
    assert application.show(cards[0].approval).decided_by == "paula"
    assert application.show(cards[1].approval).decided_by == "peter"


def test_a_lead_hands_the_role_over_and_the_stand_in_decides_in_it(browser: Browser, application: Application):
    card = next(card for card in application.approvals("lena") if card.role == "lead")
    with (
        serving(application) as server,
        visiting(browser, server, "lena", width=NARROW) as (lena, _),
        visiting(browser, server, "paula") as (paula, _),
    ):
        lena.goto("/delegations")
        lena.get_by_label("Which role").select_option("lead")
        lena.get_by_label("To whom").select_option("paula")
        lena.get_by_role("button", name="Hand it over").click()
        expect(lena.get_by_role("button", name="Take back lead")).to_be_visible()
        lena.get_by_role("button", name="I am away").click()
        expect(lena.get_by_role("button", name="I am back")).to_be_visible()
        fine(lena)
        paula.goto("/approvals")
        expect(paula.locator(".sub")).to_contain_text("You stand in for Lena Lead")
        paula.locator(f"#card-{card.approval} [data-approve]").click()
        expect(paula.locator(f"#card-{card.approval}")).to_contain_text("You approved this.")
    after = application.show(card.approval)
    assert (after.decided_by, after.decided_for) == ("paula", "lena")


def test_one_stops_all_writes_and_two_others_let_them_go_on(browser: Browser, application: Application):
    with (
        serving(application) as server,
        visiting(browser, server, "paula", width=NARROW) as (paula, _),
        visiting(browser, server, "lena") as (lena, _),
        visiting(browser, server, "peter") as (peter, _),
    ):
        paula.goto("/cases")
        paula.get_by_role("link", name="Stop writes").click()
        paula.locator("main").get_by_label("Reason").select_option("incident")
        paula.get_by_role("button", name="Stop writes now").click()
        expect(paula.locator(".banner")).to_contain_text("By Paula Planner")
        fine(paula)
        lena.goto("/approvals")
        lena.locator(".banner").get_by_role("link", name="Let them go on").click()
        lena.get_by_role("button", name="Ask to let writes go on").click()
        expect(lena.locator(".banner")).to_contain_text("A second person")
        peter.goto("/stops")
        expect(peter.locator(".banner")).to_contain_text("Lena Lead asked")
        fine(peter)
        peter.get_by_role("button", name="Agree: let writes go on").click()
        expect(peter.locator(".banner")).to_have_count(0)
    assert not application.standing.stops()


def test_an_executed_move_is_taken_back_from_its_case_and_the_new_move_appears_by_itself(
    browser: Browser, application: Application
):
    asked = [card.move for card in application.approvals() if not card.before]
    move = next(one for one in asked if application.browse.move(one).move.kind == "reallocate")
    aside(lambda: approve_fully(application, move))
    with serving(application) as server, visiting(browser, server, "paula", width=NARROW) as (page, trouble):
        page.goto(f"/cases/{application.browse.move(move).case}#move-{move}")
        page.locator(f"[id='move-{move}']").get_by_role("link", name="undo this move").click()
        fine(page)
        page.locator("main").get_by_label("Reason").select_option("mistake")
        page.get_by_role("button", name="Undo this move").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(f"Undo of {move}")
        expect(page.locator("main .rules a[href^='/approvals/']").first).to_be_visible()
        fine(page)
        page.goto(f"/moves/{move}/undo")
        page.locator("main").get_by_label("Reason").select_option("mistake")
        page.get_by_role("button", name="Undo this move").click()
        expect(page.get_by_role("alert")).to_contain_text("being undone in case")
        fine(page)
        assert [one for one in trouble.found if "409" not in one] == []
