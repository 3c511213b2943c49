"""What a message means: its intent, and what it is about, with what it takes over from the conversation.

First what is certain (a plain yes or no, a wish about a wave with its negation, orders to everything at once), then
what only puts something else in the place of what was named before, then the classifier behind its gate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.planners.rules.questions.classify import guess
from agent.planners.rules.questions.commands import COMMANDS, asks, refuses, spoken, wave_wish
from agent.planners.rules.questions.followup import (
    before,
    elliptical,
    inherited,
    last_asked,
    leans,
    pointed,
    with_other_site,
)
from agent.planners.rules.questions.intents import intent_of
from agent.planners.rules.questions.linked import Mentions
from agent.planners.rules.questions.mentions import mentions
from domain.facts import Facts
from domain.noun import Noun
from domain.requests import Turn

NEEDS: Mapping[str, tuple[str, ...]] = {
    "why": ("order", "line", "sku", "customer"),
    "what_would_it_take": ("order", "line"),
    "who_holds": ("sku", "order", "line"),
    "who_should_get": ("sku",),
    "atp": ("sku",),
    "status": ("order", "line", "customer", "wave", "inbound", "sku"),
    "waits": (),
    "help": (),
    "smalltalk": (),
    "documents": (),
    "outside": (),
    "hold_wave": ("wave", "order", "line"),
    "release_wave": ("wave", "order", "line"),
    "expedite": ("inbound", "sku"),
    "transfer": ("sku", "transfer"),
    "reserve": ("order", "line"),
    "give": ("order", "line"),
    "share_out": ("sku",),
    "buy": ("sku",),
    "escalate": ("order", "line", "customer", "wave", "sku"),
}
"""Intent -> the kinds of entity of which it needs at least one (none: it needs nothing)."""
FREE = frozenset({"documents", "outside"})
"""Intents that may name anything."""
_ABOUT_SOMETHING = frozenset(name for name, kinds in NEEDS.items() if kinds)
TELLING = 3
"""How many of the likeliest intents the written patterns may choose from."""
_EVERYTHING = re.compile(
    r"\b(?:approv\w*|reject\w*|releas\w*|hold|cancel\w*|confirm\w*|execut\w*)\b.{0,20}\b(?:every\w*|all)\b"
    r"|\b(?:ignore|forget|disregard|override|bypass)\b.{0,30}\b(?:instruction|rule|polic|guard|prompt|approval)"
    r"|^system ?:|\bpre-?approv"
)


class Reading(Noun):
    """How a message was understood. `intent` is "" when it passed no gate; `likely` are then the best guesses."""

    intent: str
    named: Mentions
    likely: tuple[str, ...] = ()


def understand(text: str, history: tuple[Turn, ...], facts: Facts) -> Reading:
    """The reading of a message in its conversation."""
    new = mentions(text, facts)
    masked = new.masked
    last = last_asked(history, _ABOUT_SOMETHING)
    old = before(last, facts) if last else Mentions()
    new = with_other_site(new, old, facts)
    if elliptical(masked):
        if last and _fits(last.intent, _subjects(new)) and not _another_deed(last.intent, new, old):
            if last.intent == "transfer" and last.offer is None:
                new = mentions(f"{last.question} {text}", facts)
            return Reading(intent=last.intent, named=inherited(new, old, also_numbers=True))
        return Reading(intent="", named=new, likely=_possible(_subjects(new)))
    if last and leans(masked, new):
        masked = pointed(masked, old)
    intent, likely = _intent(masked, _subjects(new), text)
    if last and leans(new.masked, new) and NEEDS.get(intent) and not new.of(*NEEDS[intent]) and not _subjects(new):
        new = inherited(new, old, also_numbers=intent == last.intent)
    return Reading(intent=intent, named=new, likely=likely)


def _intent(masked: str, subjects: frozenset[str], text: str) -> tuple[str, tuple[str, ...]]:
    """The intent that passes, or "" and the likeliest ones."""
    if _EVERYTHING.search(masked) and not asks(masked):
        return "outside", ()
    if wish := wave_wish(masked):
        return ("", ("hold_wave", "release_wave")) if wish == "both" else (wish, ())
    allowed = set(_possible(subjects))
    if asks(masked):
        allowed -= COMMANDS
    found = guess(masked).among(allowed)
    best, likely = found.best, tuple(name for name, _ in found.ranked[:TELLING])
    if best in COMMANDS:
        if refuses(masked):
            return ("declined", ()) if found.sure and best not in ("hold_wave", "release_wave") else ("", likely)
        return (best, ()) if found.sure and spoken(best, masked) else ("", likely)
    if found.sure:
        return best, ()
    written = intent_of(text)
    return (written, ()) if written in likely[:2] and written in allowed else ("", likely)


def _subjects(named: Mentions) -> frozenset[str]:
    """Kinds of what a message is about, known or not; sites are where, not what."""
    return named.kinds - {"site", ""}


def _fits(intent: str, subjects: frozenset[str]) -> bool:
    return intent in NEEDS and (not subjects or bool(subjects & set(NEEDS[intent])))


def _another_deed(intent: str, new: Mentions, old: Mentions) -> bool:
    """Whether 'and that?' would carry a command over to another kind of thing: that is asked, never taken over."""
    return intent in COMMANDS and not _subjects(new) <= _subjects(old)


def _possible(subjects: frozenset[str]) -> tuple[str, ...]:
    """Intents that can be meant when these kinds are named."""
    if not subjects:
        return tuple(NEEDS)
    return tuple(name for name, kinds in NEEDS.items() if name in FREE or subjects & set(kinds))
