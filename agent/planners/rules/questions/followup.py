"""What a message takes from the turns before it: a yes, a no, the other order, the same for another site."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta
from typing import Literal

from agent.planners.rules.questions.linked import Mention, Mentions, Unclear
from agent.planners.rules.questions.mentions import mentions
from agent.planners.rules.questions.phrases import MASKS
from domain.facts import Facts
from domain.requests import Offer, Request, Turn

LASTS = timedelta(minutes=30)
"""How long an offer waits for its yes."""
_WORD = re.compile(r"[a-z']+|[①-⑨⓪]|\d+")
_YES = frozenset(
    "yes yep yeah yup y ja si sure ok okay okey k absolutely definitely confirm confirmed agreed agree".split()
)
_YES_PHRASES = (
    "go ahead", "do it", "do that", "do so", "do this", "make it so", "go for it", "please do", "sounds good",
    "carry on", "carry it out", "that's right", "thats right", "proceed", "propose it", "i confirm", "go on", "fine",
    "looks good", "yes please", "of course", "by all means", "correct",
)  # fmt: skip
_POLITE = frozenset("please pls plz then now that great good perfect and just it this so".split())
_NO = re.compile(
    r"^(?:(?:oh|ok|okay|hm+|well|please|pls|sorry|actually)[ ,]+)*"
    r"(?:no|nope|nah|nay|n|don't|dont|do not|never ?mind|forget (?:it|that|about it)|leave it|cancel(?: that| it)?|stop"
    r"|rather not|not now|better not|skip it|drop it|abort|wait)\b"
)
_FILLER = frozenset(
    "and or what about how for of in at the on by then same also too plus with but if there are only just were was is "
    "have had we i a an to from instead now rather ditto again it its please pls but so well ok maybe us me that "
    "would be them units unit pcs one other this these as well same thing case cases".split()
)
_POINTS = re.compile(r"\b(?:it|its|it's|that|this|them|they|their|these|those|there|then|same|one|he|she)\b")
_IT = re.compile(r"(?<!would )(?<!does )(?<!will )(?<!is )\b(?:it|that one|this one|that|this|them)\b(?! take)")
_PASSING = frozenset({"smalltalk", "accepted", "declined", "help"})
_OTHER_SITE = re.compile(r"\b(?:the )?other (?:site|warehouse|dc|one|location|place)\b")
_SUBJECTS = frozenset({"order", "line", "sku", "customer", "wave", "inbound", "transfer"})
SHORT = 7
"""Words of a message that may lean on the turn before without pointing at it."""

Reply = Literal["yes", "no", "unsure", ""]


def reply(masked: str) -> Reply:
    """Whether a message is nothing but a yes, begins with a no and names nothing, or says yes with something to it."""
    words = _WORD.findall(masked)
    text = " ".join(words)
    if not words:
        return ""
    named = any(word in MASKS.values() for word in words)
    if _NO.match(text):
        return "" if named else "no"
    rest = text
    for phrase in sorted(_YES_PHRASES, key=len, reverse=True):
        rest = re.sub(rf"\b{re.escape(phrase)}\b", "+", rest)
    left = list(re.findall(r"[a-z']+|[①-⑨⓪]|\d+|\+", rest))
    agreed = [word for word in left if word == "+" or word in _YES]
    if agreed and all(word == "+" or word in _YES or word in _POLITE for word in left):
        return "yes"
    return "unsure" if left[0] in _YES and agreed else ""


def waiting_offer(request: Request) -> tuple[Offer | None, str]:
    """The offer of the turn right before, and why it can no longer be accepted ("" when it can)."""
    if not request.history or (last := request.history[-1]).offer is None:
        older = any(turn.offer is not None for turn in request.history)
        return None, "something else was said since" if older else "nothing was offered"
    if last.at is None or request.now - last.at > LASTS:
        return None, f"the offer is older than {LASTS.seconds // 60} minutes"
    return last.offer, ""


def elliptical(masked: str) -> bool:
    """Whether a message only puts something else in the place of what was named before: 'and SO-77?'."""
    text = _OTHER_SITE.sub(MASKS["site"], masked)
    words = _WORD.findall(text)
    signs = [word for word in words if word in MASKS.values()]
    return bool(signs) and all(word in signs or word in _FILLER for word in words)


def leans(masked: str, named: Mentions) -> bool:
    """Whether a message points at what was named before, or is too short to stand alone."""
    return bool(_POINTS.search(masked)) or (not named.found and len(_WORD.findall(masked)) <= SHORT)


def last_asked(history: tuple[Turn, ...], rooms: Collection[str]) -> Turn | None:
    """The last turn that asked for something that has a room; a thanks or a yes in between is passed over."""
    for turn in reversed(history):
        if turn.intent in rooms:
            return turn
        if turn.intent not in _PASSING:
            return None
    return None


def pointed(masked: str, old: Mentions) -> str:
    """The text with the sign of what was spoken of before in the place of the first 'it' that points at it."""
    subject = next((item for item in old.found if item.kind in _SUBJECTS), None)
    if subject is None or any(sign in masked for kind, sign in MASKS.items() if kind in _SUBJECTS):
        return masked
    return _IT.sub(MASKS[subject.kind], masked, count=1)


def before(turn: Turn, facts: Facts) -> Mentions:
    """What a turn spoke of: entities as they were linked then and still exist, numbers and day read again."""
    again = mentions(turn.question, facts)
    found = tuple(Mention(kind=kind, id=key) for kind, key in turn.named if facts.has(kind, key))
    return again.model_copy(update={"found": found, "unclear": ()})


def inherited(new: Mentions, old: Mentions, *, also_numbers: bool) -> Mentions:
    """`new`, with what it leaves open taken from `old`.

    A new subject (order, SKU, wave, ...) replaces the old ones, a new site the old site. Numbers and day are taken on
    when `also_numbers`.
    """
    kinds = new.kinds
    replaced = _SUBJECTS if kinds & _SUBJECTS else frozenset()
    kept = tuple(item for item in old.found if item.kind not in kinds and item.kind not in replaced)
    update: dict[str, object] = {"found": (*new.found, *kept)}
    if also_numbers and not new.numbers:
        update |= {"numbers": old.numbers, "measure": old.measure}
    if also_numbers and new.day is None and not new.no_day:
        update["day"] = old.day
    return new.model_copy(update=update)


def with_other_site(new: Mentions, old: Mentions, facts: Facts) -> Mentions:
    """'the other site' as the one that was not named; with more than two sites it is unclear which."""
    named = old.of("site")
    if not _OTHER_SITE.search(new.masked) or new.of("site"):
        return new
    others = tuple(site.id for site in facts.sites if site.id not in named)
    if len(others) == 1 and named:
        return new.model_copy(update={"found": (*new.found, Mention(kind="site", id=others[0]))})
    unclear = Unclear(word="the other site", kind="site", candidates=others[:5], several=True)
    return new.model_copy(update={"unclear": (*new.unclear, unclear)})
