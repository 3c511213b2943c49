"""Approval cards in Slack: posted once, decided by our roles, edited in a modal, true wherever a decision is made."""

from __future__ import annotations

import json

from api.slack.card import BUTTONS
from storage import run_events
from storage.records import ApprovalState, MoveState, SlackEvent, SlackEventState
from tests.agent.house import another_delay, opened, who
from tests.slack.block_kit import elements, shown
from tests.slack.house import House, door
from tests.slack.workspace import TEAM, Message


def born_in(house: House, channel: str, thread: str) -> None:
    """The run of the delay was asked for in a thread."""
    event = SlackEvent(
        id="Ev-born", message=f"{channel}:{thread}", team=TEAM, channel=channel, thread=thread, sender="U1", text="go",
        state=SlackEventState.ANSWERED, run="R-1", case="C-1", received_at=house.application.now,
    )  # fmt: skip
    assert house.application.slack.take(event)


def buttons(message: Message) -> set[str]:
    return {found["action_id"] for found in elements(message.blocks)}


def says(message: Message | None, *words: str) -> bool:
    return message is not None and all(word in shown(message.blocks) for word in words)


def open_modal(house: House, user: str, card: Message, action: str):
    known = len(house.slack.workspace.views)
    assert house.sender.click(user, card, action).status_code == 200
    house.slack.wait_for(lambda: len(house.slack.workspace.views) > known)
    return house.slack.workspace.views[-1]


def told(house: House, user: str, after: int) -> str:
    """What somebody was told privately since `after` private notes."""
    notes = house.slack.workspace.ephemerals
    house.slack.wait_for(lambda: [note for note in notes[after:] if note["user"] == user])
    return next(note["text"] for note in notes[after:] if note["user"] == user)


def test_from_card_over_modal_to_execution_in_the_thread_it_was_asked_in(delayed, slack):
    channel = slack.workspace.channel()
    with door(delayed, slack, work=False) as house:
        paula = house.person("paula")
        thread = slack.workspace.said(channel, paula, "who gets it?").ts
        born_in(house, channel, thread)
        asked = next(c for c in house.waiting() if c.role == "planner" and c.approval == "A-10")
        card = house.posted("A-10")

        # The card says it all: who gains and loses, units, money, promises, the rule that asked.
        assert card.thread_ts == thread and buttons(card) == set(BUTTONS)
        for words in (
            *(effect.line for effect in (*asked.gains, *asked.loses)),
            str(asked.value), str(asked.value_at_stake), f"{asked.units} gained", "USD", asked.rules[0].text[:40],
            *(str(e.promise_before) for e in asked.gains if e.promise_before),
            *(str(e.promise_after) for e in asked.gains if e.promise_after),
        ):  # fmt: skip
            assert words in shown(card.blocks), words
        held = [found["value"] for found in elements(card.blocks)]
        assert set(held) == {f"A-10|{asked.digest}"}

        # Who may not decide is told so, privately; a number that is none stays in the modal.
        farid = house.person("farid")
        assert house.sender.click(farid, card, "qm_approve").status_code == 200
        assert "not" in told(house, farid, 0).lower()
        modal = open_modal(house, paula, card, "qm_edit")
        inputs = [found for found in elements(modal.view["blocks"]) if found["type"] == "number_input"]
        assert [found["initial_value"] for found in inputs] == [str(q.units) for q in asked.quantities]
        wrong = house.sender.submit(modal, {"units_a2": "4.5"}).json()
        assert wrong["response_action"] == "errors" and set(wrong["errors"]) == {"units_a2"}
        nothing = house.sender.submit(modal, {}).json()
        assert nothing["response_action"] == "errors" and "changed" in json.dumps(nothing)
        fewer = asked.quantities[1].units - 4
        done = house.sender.submit(modal, {"units_a2": str(fewer), "reason": "keep <some> & *more*"})
        assert done.status_code == 200 and not done.text
        slack.wait_for(
            lambda: says(house.card_of("A-10"), "Approved by paula: keep <some> & *more*", "waits for others")
        )
        assert not buttons(house.posted("A-10"))

        # The edit left paula's authority: another role is asked, and sees what was changed.
        left = next(c for c in house.waiting() if c.move == asked.move)
        second = house.posted(left.approval)
        assert says(second, "Edited by paula", f"Units gained: {asked.units} → {left.units}")
        assert house.sender.click(house.person("carla"), second, "qm_approve").status_code == 200
        for approval in ("A-10", left.approval):
            slack.wait_for(lambda key=approval: says(house.card_of(key), "waits to be carried out"))

        # The old card, clicked again, decides nothing.
        assert house.sender.click(paula, card, "qm_approve", held[0]).status_code == 200
        told(house, paula, 1)
        assert house.application.show("A-10").decided_by == "paula"
        before = {m.ts for m in slack.workspace.messages}

    # The process ends between the click and its execution; the next one carries out and says so on the same card.
    with door(delayed, slack) as house:
        slack.wait_for(lambda: says(house.card_of("A-10"), "The move carried out"))
        assert house.application.show("A-10").move_state is MoveState.EXECUTED
        assert house.application.verify().ok
        cards = {m.ts for m in slack.workspace.messages if m.metadata} - before
        assert not cards, "a card was posted twice"


def test_cards_follow_decisions_made_through_other_doors_and_new_plans(delayed, slack):
    channel = slack.workspace.channel()
    with door(delayed, slack, slack_channel=channel) as house:
        application, lena = house.application, house.person("lena")
        first = house.posted("A-1")
        assert first.thread_ts is None and first.channel == channel and house.card_of("A-2") is None

        # Approved on the web or by the command line: the card says by whom, and the next role gets its own.
        application.approve("A-1", "lena", application.show("A-1").digest, settle=False)
        slack.wait_for(lambda: says(house.card_of("A-1"), "Approved by lena"))
        assert not buttons(house.posted("A-1")) and buttons(house.posted("A-2"))

        # Rejected in Slack with a reason: recorded, and the case is planned again.
        second = house.posted("A-4")
        modal = open_modal(house, lena, second, "qm_reject")
        assert house.sender.submit(modal, {"reason": " "}).json()["response_action"] == "errors"
        assert house.sender.submit(modal, {"reason": "not this customer"}).status_code == 200
        slack.wait_for(lambda: says(house.card_of("A-4"), "Rejected by lena: not this customer"))
        assert application.show("A-4").state is ApprovalState.REJECTED

        # Another word of the supplier: what waited is replaced, and the new card says by what.
        slack.wait_for(lambda: all(run.state != "running" for run in application.runs()))
        application.take_event(another_delay(), settle=False)
        application.wake()

        def replaced() -> bool:
            olds = [
                m for m in slack.workspace.messages if m.metadata and "Nothing here can be decided" in shown(m.blocks)
            ]
            return any("See A-" in shown(m.blocks) for m in olds)

        slack.wait_for(replaced, 30)
        stale = next(m for m in slack.workspace.messages if m.metadata and "See A-" in shown(m.blocks))
        assert not buttons(stale)


def test_a_click_on_a_card_of_an_older_plan_is_refused_as_stale(delayed, slack):
    channel = slack.workspace.channel()
    slack.limits.burst = 50
    with door(delayed, slack, work=False, slack_channel=channel) as house:
        card = house.posted("A-1")
        old = elements(card.blocks)[0]["value"]
        lena = house.person("lena")
        shown_now = house.application.show("A-1")
        quantity = shown_now.quantities[1]
        house.application.edit(
            "A-1",
            "paula",
            {quantity.action: quantity.units - 10},
            shown_now.digest,
            settle=False,
            reason="counted again",
        )
        slack.wait_for(lambda: says(house.card_of("A-1"), "Changed since it was shown", "100 → 90"))
        known = len(slack.workspace.ephemerals)
        for action in ("qm_approve", "qm_edit", "qm_reject"):
            assert house.sender.click(lena, card, action, old).status_code == 200
        slack.wait_for(lambda: len(slack.workspace.ephemerals) == known + 3)
        assert all("changed since" in note["text"] for note in slack.workspace.ephemerals[known:])
        assert not slack.workspace.views and house.application.show("A-1").state is ApprovalState.PENDING
        for lie in ("A-1|" + "0" * 64, "A-999|" + "0" * 64, "A-1", "", "|"):
            assert house.sender.click(lena, card, "qm_approve", lie).status_code == 200
        slack.wait_for(lambda: len(slack.workspace.ephemerals) == known + 8)
        assert house.application.show("A-1").state is ApprovalState.PENDING
        # The digest now shown decides.
        assert house.sender.click(lena, house.posted("A-1"), "qm_approve").status_code == 200
        slack.wait_for(lambda: says(house.card_of("A-1"), "Approved by lena"))


def test_a_card_whose_answer_was_lost_is_found_and_not_posted_again(delayed, slack):
    channel = slack.workspace.channel()
    lost: list[str] = []

    def lose(method: str, given: dict) -> None:
        if method == "chat.postMessage" and len(lost) < 2:
            lost.append(given["metadata"]["event_payload"]["approval"])
            raise ConnectionError

    slack.after = lose
    slack.limits.burst = 50
    with opened(delayed) as dead:
        # A process claimed a card and died before Slack heard of it.
        dead.slack.begin_cards(channel)
        assert dead.slack.claim(dead.slack.cards()[-1]) is not None
    with door(delayed, slack, work=False, slack_channel=channel) as house:
        waiting = {card.approval for card in house.waiting()}
        for approval in sorted(waiting):
            house.posted(approval)
        slack.wait_for(lambda: all(row.ts for row in house.application.slack.cards()))
        assert len(lost) == 2 and len(slack.made("chat.postMessage")) == len(waiting)


def test_a_stranger_and_a_double_click_change_nothing(delayed, slack):
    channel = slack.workspace.channel()
    slack.limits.burst = 50
    with door(delayed, slack, work=False, slack_channel=channel) as house:
        card = house.posted("A-1")
        mallory = slack.workspace.person("mallory", "mallory@evil.example").id
        for action in ("qm_approve", "qm_edit", "qm_reject"):
            assert house.sender.click(mallory, card, action).status_code == 200
        slack.wait_for(lambda: len(slack.workspace.ephemerals) == 3)
        assert all("Nothing was done" in note["text"] for note in slack.workspace.ephemerals)
        lena = house.decider(house.application.show("A-1"))
        modal = open_modal(house, lena, card, "qm_reject")
        assert house.sender.submit(modal, {"reason": "x"}, user=mallory).json()["response_action"] == "errors"
        assert house.application.show("A-1").state is ApprovalState.PENDING
        for _ in range(2):
            assert house.sender.click(lena, card, "qm_approve").status_code == 200
        assert "already" in told(house, lena, 3)
        assert house.application.show("A-1").decided_by == who(house.application.show("A-1"))


def test_what_an_accepted_offer_started_is_told_and_decided_in_the_same_thread(delayed, slack):
    channel, elsewhere = slack.workspace.channel(), slack.workspace.channel()
    slack.limits.burst = 50
    with door(delayed, slack, work=False) as house:
        asked = house.sender.mention(house.person("paula"), channel, "what waits?")
        slack.wait_for(lambda: len(house.application.runs()) == 2)
        with house.application._parts.database.write() as session:
            run_events.append(session, "R-2", house.application.now, "follow", {"run": "R-1", "case": "C-1"})
    with door(delayed, slack) as house:
        house.answer_to(asked)
        summary = house.application.report("R-1").text.splitlines()[0]
        slack.wait_for(lambda: [m for m in slack.workspace.thread(channel, asked.ts) if says(m, summary)])
        slack.wait_for(lambda: not house.application.slack.unanswered())
    with door(delayed, slack, slack_channel=elsewhere) as house:
        assert house.posted("A-1").thread_ts == asked.ts
