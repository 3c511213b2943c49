"""The whole conversation on a distributor nobody has seen before, whose names and notes are hostile."""

from __future__ import annotations

import random

from agent.runtime.world import load_world
from api.slack.card import ENDED
from evals.worlds.generate import generate
from storage.records import MoveState
from tests.agent.house import who
from tests.slack.block_kit import shown
from tests.slack.house import door
from tests.slack.test_blocks import HOSTILE


def test_a_generated_world_is_talked_about_decided_and_carried_out(tmp_path, slack):
    seed = random.SystemRandom().randrange(10_000)
    print(f"world of seed {seed}")
    dice = random.Random(seed)
    world = generate(seed)
    facts = world.facts
    hostile = facts.replace(
        customers=tuple(c.model_copy(update={"name": dice.choice(HOSTILE[:10])}) for c in facts.customers),
        orders=tuple(o.model_copy(update={"notes": dice.choice(HOSTILE[:10])}) for o in facts.orders),
    )
    load_world(tmp_path, hostile)
    slack.limits.burst = 50
    channel = slack.workspace.channel()
    with door(tmp_path, slack, now=facts.taken_at, slack_channel=channel) as house:
        paula = house.person("paula")
        told = house.answer_to(house.sender.mention(paula, channel, f"who gets the last 40 of {world.hot}?"))
        assert house.application.report("R-1").text[:200] in shown(told.blocks)
        run = house.application.take_event(world.events[0], settle=False).run
        assert run is not None
        house.application.wake()
        slack.wait_for(lambda: house.application.run(run).state.value in ("waiting", "done"), 60)
        waiting = house.waiting()
        for card in waiting:
            assert card.title[:40] in shown(house.posted(card.approval).blocks)
        move = waiting[0].move if waiting else None
        while asked := next((c for c in house.waiting() if c.move == move), None):
            message = house.posted(asked.approval)
            assert house.sender.click(house.decider(asked), message, "qm_approve").status_code == 200
            said = f"Approved by {who(asked)}"
            slack.wait_for(lambda card=message, words=said: words in shown(card.blocks))
        if move is not None:
            last = waiting[0].approval
            slack.wait_for(lambda: house.application.show(last).move_state in ENDED, 40)
            slack.wait_for(lambda: "carried out" in shown(house.posted(last).blocks))
            assert house.application.show(last).move_state is MoveState.EXECUTED
        assert house.application.verify().ok
