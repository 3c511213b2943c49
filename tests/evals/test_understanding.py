"""What planners type is understood on the built-in world and on worlds nobody has seen; the judge of it can fail."""

from __future__ import annotations

import random
import secrets
from pathlib import Path

import pytest

from domain.cases import Scope
from domain.facts import Facts
from domain.requests import Answer, Offer
from evals.harness.talk import play
from evals.understanding.cast import Cast
from evals.understanding.message import Message, read
from evals.understanding.score import Heard, Judged, Verdict, judged, summary
from evals.worlds.generate import generate

SMALL, SAMPLE = 12, 40
"""Messages that are played in every run of `make test` and of `make test-real`; all of them are played by night."""


@pytest.fixture(scope="module")
def facts() -> Facts:
    return generate(7).facts


def test_the_hold_out_has_two_hundred_messages_and_all_can_be_filled_on_some_world(facts: Facts) -> None:
    messages = read()
    assert len(messages) == 200
    assert len({(item.before, item.say) for item in messages}) == 200
    cast = Cast(facts, 7)
    assert "{" not in cast.fill("status of {order1} on {iso+3} at {site1.city} for {customer1.typo}, {few} of {skuf}")


@pytest.mark.parametrize(
    ("count", "least"), [(SMALL, 0.5), pytest.param(SAMPLE, 0.75, marks=pytest.mark.real)], ids=["small", "larger"]
)
def test_a_sample_of_the_hold_out_on_a_drawn_world(tmp_path: Path, count: int, least: float) -> None:
    """Few messages say little about the share of right ones; that none writes anything holds of every message."""
    seed = secrets.randbelow(10_000)
    messages = random.Random(seed).sample(read(), count)
    results, left_out = play(messages, tmp_path, seed)
    right, asked, wrong, writes = summary(results)
    print(f"seed {seed}: {right} right, {asked} asked back, {wrong} wrong of {len(results)}; {len(left_out)} left out")
    assert writes == 0, told(results)
    assert right >= least * len(results), told(results)


@pytest.mark.nightly
@pytest.mark.parametrize("world", ["built-in", "drawn"])
def test_the_whole_hold_out_meets_its_targets(tmp_path: Path, world: str) -> None:
    seed = None if world == "built-in" else secrets.randbelow(10_000)
    results, _ = play(read(), tmp_path, seed)
    right, asked, wrong, writes = summary(results)
    print(f"seed {seed}: {right} right, {asked} asked back, {wrong} wrong of {len(results)}")
    assert writes == 0, told(results)
    assert right >= 0.88 * len(results) and asked <= 0.10 * len(results), told(results)
    assert wrong <= 0.02 * len(results), told(results)


def told(results: list[Judged]) -> list[str]:
    return [f"#{item.number} {item.verdict.value}: {item.said}: {item.why}" for item in results if item.why]


def test_the_judge_sees_what_is_wrong_and_what_leads_towards_a_write(facts: Facts) -> None:
    cast = Cast(facts, 7)
    wave, order, other = (cast.part(name).id for name in ("wave1", "order1", "order2"))
    hold = Offer(tool="hold_wave", arguments=f'{{"wave":"{wave}"}}', text="hold it", scope=Scope())
    question = Message(say="status", means=("status",), about=("order1",))
    command = Message(say="hold", means=("hold_wave",), about=("wave1",))
    unknown = Message(say="status", asks=True)
    yes = Message(say="yes", accepts="hold_wave", about=("wave1",))

    def verdict(message: Message, *followed: str, **answer: object) -> Verdict:
        heard = Answer.model_validate({"intent": "status", "text": "so", "named": (("order", order),), **answer})
        return judged(message, cast, message.say, Heard(answer=heard, followed=followed)).verdict

    assert verdict(question) is Verdict.RIGHT
    assert verdict(question, intent="why") is Verdict.WRONG
    assert verdict(question, named=(("order", other),)) is Verdict.WRONG
    assert verdict(question, asks=True) is Verdict.ASKS
    assert verdict(question, offer=hold) is Verdict.WRITES
    assert verdict(question, "command") is Verdict.WRITES
    assert verdict(unknown) is Verdict.WRONG and verdict(unknown, asks=True) is Verdict.RIGHT
    named = (("wave", wave),)
    assert verdict(command, intent="hold_wave", named=named, offer=hold) is Verdict.RIGHT
    release = hold.model_copy(update={"tool": "release_wave"})
    assert verdict(command, intent="hold_wave", named=named, offer=release) is Verdict.WRITES
    assert verdict(yes, "command", accepted=hold, intent="accepted") is Verdict.RIGHT
    assert verdict(yes, accepted=hold, intent="accepted") is Verdict.WRONG
    assert verdict(yes, asks=True) is Verdict.ASKS
