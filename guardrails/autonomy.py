"""How far the copilot may go by itself, and where it may write at all: levels and the pilot scope of a policy."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from guardrails.demotions import Demotion, lowered
from guardrails.policy import AutonomyRule, Level, Policy
from guardrails.policy.autonomy import LEVELS
from guardrails.subject import Subject


def level(subject: Subject, policy: Policy, demotions: Iterable[Demotion] = ()) -> Level:
    """The autonomy level of a move.

    Each combination of SKU class, site and segment it touches gets the level of the narrowest entry that fits (among
    equally narrow ones the most cautious); the move gets the most cautious of them and of the demotions it meets.
    """
    return lowered(policy_level(subject, policy), demotions_of(subject, demotions))


def demotions_of(subject: Subject, demotions: Iterable[Demotion]) -> tuple[Demotion, ...]:
    """The demotions in force that concern a move."""
    touch = subject.touched
    return tuple(
        one for one in demotions if one.concerns(subject.case_kind, touch.sku_classes, touch.sites, touch.segments)
    )


def policy_level(subject: Subject, policy: Policy) -> Level:
    """The level that the policy itself says."""
    touch = subject.touched
    places = product(touch.sku_classes or ("",), touch.sites or ("",), touch.segments or ("",))
    return min((_narrowest(subject.case_kind, place, policy) for place in places), key=LEVELS.index)


def level_at(policy: Policy, place: AutonomyRule) -> Level:
    """The most cautious level the policy itself says at a place, which names no, one or several of each dimension."""
    kinds = place.case_kinds or ("",)
    places = product(place.sku_classes or ("",), place.sites or ("",), place.segments or ("",))
    return min((_narrowest(kind, one, policy) for one in places for kind in kinds), key=LEVELS.index)


def _narrowest(case_kind: str, place: tuple[str, str, str], policy: Policy) -> Level:
    fitting = [entry for entry in policy.autonomy.narrower if _fits(entry, case_kind, place)]
    if not fitting:
        return policy.autonomy.default
    return min(fitting, key=lambda entry: (-entry.width, LEVELS.index(entry.level))).level


def _fits(entry: AutonomyRule, case_kind: str, place: tuple[str, str, str]) -> bool:
    sku_class, site, segment = place
    pairs = (
        (entry.case_kinds, case_kind),
        (entry.sku_classes, sku_class),
        (entry.sites, site),
        (entry.segments, segment),
    )
    return all(not wanted or value in wanted for wanted, value in pairs)


def in_pilot(subject: Subject, policy: Policy) -> str:
    """Why a move is outside the pilot scope, as a sentence; "" when it is inside."""
    pilot, touch = policy.pilot, subject.touched
    for what, allowed, touched in (
        ("SKU", pilot.skus, touch.skus),
        ("SKU class", pilot.abc_classes, touch.sku_classes),
        ("site", pilot.sites, touch.sites),
    ):
        strange = [key for key in touched if allowed and key not in allowed]
        if strange:
            return f"The pilot does not cover {what} {', '.join(strange)}; nothing is written there."
    return ""
