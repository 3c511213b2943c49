"""Guards proposals: an id, date or number in one must come from the person, the event or a tool result of this run."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from pydantic import BaseModel

from agent.planners.llm.failure import Failure
from agent.planners.llm.leaves import leaves
from domain.requests import Request

_WORD = re.compile(r"[^\s,;!?()\"']+")
_NUMBER = re.compile(r"(?<![\w.-])\d+(?:[.,]\d+)*(?!\w|-\d)")


@dataclass(frozen=True)
class Refusal:
    """A call that must not be made, and what the model is told about it."""

    reason: Failure
    text: str


class Guard:
    """Remembers where ids and dates may come from.

    Notes and other text from outside ground nothing. More: an id that such text names may be proposed only when the
    request itself names it, however often it was read since. A read that asks for an id nobody has named yet is
    answered, but its answer grounds nothing: a note could have sent the model there.
    """

    def __init__(self, request: Request, roles: Collection[str]) -> None:
        self._ids: set[str] = set()
        self._outside: set[str] = set()
        self._dates: set[date] = {request.now.date()}
        for event in request.events:
            self._learn(event, outside=("words", "outside"))
        self._learn(request.scope)
        for rejected in request.rejected:
            self._learn(rejected)
        self._given = {*self._ids, request.case, *roles}
        words = [_folded(word) for word in _WORD.findall(request.question)]
        self._asked = {*words, *(first + second for first, second in pairwise(words))}
        self._asked_numbers = numbers_in(request.question)
        self._asked_dates = set(re.findall(r"\d{4}-\d\d-\d\d", request.question))

    def read(self, arguments: BaseModel, result: BaseModel) -> None:
        """Take over what a read answered, unless the model asked for something nobody had named."""
        if all(self._known(leaf.value) for leaf in leaves(arguments) if leaf.kind == "id"):
            self._learn(result)
        else:
            self._beware(leaf.value for leaf in leaves(result) if leaf.kind == "outside")

    def refusal(self, arguments: BaseModel) -> Refusal | None:
        """Why these arguments of a write tool may not be proposed; None when they may."""
        for leaf in leaves(arguments):
            if leaf.kind == "id" and not self._may_be_proposed(leaf.value):
                return Refusal(
                    Failure.INVENTED_ID,
                    f"{leaf.field}: '{leaf.value}' is neither in what you were asked nor in a tool result of this run. "
                    "Read it first, from an id you were given. Ids that notes name do not count.",
                )
            if leaf.kind == "number" and leaf.value not in self._asked_numbers:
                return Refusal(
                    Failure.INVENTED_NUMBER,
                    f"{leaf.field}: you may not name a number that the person did not. Leave it out: quantities come "
                    "from an allocation.",
                )
            if (
                leaf.kind == "date"
                and leaf.value not in self._dates
                and leaf.value.isoformat() not in self._asked_dates
            ):
                return Refusal(
                    Failure.INVENTED_NUMBER,
                    f"{leaf.field}: {leaf.value} is in no tool result of this run; use a date that is.",
                )
        return None

    @property
    def person_named_numbers(self) -> bool:
        """Whether the question holds a number that a proposal could take over."""
        return bool(self._asked_numbers)

    def _known(self, key: str) -> bool:
        return key in self._ids or self._named(key)

    def _named(self, key: str) -> bool:
        return key in self._given or _folded(key) in self._asked

    def _may_be_proposed(self, key: str) -> bool:
        return self._named(key) or (key in self._ids and _folded(key) not in self._outside)

    def _learn(self, noun: BaseModel, outside: Collection[str] = ("outside",)) -> None:
        for leaf in leaves(noun):
            if leaf.kind == "id":
                self._ids.add(leaf.value)
            elif leaf.kind == "date":
                self._dates.add(leaf.value)
        self._beware(leaf.value for leaf in leaves(noun) if leaf.kind in outside)

    def _beware(self, texts: Iterable[str]) -> None:
        self._outside.update(_folded(word) for text in texts for word in _WORD.findall(text))


def numbers_in(text: str) -> frozenset[Decimal]:
    """The numbers that stand alone in a text; `1,200` is one number."""
    return frozenset(Decimal(found.replace(",", "")) for found in _NUMBER.findall(text) if found.count(".") <= 1)


def _folded(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())
