"""From a mention to something done, all in one thread: offer, yes, card, modal, execution, the card up to date."""

from __future__ import annotations

from pathlib import Path

from storage.records import MoveState
from tests.agent.house import CAREFUL, policy_file
from tests.slack.block_kit import elements, shown
from tests.slack.house import door
from tests.slack.local_slack import LocalSlack


def test_from_mention_over_offer_card_and_modal_to_execution_in_one_thread(tmp_path: Path, slack: LocalSlack) -> None:
    policy = policy_file(tmp_path, CAREFUL)
    with door(tmp_path / "home", slack, policy=policy) as house:
        channel, paula = slack.workspace.channel(), house.person("paula")
        asked = house.sender.mention(paula, channel, "buy 50 of SKU-1042 for DC-RENO")
        offered = house.answer_to(asked)
        assert "Nothing is done yet" in shown(offered.blocks)
        assert not house.application.approvals()

        agreed = slack.workspace.said(channel, paula, "yes, do it", asked.ts)
        assert house.sender.event(house.sender.written(agreed)).status_code == 200
        slack.wait_for(lambda: house.waiting())
        waiting = house.waiting()[0]
        card = house.posted(waiting.approval)
        assert card.thread_ts == asked.ts

        decider = house.decider(waiting)
        known = len(slack.workspace.views)
        assert house.sender.click(decider, card, "qm_edit").status_code == 200
        slack.wait_for(lambda: len(slack.workspace.views) > known)
        modal = slack.workspace.views[-1]
        number = next(found for found in elements(modal.view["blocks"]) if found["type"] == "number_input")
        assert number["initial_value"] == "50"
        done = house.sender.submit(modal, {f"units_{waiting.quantities[0].action}": "40", "reason": "half is enough"})
        assert done.status_code == 200 and not done.text

        slack.wait_for(lambda: house.application.show(waiting.approval).move_state is MoveState.EXECUTED)
        slack.wait_for(lambda: "The move carried out" in shown(house.posted(waiting.approval).blocks))
        bought = [item.quantity for item in house.application.facts_now().purchases if item.sku == "SKU-1042"]
        assert 40 in bought and 50 not in bought
        assert house.application.verify().ok
