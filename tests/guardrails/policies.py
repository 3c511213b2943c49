"""Small random policies as plain data, with moves to ask them about: for tests against the reference."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from guardrails.policy import Place, Policy
from guardrails.subject import Subject, describe
from guardrails.vocabulary import FACTS
from tests.guardrails.world import case, facts, reallocation

KINDS = ("reserve", "transfer", "escalate")
MOVES = ("reserve", "transfer")
ROLES = ("planner", "lead", "finance")
BASE: dict[str, Any] = {
    "name": "Company",
    "version": 1,
    "currency": "USD",
    "roles": {role: {"title": role} for role in ROLES},
    "autonomy": {"default": "act"},
    "waiting": {"expire_after": "24 hours"},
}
NUMBERS = {"value_moved": ("100 USD", "100.01 USD", "200 USD"), "units_moved": ("0 units", "5 units", "6 units")}
NAMES = {"tier_losing": ("none", "key"), "case_kind": ("shortage", "eta_moved")}
SETS = {"customers": ("C1", "C2"), "regions": ("west", "east"), "channels": ("edi", "portal")}
PLACES = {
    "regions": ("west", "east"),
    "channels": ("edi", "portal"),
    "customers": ("C1", "C2"),
    "entities": ("main", "other"),
}


def _comparison(few: bool) -> st.SearchStrategy[dict[str, Any]]:
    def of(fact: str, operators: tuple[str, ...], values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.builds(
            lambda operator, value: {"fact": fact, "operator": operator, "value": value},
            st.sampled_from(operators),
            values,
        )

    def some(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
        return st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)

    sets = {name: SETS[name] for name in ("customers", "regions")} if few else SETS
    numbers = {"value_moved": NUMBERS["value_moved"]} if few else NUMBERS
    ordered = ("<", "<=", ">", ">=", "==", "!=")
    return st.one_of(
        *(of(fact, ordered, st.sampled_from(values)) for fact, values in numbers.items()),
        *(of(fact, ("==", "!="), st.sampled_from(names)) for fact, names in NAMES.items()),
        *(of(fact, ("in", "not_in"), some(names)) for fact, names in NAMES.items()),
        *(of(fact, ("includes_any", "includes_none", "only"), some(names)) for fact, names in sets.items()),
        of("degraded", ("==",), st.booleans()),
    )


def conditions(few: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """All-of and any-of, nested."""
    parts = st.recursive(
        _comparison(few),
        lambda inner: st.builds(
            lambda word, found: {word: found}, st.sampled_from(("all", "any")), st.lists(inner, min_size=1, max_size=3)
        ),
        max_leaves=4,
    )
    return st.builds(
        lambda word, found: {word: found}, st.sampled_from(("all", "any")), st.lists(parts, min_size=1, max_size=3)
    )


@st.composite
def rules(draw: st.DrawFn, count: int = 4, few: bool = False) -> list[dict[str, Any]]:
    """Up to `count` rules of one document."""
    made = []
    for index in range(draw(st.integers(1, count))):
        rule: dict[str, Any] = {
            "id": f"r{index}",
            "title": "a rule",
            "actions": draw(st.one_of(st.just("any"), st.lists(st.sampled_from(KINDS), min_size=1, unique=True))),
            "outcome": draw(st.sampled_from(("allow", "approval", "deny"))),
            "reason": "so",
        }
        if draw(st.booleans()):
            rule["when"] = draw(conditions(few))
        if draw(st.integers(0, 3)) == 0:
            rule["moves"] = [draw(st.sampled_from(MOVES))]
        if draw(st.booleans()):
            rule["topic"] = draw(st.sampled_from(("one", "two")))
        if draw(st.integers(0, 3)) == 0:
            rule["final"] = True
        if rule["outcome"] == "approval":
            rule["roles"] = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=2, unique=True))
            rule["mode"] = draw(st.sampled_from(("each", "any")))
            rule["four_eyes"] = draw(st.booleans())
        made.append(rule)
    return made


@st.composite
def policies(draw: st.DrawFn, documents: int = 3, count: int = 4, few: bool = False) -> dict[str, Any]:
    """A company document and up to `documents` narrower ones, as plain data; with `few` facts they can all be tried."""
    narrower = []
    for index in range(draw(st.integers(0, documents))):
        named = draw(st.lists(st.sampled_from(tuple(PLACES)), min_size=1, max_size=2, unique=True))
        scope = {name: draw(st.lists(st.sampled_from(PLACES[name]), min_size=1, unique=True)) for name in named}
        narrower.append({"name": f"D{index}", "scope": scope, "rules": draw(rules(2, few))})
    return {**BASE, "rules": draw(rules(count, few)), "documents": narrower}


def typed(data: dict[str, Any]) -> Policy:
    """The policy that this data says."""
    return Policy.model_validate(data)


PLACE = st.builds(
    Place,
    region=st.sampled_from(("west", "east", "north", "")),
    channel=st.sampled_from(("edi", "portal", "phone", "")),
    segment=st.just("retail"),
    customer=st.sampled_from(("C1", "C2", "C3", "")),
    sku_class=st.sampled_from(("A", "")),
)
ANYTHING = describe(reallocation(), facts(), case())


@st.composite
def subjects(draw: st.DrawFn) -> Subject:
    """A move with facts at, below and above every limit that these policies name."""
    spots = tuple(draw(st.lists(PLACE, min_size=1, max_size=3, unique=True)))
    kind = draw(st.sampled_from((*MOVES, "escalate")))
    actions = tuple(sorted(draw(st.lists(st.sampled_from(KINDS), min_size=1, unique=True))))
    values: dict[str, Any] = {
        **ANYTHING.facts,
        "value_moved": draw(
            st.sampled_from([Decimal(n) for n in ("0.00", "100.00", "100.01", "150.00", "200.00", "300")])
        ),
        "units_moved": draw(st.sampled_from((0, 1, 5, 6, 7))),
        "tier_losing": draw(st.sampled_from(("none", "standard", "key"))),
        "case_kind": draw(st.sampled_from(("shortage", "eta_moved", "another"))),
        "degraded": draw(st.booleans()),
        "move_kind": kind,
        "actions": actions,
        "customers": _of(spots, "customer"),
        "regions": _of(spots, "region"),
        "channels": _of(spots, "channel"),
    }
    assert set(values) == set(FACTS)
    return replace(ANYTHING, kind=kind, actions=actions, places=spots, facts=values, faults=(), outside=())


def _of(places: tuple[Place, ...], name: str) -> tuple[str, ...]:
    return tuple(sorted({getattr(place, name) for place in places} - {""}))
