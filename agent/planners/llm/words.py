"""Holds the model's words to the record: a figure or id that no tool and no event has named does not reach a person.

This holds that a figure occurs in the record, not that a sentence about it is true; the numbers beside it are computed.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from pydantic import BaseModel

from agent.planners.llm.leaves import leaves
from domain.requests import Request

LONGEST = 4000

_BREAK = re.compile(r"[\s;!?()\"'\[\]{}<>*`$€£¥|=+~]+|,(?!\d{3}(?!\d))")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_NUMBER = re.compile(r"^-?\d[\d,]*(?:\.\d+)?$")
_ONES = "one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SPELLED = {word: number for number, word in enumerate([*_ONES, *_TEENS], 1)} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
_WORD = re.compile(rf"\b(?:{'|'.join(_TENS)})[ -](?:{'|'.join(_ONES)})\b|[a-z]+")
_NO_FIGURE = frozenset({"one"})
"""More often a pronoun."""
_VAGUE = frozenset("hundred hundreds thousand thousands million millions billion dozen dozens".split())


class Record:
    """The figures of a run: of its events and of its tool results, without the text from outside in them."""

    def __init__(self, request: Request) -> None:
        self._tokens: set[str] = {request.case.casefold(), request.now.date().isoformat()}
        self._numbers: set[Decimal] = set()
        for event in request.events:
            self._take(event, words=False)
        for signal in request.spotted:
            self._take(signal, words=True)
        self._take(request.scope, words=False)

    def add(self, result: BaseModel) -> None:
        """Take over the figures of a tool result."""
        self._take(result, words=True)

    def strange(self, text: str) -> tuple[str, ...]:
        """The figures and ids in `text` that the record does not know, in their order."""
        plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
        found = [token for token in _tokens(plain) if not self._knows(token)]
        for word in _WORD.findall(plain.casefold()):
            value = sum(_SPELLED.get(part, 0) for part in re.split(r"[ -]", word))
            if word in _VAGUE or (value and word not in _NO_FIGURE and Decimal(value) not in self._numbers):
                found.append(word)
        return tuple(dict.fromkeys(found))

    def _take(self, noun: BaseModel, *, words: bool) -> None:
        for leaf in leaves(noun):
            if leaf.kind == "number":
                self._numbers.add(abs(leaf.value))
            elif leaf.kind == "date":
                self._tokens.add(leaf.value.isoformat())
            elif leaf.kind == "id" or (leaf.kind == "words" and words):
                for token in (leaf.value.casefold(), *_tokens(leaf.value.casefold())):
                    self._tokens.add(token)
                    if (number := _number(token)) is not None:
                        self._numbers.add(number)

    def _knows(self, token: str) -> bool:
        folded = token.casefold()
        if folded in self._tokens:
            return True
        number = _number(folded.split("-")[0] if re.fullmatch(r"[\d,.]+-[a-z]+", folded) else folded)
        return number is not None and number in self._numbers


def plain_words(text: str) -> str:
    """The text without control characters (they could steer a terminal), at most 4,000 characters."""
    kept = "".join(letter for letter in text if letter == "\n" or unicodedata.category(letter)[0] != "C")
    return kept.strip()[:LONGEST]


def _tokens(text: str) -> list[str]:
    pieces = (piece.strip(".,:/-_") for piece in _BREAK.split(text))
    return [piece for piece in pieces if any(letter.isdigit() for letter in piece)]


def _number(token: str) -> Decimal | None:
    if not _NUMBER.match(token):
        return None
    try:
        return abs(Decimal(token.replace(",", "")))
    except InvalidOperation:
        return None
