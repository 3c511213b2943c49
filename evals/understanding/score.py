"""Scores one answer against its label: right, asks back where it should have answered, wrong, or wrong towards a write.

An offer nobody meant counts as leading to a write although it still needs a yes: a yes may be typed without reading."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from enum import StrEnum

from domain.noun import Noun
from domain.requests import Answer, Offer
from evals.understanding.cast import Cast
from evals.understanding.message import Message

TOOLS = {
    "hold_wave": ("hold_wave",), "release_wave": ("release_wave",), "expedite": ("expedite",),
    "transfer": ("transfer",), "reserve": ("reserve", "reallocate"), "give": ("reserve", "reallocate"),
    "share_out": ("reallocate",), "buy": ("replenish",), "escalate": ("escalate",),
}  # fmt: skip
"""Which write tools may carry out what a command means."""


class Verdict(StrEnum):
    """How an answer compares with its label."""

    RIGHT = "right"
    ASKS = "asks back"
    WRONG = "wrong"
    WRITES = "wrong, towards a write"


class Heard(Noun):
    """What the door gave back to a message: the answer, and the kinds of runs that came of a yes."""

    answer: Answer
    followed: tuple[str, ...] = ()


class Judged(Noun):
    """A message as it was said, and the verdict with its reason ("" when right)."""

    number: int
    said: str
    verdict: Verdict
    why: str = ""


def judged(message: Message, cast: Cast, said: str, heard: Heard) -> Judged:
    """The verdict on one answer."""
    verdict, why = _accepted(message, cast, heard) if message.accepts else _answered(message, cast, heard)
    return Judged(number=message.number, said=said, verdict=verdict, why=why)


def _answered(message: Message, cast: Cast, heard: Heard) -> tuple[Verdict, str]:
    reply = heard.answer
    if heard.followed or reply.accepted is not None:
        return Verdict.WRITES, "took it for a yes"
    if reply.offer is not None and (fault := _bad_offer(message, cast, reply.offer)):
        return Verdict.WRITES, f"{fault}: {reply.offer.tool} {reply.offer.arguments}"
    meant = reply.intent in message.means
    if reply.asks and not (meant and reply.intent == "not_understood"):
        if message.asks or _no_other_site(message, cast):
            return Verdict.RIGHT, ""
        told = f"asked back ({reply.intent}): {reply.text[:90]}"
        return Verdict.ASKS, told
    if not meant:
        return Verdict.WRONG, f"{reply.intent}, not {' or '.join(message.means) or 'asking back'}"
    fault = _wrong_entities(message, cast, reply) or _wrong_numbers(message, cast, reply)
    return (Verdict.WRONG, fault) if fault else (Verdict.RIGHT, "")


def _accepted(message: Message, cast: Cast, heard: Heard) -> tuple[Verdict, str]:
    accepted = heard.answer.accepted
    if accepted is None:
        verdict = Verdict.ASKS if heard.answer.asks else Verdict.WRONG
        return verdict, f"no yes was heard ({heard.answer.intent}): {heard.answer.text[:90]}"
    if fault := _bad_offer(message, cast, accepted):
        return Verdict.WRITES, fault
    if heard.followed != ("command",):
        return Verdict.WRONG, f"a yes started {len(heard.followed)} runs"
    return Verdict.RIGHT, ""


def _bad_offer(message: Message, cast: Cast, offer: Offer) -> str:
    """Why an offer is not what was meant; "" when it is."""
    wanted = (message.accepts,) if message.accepts else message.means
    if offer.tool not in {tool for intent in wanted for tool in TOOLS.get(intent, ())}:
        return "an offer that nobody meant"
    arguments = json.loads(offer.arguments)
    named = {str(item) for value in arguments.values() for item in (value if isinstance(value, list) else [value])}
    lines = {line.id: order.id for order in cast.facts.orders for line in order.lines}
    spoken = named | {lines[key] for key in named if key in lines}
    for name in message.about or ():
        part = cast.part(name)
        if part.id not in spoken and not (part.kind == "sku" and offer.tool == "reserve"):
            return f"an offer without {part.id}"
        others = {key for key in _all(cast, part.kind) if key in named} - _ids(cast, message, part.kind)
        if others:
            return f"an offer that names {', '.join(sorted(others))} as well"
    if message.units and arguments.get("quantity") not in (None, int(_units(message, cast))):
        return f"an offer of another quantity than {_units(message, cast)}"
    return ""


def _wrong_entities(message: Message, cast: Cast, reply: Answer) -> str:
    if message.about is None:
        return ""
    lines = {line.id: order.id for order in cast.facts.orders for line in order.lines}
    kinds = {cast.part(name).kind for name in message.about}
    for kind in sorted(kinds):
        found = {key for what, key in reply.named if what == kind}
        if kind == "order":
            found |= {lines[key] for what, key in reply.named if what == "line" and key in lines}
        if found != _ids(cast, message, kind):
            return f"speaks of {', '.join(sorted(found)) or 'no ' + kind}, not {', '.join(_ids(cast, message, kind))}"
    if message.elsewhere:
        there = {key for kind, key in reply.named if kind == "site"}
        if len(there) != 1 or cast.part(message.elsewhere).id in there:
            return "speaks of the wrong site"
    return ""


def _wrong_numbers(message: Message, cast: Cast, reply: Answer) -> str:
    if message.day and cast.day(message.day).isoformat() not in reply.text:
        return f"does not speak of {cast.day(message.day)}: {reply.text[:90]}"
    if message.units and (reply.rows or reply.offer):
        units = _units(message, cast)
        if not re.search(rf"(?<![\d-]){units}(?!\d)", reply.text):
            return f"does not speak of {units} units: {reply.text[:90]}"
    return ""


def _units(message: Message, cast: Cast) -> str:
    return str(cast.few) if message.units == "few" else message.units


def _no_other_site(message: Message, cast: Cast) -> bool:
    return bool(message.elsewhere) and len(cast.facts.sites) != 2


def _ids(cast: Cast, message: Message, kind: str) -> set[str]:
    return {cast.part(name).id for name in message.about or () if cast.part(name).kind == kind}


def _all(cast: Cast, kind: str) -> set[str]:
    facts = cast.facts
    known = {
        "sku": [item.id for item in facts.skus], "order": [item.id for item in facts.orders],
        "wave": [item.id for item in facts.waves], "inbound": [item.id for item in facts.inbound],
        "site": [item.id for item in facts.sites], "customer": [item.id for item in facts.customers],
    }  # fmt: skip
    return set(known.get(kind, ()))


def summary(results: Sequence[Judged]) -> tuple[int, int, int, int]:
    """How many were right, asked back, were wrong (with those towards a write), and led towards a write."""
    count = {verdict: sum(item.verdict is verdict for item in results) for verdict in Verdict}
    wrong = count[Verdict.WRONG] + count[Verdict.WRITES]
    return count[Verdict.RIGHT], count[Verdict.ASKS], wrong, count[Verdict.WRITES]
