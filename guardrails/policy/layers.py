"""The hierarchy of a policy: one company document, narrower ones below it, and which rules count at a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.noun import Noun
from guardrails.policy.rules import Rule
from guardrails.policy.scopes import COMPANY, Place, Scope


class Narrower(Noun):
    """A document below the company's: its rules count where its scope fits, and replace broader ones of their topic."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    scope: Scope
    rules: tuple[Rule, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Standing:
    """A rule where it stands. `index`: its place in the order written, the company document first."""

    rule: Rule
    document: str
    line: int
    scope: Scope | None
    index: int

    @property
    def rank(self) -> tuple[bool, ...]:
        """How narrow its document is."""
        return self.scope.rank if self.scope else COMPANY

    def fits(self, place: Place, entity: str) -> bool:
        """Whether its document counts there."""
        return self.scope is None or self.scope.fits(place, entity)


def counting(rules: Iterable[Standing]) -> tuple[Standing, ...]:
    """Of rules whose documents all fit one place, those that count there, in written order.

    Of each topic only the rules of the narrowest documents count, and every one that is final. Documents of equal rank
    do not replace each other.
    """
    fitting = tuple(rules)
    narrowest: dict[str, tuple[bool, ...]] = {}
    for one in fitting:
        narrowest[one.rule.about] = max(one.rank, narrowest.get(one.rule.about, COMPANY))
    return tuple(one for one in fitting if one.rule.final or one.rank == narrowest[one.rule.about])
