"""Which orders, lines, SKUs, customers, sites and waves a question speaks of; what is unclear is not guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from agent.planners.rules.questions.amounts import amounts
from agent.planners.rules.questions.days import day_found
from agent.planners.rules.questions.ids import Ids
from agent.planners.rules.questions.linked import Mention, Mentions, Unclear
from agent.planners.rules.questions.names import Names, Place, whole_names
from agent.planners.rules.questions.phrases import MASKS
from domain.facts import Facts

_NOT_BUT = re.compile(r"\bnot\s+(?:the\s+)?$")
_SAID_TWICE = (
    (re.compile(rf"\b(?:orders?|so|lines?) (?={MASKS['order']})"), ""),
    (re.compile(rf"\b(?:skus?|items?|product|part) (?={MASKS['sku']})"), ""),
    (re.compile(rf"\bwave (?={MASKS['wave']})"), ""),
    (re.compile(rf"\b(?:po|inbound|delivery|supply) (?={MASKS['inbound']})"), ""),
    (re.compile(rf"\b(?:customer|account) (?={MASKS['customer']})"), ""),
    (re.compile(rf"\b(?:site|warehouse|dc) (?={MASKS['site']})"), ""),
)
"""The word for the kind, where the sign says it as well."""
LONGEST = 600
"""Characters of a message that are read; nobody means anything by what comes after."""


def mentions(text: str, facts: Facts, likely: str = "") -> Mentions:
    """Links the words of `text` to ids and names in the snapshot; an unknown id counts as one of the `likely` kind.

    Days come first, then ids, whole names, parts of names, and what is left may be numbers. In 'not A but B', A is not
    meant.
    """
    plain = _plain(text)
    words = plain.lower() if len(plain.lower()) == len(plain) else plain
    page = _Page(words)
    day = day_found(words, facts.today)
    if day:
        page.take(day[0], day[1], MASKS["day"])
    ids = Ids(facts)
    for find in (
        lambda rest: ids.known(rest, plain),
        lambda rest: whole_names(rest, facts),
        lambda rest: ids.unknown(rest, plain, likely),
        Names(facts).places,
    ):
        page.link(find)
    amount = amounts(page.rest)
    for start, end in amount.places:
        page.take(start, end, MASKS["n"])
    found, unclear = page.items()
    return Mentions(
        found=found,
        unclear=unclear,
        numbers=amount.numbers,
        measure=amount.measure,
        day=day[2] if day else None,
        no_day=words[day[0] : day[1]][:40] if day and day[2] is None else "",
        masked=page.masked(),
    )


def _plain(text: str) -> str:
    """Compatibility forms made plain, curly quotes straight, one line."""
    straight = unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("\u2018", "'")
    return re.sub(r"\s", " ", straight)[:LONGEST]


class _Page:
    """A text of which more and more is understood; what is, is blanked out for those who read on."""

    def __init__(self, words: str) -> None:
        self._words = words
        self.rest = words
        self._places: list[Place] = []
        self._signs: list[tuple[int, int, str]] = []

    def link(self, find: Callable[[str], object]) -> None:
        for place in list(find(self.rest)):  # type: ignore[call-overload]
            if self.rest[place.start : place.end].strip() and "\x00" not in self.rest[place.start : place.end]:
                self._places.append(place)
                kind = place.item.kind if isinstance(place.item, Mention) else place.item.kind or "unclear"
                self.take(place.start, place.end, MASKS[kind])

    def take(self, start: int, end: int, sign: str) -> None:
        self._signs.append((start, end, sign))
        self.rest = self.rest[:start] + "\x00" * (end - start) + self.rest[end:]

    def items(self) -> tuple[tuple[Mention, ...], tuple[Unclear, ...]]:
        """In the order of the words, without what is said to be not meant ('not A but B')."""
        places = sorted(self._places, key=lambda place: place.start)
        meant = [place for place in places if not self._excluded(place)]
        found = tuple(place.item for place in meant if isinstance(place.item, Mention))
        return found, tuple(place.item for place in meant if isinstance(place.item, Unclear))

    def _excluded(self, place: Place) -> bool:
        before, after = self._words[: place.start], self._words[place.end :]
        return bool(_NOT_BUT.search(before) and re.match(r"\s*,?\s*but\b", after))

    def masked(self) -> str:
        """The words with a sign for everything that was linked."""
        text, at = "", 0
        for start, end, sign in sorted(self._signs):
            text += f"{self._words[at:start]} {sign} "
            at = end
        text = " ".join((text + self._words[at:]).split())
        for pattern, instead in _SAID_TWICE:
            text = pattern.sub(instead, text)
        return text
