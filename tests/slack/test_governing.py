"""From a card in Slack: not now, to somebody else, a comment, a reason with a code; and what its thread is told."""

from __future__ import annotations

from datetime import timedelta

from agent.runtime.application import Application
from api.slack.noting import NOTE
from storage.records import ApprovalState
from tests.agent.house import opened
from tests.slack.block_kit import elements, shown
from tests.slack.house import House, door, payload
from tests.slack.test_cards import open_modal, says
from tests.slack.workspace import Message

LOUD = "<!channel> <https://evil.example|click> @here *now*"


def notes(house: House) -> list[Message]:
    """What stands in threads under cards."""
    return [m for m in house.slack.workspace.messages if payload(m, NOTE)]


def note(house: House, *words: str) -> Message:
    """The note that says all of this, once it is there; it stands under its card."""

    def found() -> Message | None:
        return next((m for m in notes(house) if all(word in shown(m.blocks) for word in words)), None)

    made: Message = house.slack.wait_for(found)
    return made


def all_told(house: House) -> None:
    """Wait until nothing is left to tell."""
    house.slack.wait_for(lambda: not house.application.slack.notes())


def planner_card(application: Application) -> str:
    """A question whose turn it is, of a role that two people have."""
    return next(c.approval for c in application.approvals() if not c.before and c.role == "planner")


def test_not_now_to_somebody_else_and_a_comment_from_a_card(delayed, slack):
    channel = slack.workspace.channel()
    with door(delayed, slack, work=False, slack_channel=channel) as house:
        application, paula = house.application, house.person("paula")
        approval = planner_card(application)
        card = house.posted(approval)

        # Not now: one time of those policy lets; it is in nobody else's way, and nothing is decided.
        modal = open_modal(house, paula, card, "qm_later")
        times = next(found for found in elements(modal.view["blocks"]) if found["type"] == "static_select")
        assert next(one["value"] for one in times["options"]) == "hour"
        assert house.sender.submit(modal, {"until": "hour", "reason": "on the phone"}).status_code == 200
        assert application.show(approval, "paula").snoozed_until == application.now + timedelta(hours=1)
        assert approval not in {c.approval for c in application.approvals("paula")}
        assert approval in {c.approval for c in application.approvals("peter")}

        # To somebody else, of those who may decide it: the card says so, and its thread.
        modal = open_modal(house, paula, card, "qm_reassign")
        offered = next(one for one in elements(modal.view["blocks"]) if one["action_id"] == "to")["options"]
        assert {one["value"] for one in offered} == {one.id for one in application.standing.deciders(approval, "paula")}
        assert house.sender.submit(modal, {"to": "peter", "reason_code": "wrong-person"}).status_code == 200
        slack.wait_for(lambda: says(house.card_of(approval), "Given to peter"))
        assert note(house, f"paula gave {approval} to peter").thread_ts == card.ts

        # A comment, in words only: nothing in it mentions or links; a stranger to the question is told so privately.
        modal = open_modal(house, paula, card, "qm_comment")
        assert house.sender.submit(modal, {"reason": LOUD}).status_code == 200
        posted = note(house, f"paula on {approval}")
        assert LOUD in shown(posted.blocks) and "<!" not in posted.text and "<http" not in posted.text
        assert application.show(approval).comments[0].text == LOUD
        farid, before = house.person("farid"), len(slack.workspace.ephemerals)
        modal = open_modal(house, farid, card, "qm_later")
        assert "errors" in house.sender.submit(modal, {"until": "hour"}).json()
        assert len(slack.workspace.ephemerals) == before

        # A rejection with a code needs no words; the card and the ledger say the reason.
        peter = house.person("peter")
        modal = open_modal(house, peter, house.posted(approval), "qm_reject")
        assert house.sender.submit(modal, {"reason_code": "better-plan"}).status_code == 200
        slack.wait_for(lambda: says(house.card_of(approval), "Rejected by peter", "There is a better way"))
        assert application.show(approval).state is ApprovalState.REJECTED
        assert application.show(approval).decision_code == "better-plan"
        assert application.verify().ok


def test_what_happens_at_other_doors_is_told_once_under_the_card_also_over_a_restart(delayed, slack):
    channel = slack.workspace.channel()
    with door(delayed, slack, work=False, slack_channel=channel) as house:
        approval = planner_card(house.application)
        thread = house.posted(approval).ts
    with opened(delayed) as application:
        application.desk.comment(approval, "lena", "call the customer first")
        application.desk.comment(approval, "paula", "done")
    for _ in range(2):
        with door(delayed, slack, work=False, slack_channel=channel) as house:
            note(house, "lena on", "call the customer first")
            note(house, "paula on", "done")
            all_told(house)
    found = [m for m in slack.workspace.messages if payload(m, NOTE)]
    assert len(found) == 2 and {m.thread_ts for m in found} == {thread}


def test_a_note_that_a_dead_process_posted_is_found_again_and_not_told_twice(delayed, slack):
    channel = slack.workspace.channel()
    with door(delayed, slack, work=False, slack_channel=channel) as house:
        approval = planner_card(house.application)
        thread = house.posted(approval).ts
    with opened(delayed) as application:
        application.desk.comment(approval, "lena", "call the customer first")
        assert application.slack.begin_notes() == 1
        ((made, step),) = application.slack.notes()
        assert application.slack.claim_note(made) is not None
    lost = slack.workspace.said(channel, "U0000000BOT", "lena on it", thread)
    lost.metadata = {"event_type": NOTE, "event_payload": {"step": str(step.number)}}
    with door(delayed, slack, work=False, slack_channel=channel) as house:
        all_told(house)
    assert [m.ts for m in slack.workspace.messages if payload(m, NOTE)] == [lost.ts]
