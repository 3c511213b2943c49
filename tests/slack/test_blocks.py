"""Whatever names, notes and reasons say, the blocks made from them are valid, say exactly that, and do nothing else."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.casework.outcome import Report
from api.slack.answer import answer_blocks, answer_text
from api.slack.card import binding, bound, card_blocks, card_text, face_of
from api.slack.change import changes
from api.slack.modals import changes_of, edit_view, reject_view
from api.slack.steps import chunks, closing, opening
from api.slack.words import clean, escaped, heard
from domain.cases import Scope
from domain.plans import Effect
from domain.requests import Answer, Offer, Request
from domain.verdicts import Outcome, Reason
from guardrails.cards import Card, Quantity
from guardrails.chain import Head
from storage.records import ApprovalState, MoveState, Run, RunEvent, RunState
from tests.slack.block_kit import chunk_findings, message_findings, shouting, shown, view_findings

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOSTILE = (
    "<!channel> pay up",
    "<!here|here>",
    "<https://evil.example|approve here>",
    "@channel @everyone @here",
    "<@U0000000001> said yes",
    "*Approved by Lena* ~no~ `rm`",
    "&lt;!channel&gt; &amp; more",
    "a\nb\n> quoted\n```code```",
    "\u202eevil\u2066 \x00\x07 bell",
    ":rotating_light: \U0001f6a8",
    "x" * 4000,
    "",
    " ",
)
GAIN = Effect(line="L-1", order="O-1", customer="K-1", sku="S-1", units=5, promise_after=date(2026, 3, 9))
LOSS = Effect(line="L-2", order="O-2", customer="K-2", sku="S-1", units=-5, promise_before=date(2026, 3, 9))


def a_card(text: str, **changed: object) -> Card:
    """A card in which everything that is free text says `text`."""
    reason = Reason(rule="reallocate", outcome=Outcome.APPROVAL, text=text, facts=(("tier", text), ("units", "5")))
    card = Card(
        approval="A-1", move="C-1/r1/m1", case="C-1", run="R-1", role="lead", state=ApprovalState.PENDING,
        move_state=MoveState.WAITING, title=text, reason=text, gains=(GAIN,), loses=(LOSS,), told=(), units=5,
        value=Decimal("10.00"), value_at_stake=Decimal("20.00"), cost=Decimal("0.00"), actions=(text,),
        quantities=(Quantity(action="a1", text=text, units=5),), rules=(reason,), other_reasons=(), four_eyes=True,
        asked_by="copilot", edited_by=(), before=(), created_at=AT, expires_at=AT, decided_by=None, decided_at=None,
        decision_reason=text, policy="P-1", facts="S-1", digest="0" * 64,
    )  # fmt: skip
    return card.model_copy(update=changed)


def a_report(text: str, rows: int = 1) -> Report:
    """A report in which everything that is free text says `text`."""
    request = Request(case="C-1", case_kind="question", revision=1, kind="question", now=AT, by="paula", question=text)
    run = Run(id="R-1", case="C-1", kind="question", state=RunState.DONE, request=request, actor="paula", created_at=AT)
    answer = Answer(
        intent="none", text=text, columns=("a", text), rows=((text, text),) * rows, suggestions=(text,) * 7,
        offer=Offer(tool="allocate", arguments="{}", text=text, scope=Scope()),
    )  # fmt: skip
    return Report(run=run, plan=None, answer=answer, text=text, head=Head(count=0, hash="0" * 64))


def valid(text: str, *rows: int) -> None:
    decided = {"state": ApprovalState.REJECTED, "move_state": MoveState.REJECTED, "decided_by": "lena"}
    for card in (a_card(text), a_card(text, **decided), a_card(text, gains=(), loses=())):
        blocks = card_blocks(card, "USD", (text, text), "A-2")
        assert message_findings(blocks) == [] and shouting(blocks) == []
        assert shouting({"type": "mrkdwn", "text": card_text(card)}) == []
        for view in (edit_view(card), reject_view(card)):
            assert view_findings(view) == [] and shouting(view) == []
    for count in rows:
        blocks = answer_blocks(a_report(text, count))
        assert message_findings(blocks) == [] and shouting(blocks) == []
    assert shouting({"type": "mrkdwn", "text": answer_text(a_report(text))}) == []
    bodies = {"reason": text, "degraded": text, "tool": text, "move": text, "moves": 3}
    kinds = ("context", "tool", "fallback", "plan", "act", "failed", "report", "unknown")
    events = [RunEvent(run="R-1", seq=n, at=AT, kind=kind, body=json.dumps(bodies)) for n, kind in enumerate(kinds, 1)]
    made = [*opening(), *chunks(events), *closing(False), *closing(True)]
    assert chunk_findings(made) == [] and shouting(made) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_shown_as_words(text):
    valid(text, 1, 120)
    assert clean(text, 1500) in shown(card_blocks(a_card("x", reason=text), "USD"))


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_any_words_make_valid_blocks(text):
    valid(text, 1)
    assert "<" not in escaped(text) and ">" not in escaped(text) and len(escaped(text, 20)) <= 20
    assert heard(escaped(text), "U1").split() == clean(text).split()


def test_what_was_said_is_read_without_slacks_own_forms():
    assert heard("<@U1> who gets the last 120 of X &amp; Y?", "U1") == "who gets the last 120 of X & Y?"
    assert heard("see <https://a.example|the page> <#C1|orders> <!here>", "U1") == "see the page orders here"


def test_what_was_said_can_always_be_stored():
    assert heard("who\x00 gets \ud800it? &#0;", "U1").encode() == "who gets ?it? \ufffd".encode()


def test_the_same_card_has_the_same_face_and_another_one_has_not():
    face = face_of(card_blocks(a_card("x"), "USD"))
    assert face == face_of(card_blocks(a_card("x"), "USD"))
    assert face != face_of(card_blocks(a_card("x", digest="1" * 64), "USD"))


def test_a_button_holds_the_approval_and_what_was_shown_and_nothing_else():
    card = a_card("x")
    assert bound(binding(card)) == ("A-1", "0" * 64)
    for lie in ("", "A-1", "|", "A-1|", "|0"):
        assert bound(lie) == ("", "")


def test_numbers_stay_numbers_in_the_edit_form():
    card = a_card("x")
    assert changes_of(card, {"units_a1": " 4 "}) == ({"a1": 4}, {})
    assert changes_of(card, {"units_a1": "5"}) == ({}, {})
    for wrong in ("", "4.0", "-1", "four", "٤", "1e3", "9" * 30):
        changed, why = changes_of(card, {"units_a1": wrong})
        assert changed == {} and set(why) == {"units_a1"}, wrong


def test_a_change_is_said_line_by_line():
    fewer = GAIN.model_copy(update={"units": 3, "promise_after": date(2026, 3, 12)})
    after = a_card("x", gains=(fewer,), loses=(), units=3, value=Decimal("6.00"), quantities=())
    assert changes(a_card("x"), after) == (
        "L-1: +5 → +3 units",
        "L-1: promise 2026-03-09 → 2026-03-12",
        "L-2 is not touched any more",
        "Units gained: 5 → 3",
        "Value: 10.00 → 6.00",
    )
