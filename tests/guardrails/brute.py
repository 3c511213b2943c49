"""What `policy check` should find in a small policy, by trying every move that its rules can tell apart, everywhere.
Shares no code with the guard: only `reference`, which reads the plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, combinations, product
from typing import Any

from tests.guardrails import reference
from tests.guardrails.reference import Data

VALUES: dict[str, tuple[Any, ...]] = {
    "value_moved": tuple(Decimal(n) for n in ("0", "99.99", "100", "100.01", "150", "200", "200.01")),
    "tier_losing": ("none", "standard", "key", "strategic"),
    "case_kind": ("shortage", "eta_moved", "something else"),
    "degraded": (False, True),
}
MEMBERS = {"customers": ("C1", "C2", "C9"), "regions": ("west", "east", "north")}
PLACES = {
    "region": ("west", "east", "north", ""),
    "channel": ("edi", "portal", "phone", ""),
    "customer": ("C1", "C2", "C9", ""),
    "entity": ("main", "other", "third"),
}
KINDS = ("reserve", "transfer", "escalate", "update_promise")


@dataclass
class Tried:
    """By index of the rule in written order: what was seen of it. `gaps`: action kinds that nobody speaks of."""

    spoke: set[int] = field(default_factory=set)
    mattered: set[int] = field(default_factory=set)
    together: set[tuple[int, int]] = field(default_factory=set)
    """allow and deny rules, or two approval rules, that spoke of the same action kind or move"""
    gaps: set[str] = field(default_factory=set)


def try_all(policy: Data) -> Tried:
    """Every combination of what the policy names, and of what it does not name."""
    rules = [rule for _, rule in reference.written(policy)]
    index = {id(rule): number for number, rule in enumerate(rules)}
    found = Tried()
    covered = {kind for rule in rules if rule["outcome"] != "deny" for kind in _named(rule)}
    for true_of in _situations(policy, rules, index):
        for actions, kind in _moves(rules):
            move: dict[str, reference.Fact] = {"actions": actions, "move_kind": kind}
            heard = [rules[number] for number in true_of if reference.speaks(_bare(rules[number]), move)]
            _note(found, heard, index, actions)
            if not any(rule["outcome"] == "deny" for rule in heard):
                found.gaps.update(set(reference.unspoken(heard, move)) & covered)
    return found


def _situations(policy: Data, rules: list[Data], index: dict[int, int]) -> set[tuple[int, ...]]:
    """Which rules count at a place and have a condition that holds there, for every place and all facts."""
    vectors = set()
    for one in _facts(rules):
        holds = tuple("when" not in rule or reference.true(rule["when"], one) for rule in rules)
        vectors.add((one["customers"], one["regions"], holds))
    found = set()
    for place in _places(policy):
        here = [index[id(rule)] for _, rule in reference.in_force(policy, place)]
        for customers, regions, holds in vectors:
            if {place["customer"]} - {""} <= set(customers) and {place["region"]} - {""} <= set(regions):
                found.add(tuple(number for number in here if holds[number]))
    return found


def _moves(rules: list[Data]) -> Iterator[tuple[tuple[str, ...], str]]:
    kinds = ("reserve", "transfer", "credit") if any("moves" in rule for rule in rules) else ("reserve",)
    return product([some for some in _subsets(KINDS) if some], kinds)


def _bare(rule: Data) -> Data:
    """The rule without its condition."""
    return {name: value for name, value in rule.items() if name != "when"}


def _note(found: Tried, heard: list[Data], index: dict[int, int], actions: tuple[str, ...]) -> None:
    found.spoke.update(index[id(rule)] for rule in heard)
    denied = any(rule["outcome"] == "deny" for rule in heard)
    asked = {kind for rule in heard if rule["outcome"] == "approval" for kind in _named(rule)}
    for rule in heard:
        named = set(actions) & set(_named(rule))
        if rule["outcome"] == "deny" or (not denied and (rule["outcome"] == "approval" or named - asked)):
            found.mattered.add(index[id(rule)])
        for other in heard:
            pair = (rule["outcome"], other["outcome"])
            if pair == ("approval", "approval") or (pair == ("allow", "deny") and named & set(_named(other))):
                found.together.add((index[id(rule)], index[id(other)]))


def _named(rule: Data) -> list[str]:
    return [] if rule["actions"] == "any" else list(rule["actions"])


def _places(policy: Data) -> Iterator[dict[str, str]]:
    for chosen in product(*PLACES.values()):
        yield {"segment": "", "sku_class": "", **dict(zip(PLACES, chosen, strict=True))}


def _facts(rules: list[Data]) -> Iterator[dict[str, Any]]:
    told = {fact for rule in rules for fact in _compared(rule.get("when"))}
    free: dict[str, list[Any]] = {name: list(some) if name in told else [some[0]] for name, some in VALUES.items()}
    free |= {name: list(_subsets(members)) if name in told else [members] for name, members in MEMBERS.items()}
    for chosen in product(*free.values()):
        yield dict(zip(free, chosen, strict=True))


def _subsets(members: tuple[str, ...]) -> list[tuple[str, ...]]:
    return list(chain.from_iterable(combinations(members, size) for size in range(len(members) + 1)))


def _compared(part: Any) -> Iterator[str]:
    if part is None:
        return
    if "fact" in part:
        yield part["fact"]
    for inner in (*part.get("all", ()), *part.get("any", ())):
        yield from _compared(inner)
