"""Deciding in the browser: edit and approve, two people at once, and all of it with the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from agent.runtime.application import Application
from guardrails.cards import Card
from storage.records import ApprovalState, MoveState
from tests.browser.house import opened_context, serving, visiting

pytestmark = pytest.mark.real


def cards_for(application: Application, user: str) -> list[Card]:
    """Cards that a person can decide alone, with a line that gains."""
    waiting = application.approvals()
    return [
        card
        for card in application.approvals(user)
        if card.quantities and card.gains and sum(one.move == card.move for one in waiting) == 1
    ]


def settled(page: Page, application: Application, move: str) -> MoveState:
    """Where a move stands once the worker has carried it out."""
    for _ in range(300):
        state = application.browse.move(move).state
        if state not in (MoveState.WAITING, MoveState.APPROVED, MoveState.READY, MoveState.EXECUTING):
            return state
        page.wait_for_timeout(100)
    raise AssertionError(f"{move} is still {state}")


def test_a_planner_edits_a_quantity_and_the_edited_move_is_carried_out(browser: Browser, application: Application):
    card = cards_for(application, "paula")[0]
    reserve = next(a for a in application.browse.move(card.move).move.actions if a.kind == "reserve")
    with serving(application) as server, visiting(browser, server, "paula") as (page, trouble):
        page.goto("/approvals")
        before = int(page.locator("#badge").get_attribute("data-count") or 0)
        shown = page.locator(f"#card-{card.approval}")
        expect(shown.get_by_role("columnheader", name="Promise date")).to_be_visible()
        shown.get_by_text("Edit quantities").click()
        field = shown.locator(f"input[name='units.{reserve.id}']")
        field.fill(str(reserve.quantity - 1))
        page.locator(f"#edit-why-{card.approval}").fill("counted again")
        shown.locator("[data-edit] select[name='reason_code']").select_option("better-plan")
        shown.get_by_role("button", name="Save the edit").click()
        expect(page.locator(f"#card-{card.approval}").get_by_text("Your edit is saved")).to_be_visible()
        again = page.locator(f"#card-{card.approval} [data-approve]")
        if again.count():
            again.click()
            expect(page.locator(f"#card-{card.approval}").get_by_text("You approved this.")).to_be_visible()
        expect(page.locator("#badge")).to_have_attribute("data-count", str(before - 1))
        assert settled(page, application, card.move) is MoveState.EXECUTED
        done = next(a for a in application.browse.move(card.move).move.actions if a.id == reserve.id)
        assert done.quantity == reserve.quantity - 1  # type: ignore[union-attr]
        assert not trouble.found


def test_a_second_approver_sees_that_it_is_already_decided(browser: Browser, application: Application):
    card = cards_for(application, "peter")[0]
    with (
        serving(application) as server,
        visiting(browser, server, "paula") as (paula, _),
        visiting(browser, server, "peter") as (peter, _),
    ):
        paula.goto("/approvals")
        peter.goto("/approvals")
        paula.locator(f"#card-{card.approval} [data-approve]").click()
        expect(paula.locator(f"#card-{card.approval}").get_by_text("You approved this.")).to_be_visible()
        peter.locator(f"#card-{card.approval} [data-approve]").click()
        told = peter.locator(f"#card-{card.approval} [role=alert]")
        expect(told).to_contain_text("already decided by Paula Planner")
        expect(told).to_be_focused()
        expect(peter.locator(f"#card-{card.approval} [data-approve]")).to_have_count(0)
        assert application.show(card.approval).decided_by == "paula"


def test_a_card_that_was_changed_meanwhile_is_shown_as_a_difference_and_decided_anew(
    browser: Browser, application: Application
):
    card = next(card for card in application.approvals("lena") if card.role == "lead" and card.loses)
    reserve = next(a for a in application.browse.move(card.move).move.actions if a.kind == "reserve")
    with serving(application) as server, visiting(browser, server, "lena") as (page, _):
        page.goto("/approvals")
        application.edit(
            card.approval,
            "paula",
            {reserve.id: reserve.quantity // 2},
            card.digest,
            settle=False,
            reason="counted again",
        )
        shown = page.locator(f"#card-{card.approval}")
        shown.locator("[data-approve]").click()
        expect(shown.get_by_role("alert")).to_contain_text("Nothing was decided")
        expect(shown.locator("[data-diff]")).to_contain_text(card.loses[0].line)
        assert application.show(card.approval).state is ApprovalState.PENDING
        shown.locator("[data-approve]").click()
        expect(shown.get_by_text("You approved this.")).to_be_visible()
        assert application.show(card.approval).decided_by == "lena"


def test_everything_can_be_done_with_the_keyboard_alone(browser: Browser, application: Application):
    cards = cards_for(application, "paula")
    with serving(application) as server:
        context = opened_context(browser, server)
        page = context.new_page()
        page.goto("/sign-in")
        page.keyboard.press("Tab")
        assert focused(page) == "Skip to the page"
        page.keyboard.press("Tab")
        assert "Paula Planner" in focused(page)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        expect(page.get_by_label("Your question")).to_be_visible()
        for _ in range(20):
            page.keyboard.press("Tab")
            if focused(page).startswith("Approvals"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Approvals")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        wanted = [card.approval for card in application.approvals("paula")]
        for _ in range(wanted.index(cards[0].approval) + 1):
            page.keyboard.press("j")
        assert page.evaluate("document.activeElement.id") == f"card-{cards[0].approval}"
        page.keyboard.press("a")
        assert "Approve" in focused(page)
        page.keyboard.press("Enter")
        expect(page.locator(f"#card-{cards[0].approval}").get_by_text("You approved this.")).to_be_visible()
        expect(page.locator(f"#card-{cards[0].approval}")).to_be_focused()
        for _ in range(wanted.index(cards[1].approval) - wanted.index(cards[0].approval)):
            page.keyboard.press("j")
        page.keyboard.press("r")
        page.keyboard.type("not before Friday")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(f"#card-{cards[1].approval}").get_by_text("You rejected this.")).to_be_visible()
        assert application.show(cards[1].approval).decision_reason == "not before Friday"
        page.keyboard.press("/")
        page.keyboard.type(cards[0].gains[0].order)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(cards[0].gains[0].order)
        context.close()
    assert application.show(cards[0].approval).state is ApprovalState.APPROVED


def focused(page: Page) -> str:
    """What the focused element says."""
    return str(page.evaluate("document.activeElement.textContent.trim()"))
