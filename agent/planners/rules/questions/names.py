"""Customers, SKUs and sites by their names, as people write them: in part, in lower case, with a typo.

A name that fits two is never decided here: it is Unclear, and whoever asked is asked back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from agent.planners.rules.questions.linked import Mention, Unclear
from agent.planners.rules.questions.phrases import asking
from domain.facts import Facts

SHORTEST = 4
"""Letters of a word that may stand for a whole name."""
SHORTEST_WITH_TYPO = 5
LONG = 8
"""Letters from which two typos are forgiven, else one."""
_WORD = re.compile(r"[^\W\d_]+")
Owner = tuple[str, str]
"""Kind and id."""


class Place(NamedTuple):
    """What stands from `start` to `end` of the text."""

    start: int
    end: int
    item: Mention | Unclear


def whole_names(words: str, facts: Facts) -> Iterator[Place]:
    """Whole names in a lowered text, longest first, none inside another; one that two share is unclear."""
    names: dict[str, list[Owner]] = {}
    for kind, items in (("customer", facts.customers), ("sku", facts.skus), ("site", facts.sites)):
        for item in items:
            if len(item.name) >= SHORTEST:
                names.setdefault(item.name.lower(), []).append((kind, item.id))
    for name in sorted(names, key=lambda text: (-len(text), text)):
        for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", words):
            words = words[: found.start()] + " " * len(name) + words[found.end() :]
            yield Place(*found.span(), _item(set(names[name]), name))


class Names:
    """The words of every name in a snapshot, and who owns them."""

    def __init__(self, facts: Facts) -> None:
        self._owners: dict[str, set[Owner]] = {}
        for kind, items in (("customer", facts.customers), ("sku", facts.skus), ("site", facts.sites)):
            for item in items:
                ids = item.id if kind == "site" else ""
                for word in _WORD.findall(f"{item.name} {ids}".lower()):
                    if len(word) >= SHORTEST:
                        self._owners.setdefault(word, set()).add((kind, item.id))

    def places(self, words: str) -> Iterator[Place]:
        """Runs of words that belong to names, each narrowed to those who own all of its words.

        `words`: the lowered text, with what is linked already blanked out.
        """
        run: list[re.Match[str]] = []
        fits: set[Owner] = set()
        for match in _WORD.finditer(words):
            owners = self._owned(match[0])
            near = bool(run) and not re.search(r"[^\s,&-]", words[run[-1].end() : match.start()])
            if run and near and owners & fits:
                run, fits = [*run, match], fits & owners
                continue
            yield from self._told(run, fits, words)
            run, fits = ([match], owners) if owners else ([], set())
        yield from self._told(run, fits, words)

    def _told(self, run: list[re.Match[str]], fits: set[Owner], words: str) -> Iterator[Place]:
        """A run counts when one of its words is nobody's everyday word."""
        if run and any(_bare(match[0]) not in asking() and match[0] not in asking() for match in run):
            start, end = run[0].start(), run[-1].end()
            yield Place(start, end, _item(fits, words[start:end]))

    def _owned(self, word: str) -> set[Owner]:
        """Who owns this word: exactly, in the plural, else with a typo in it."""
        if len(word) < SHORTEST:
            return set()
        exact = self._owners.get(word) or self._owners.get(_bare(word)) or self._owners.get(f"{word}s")
        if exact:
            return set(exact)
        if len(word) < SHORTEST_WITH_TYPO or word in asking() or _bare(word) in asking():
            return set()
        from rapidfuzz.distance import OSA

        found: dict[int, set[Owner]] = {}
        for known in sorted(self._owners):
            if known in asking() or len(known) < SHORTEST_WITH_TYPO or known[0] != word[0]:
                continue
            typos = OSA.distance(_bare(word), _bare(known))
            if typos <= (2 if min(len(word), len(known)) >= LONG else 1):
                found.setdefault(typos, set()).update(self._owners[known])
        return found[min(found)] if found else set()


def _bare(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _item(fits: set[Owner], word: str) -> Mention | Unclear:
    if len(fits) == 1:
        kind, key = next(iter(fits))
        return Mention(kind=kind, id=key)
    kinds = {kind for kind, _ in fits}
    return Unclear(
        word=word[:40],
        kind=next(iter(kinds)) if len(kinds) == 1 else "",
        candidates=tuple(sorted(key for _, key in fits))[:5],
        several=True,
    )
