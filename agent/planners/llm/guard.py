"""Guards proposals: an id, date or number in one must come from the person, the event or a tool result of this run."""

from __future__ import annotations

import re
from collections.abc import Collection
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

    Notes and other text from outside ground nothing. A read that asks for an id nobody has named yet is answered, but
    its answer grounds nothing either: otherwise a note could send the model to read an id first and propose it then.
    """

    def __init__(self, request: Request, roles: Collection[str]) -> None:
        self._ids: set[str] = {request.case, *roles}
        self._dates: set[date] = {request.now.date()}
        for event in request.events:
            self._learn(event)
        self._learn(request.scope)
        for rejected in request.rejected:
            self._learn(rejected)
        words = [_folded(word) for word in _WORD.findall(request.question)]
        self._asked = {*words, *(first + second for first, second in pairwise(words))}
        self._asked_numbers = numbers_in(request.question)
        self._asked_dates = set(re.findall(r"\d{4}-\d\d-\d\d", request.question))

    def read(self, arguments: BaseModel, result: BaseModel) -> None:
        """Take over what a read answered, unless the model asked for something nobody had named."""
        if all(self._known(leaf.value) for leaf in leaves(arguments) if leaf.kind == "id"):
            self._learn(result)

    def refusal(self, arguments: BaseModel) -> Refusal | None:
        """Why these arguments of a write tool may not be proposed; None when they may."""
        for leaf in leaves(arguments):
            if leaf.kind == "id" and not self._known(leaf.value):
                return Refusal(
                    Failure.INVENTED_ID,
                    f"{leaf.field}: '{leaf.value}' is neither in what you were asked nor in a tool result of this run. "
                    "Read it first, from an id you were given; ids in notes do not count.",
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
        return key in self._ids or _folded(key) in self._asked

    def _learn(self, noun: BaseModel) -> None:
        for leaf in leaves(noun):
            if leaf.kind == "id":
                self._ids.add(leaf.value)
            elif leaf.kind == "date":
                self._dates.add(leaf.value)


def numbers_in(text: str) -> frozenset[Decimal]:
    """The numbers that stand alone in a text; `1,200` is one number."""
    return frozenset(Decimal(found.replace(",", "")) for found in _NUMBER.findall(text) if found.count(".") <= 1)


def _folded(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())
