"""The level of autonomy in force, place by place: what the policy says, and what demotions have made of it."""

from __future__ import annotations

from collections.abc import Sequence

from domain.noun import Id, Noun
from guardrails.demotions import Demotion, lowered
from guardrails.policy import AutonomyRule, Policy
from guardrails.policy.autonomy import Level

_DIMENSIONS = ("case_kinds", "sku_classes", "sites", "segments")


class LevelView(Noun):
    """A place (an empty list is every one), the level the policy names there, and the one in force.

    `demotions` lower some or all of the place. While the policy is read-only nothing is written at any level.
    """

    case_kinds: tuple[Id, ...] = ()
    sku_classes: tuple[Id, ...] = ()
    sites: tuple[Id, ...] = ()
    segments: tuple[Id, ...] = ()
    policy_level: Level
    level: Level
    demotions: tuple[Id, ...] = ()


def levels(policy: Policy, demotions: Sequence[Demotion]) -> tuple[LevelView, ...]:
    """The default first, then the narrower entries in written order, then the places of demotions that are narrower
    than an entry."""
    whole = AutonomyRule(level=policy.autonomy.default)
    entries = [whole, *policy.autonomy.narrower]
    found = [_view(entry, [one for one in demotions if _covers(one, entry)]) for entry in entries]
    for one in demotions:
        covered = [entry for entry in entries if _covers(one, entry)]
        if len(covered) < len(entries):
            place = {name: getattr(one, name) for name in _DIMENSIONS}
            best = policy.autonomy.default
            found.append(LevelView(**place, policy_level=best, level=lowered(best, [one]), demotions=(one.id,)))
    return tuple(found)


def _covers(demotion: Demotion, entry: AutonomyRule) -> bool:
    """Whether a demotion lowers the whole of an entry's place."""
    pairs = [(getattr(demotion, name), getattr(entry, name)) for name in _DIMENSIONS]
    return all(not wide or (narrow and set(narrow) <= set(wide)) for wide, narrow in pairs)


def _view(entry: AutonomyRule, lowering: Sequence[Demotion]) -> LevelView:
    place = {name: getattr(entry, name) for name in _DIMENSIONS}
    return LevelView(
        **place,
        policy_level=entry.level,
        level=lowered(entry.level, lowering),
        demotions=tuple(one.id for one in lowering),
    )
