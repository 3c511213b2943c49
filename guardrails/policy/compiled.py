"""A policy made ready to judge by: which rules count at which places, and conditions as functions of the facts."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from domain.verdicts import Outcome
from guardrails.policy.conditions import Comparison, Condition
from guardrails.policy.layers import Standing, counting
from guardrails.policy.rules import ANY
from guardrails.policy.scopes import Place
from guardrails.vocabulary import FACTS, FactValue, Kind

Facts = Mapping[str, FactValue]
Test = Callable[[Facts], bool]

MOST_KEPT = 4096
"""Combinations of documents and action kinds whose rules are kept at hand."""

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Ready(NamedTuple):
    """A rule ready to be asked. `covers`: the action kinds that it lets go, asked or not. `compared`: its facts."""

    standing: Standing
    moves: frozenset[str]
    test: Test | None
    covers: frozenset[str]
    compared: tuple[str, ...]

    def speaks(self, kind: str, facts: Facts) -> bool:
        """Whether it has something to say of a move of this kind with these facts, of whose actions it names one."""
        return (not self.moves or kind in self.moves) and (self.test is None or self.test(facts))


class Compiled:
    """The rules of a policy for the moves of one legal entity. It says exactly what the documents say."""

    def __init__(self, standing: Iterable[Standing], entity: str) -> None:
        self._entity = entity
        self._rules = tuple(_ready(one) for one in standing)
        scopes = dict.fromkeys((one.standing.document, one.standing.scope) for one in self._rules)
        self._scopes = tuple((document, scope) for document, scope in scopes if scope is not None)
        self._kept: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[Ready, ...]] = {}

    def heard(
        self, places: Iterable[Place], kind: str, actions: tuple[str, ...], facts: Facts
    ) -> tuple[tuple[Ready, ...], tuple[str, ...]]:
        """The rules that speak at any of these places, in written order; and the action kinds nobody lets go at one."""
        found: dict[int, Ready] = {}
        silent: set[str] = set()
        for documents in {self._fitting(place) for place in places}:
            here = [rule for rule in self._at(documents, actions) if rule.speaks(kind, facts)]
            found.update((rule.standing.index, rule) for rule in here)
            silent.update(set(actions).difference(*(rule.covers for rule in here)))
        return tuple(found[index] for index in sorted(found)), tuple(one for one in actions if one in silent)

    def _fitting(self, place: Place) -> tuple[str, ...]:
        return tuple(document for document, scope in self._scopes if scope.fits(place, self._entity))

    def _at(self, documents: tuple[str, ...], actions: tuple[str, ...]) -> tuple[Ready, ...]:
        """The rules that count where these narrower documents do, of which each names one of the actions."""
        key = documents, actions
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            named = {ANY, *actions}
            fitting = (
                one.standing for one in self._rules if one.standing.scope is None or one.standing.document in documents
            )
            self._kept[key] = tuple(
                self._rules[one.index] for one in counting(fitting) if named.intersection(one.rule.actions)
            )
        return self._kept[key]


def _ready(standing: Standing) -> Ready:
    rule = standing.rule
    return Ready(
        standing=standing,
        moves=frozenset(rule.moves),
        test=None if rule.when is None else condition(rule.when),
        covers=frozenset() if rule.outcome is Outcome.DENY else frozenset(rule.actions) - {ANY},
        compared=tuple(dict.fromkeys(part.fact for part in rule.when.comparisons())) if rule.when else (),
    )


def condition(written: Condition) -> Test:
    """A condition as a function of facts."""
    tests = tuple(condition(part) if isinstance(part, Condition) else comparison(part) for part in written.parts)
    if len(tests) == 1:
        return tests[0]
    if written.all is not None:
        return lambda facts: all(test(facts) for test in tests)
    return lambda facts: any(test(facts) for test in tests)


def comparison(written: Comparison) -> Test:
    """A comparison as a function of facts; numbers by size, choices by name, sets by what they include."""
    fact, kind = written.fact, FACTS[written.fact].kind
    if written.amount is not None:
        number = written.amount.number
        limit = int(number) if number == number.to_integral_value() else number
        ordered = _ORDERED[written.operator]
        return lambda facts: ordered(facts[fact], limit)
    if kind is Kind.SET:
        return _set(fact, written.operator, frozenset(written.names))
    if kind is Kind.FLAG:
        value = written.value
        return lambda facts: facts[fact] is value
    names = frozenset(written.names)
    if written.operator in ("in", "=="):
        return lambda facts: facts[fact] in names
    return lambda facts: facts[fact] not in names


def _set(fact: str, named: str, names: frozenset[str]) -> Test:
    if named == "only":
        return lambda facts: names.issuperset(_members(facts[fact]))
    if named == "includes_any":
        return lambda facts: not names.isdisjoint(_members(facts[fact]))
    return lambda facts: names.isdisjoint(_members(facts[fact]))


def _members(value: FactValue) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value
