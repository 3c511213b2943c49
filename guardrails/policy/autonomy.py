"""How far the copilot may go by itself, by kind of exception and place, and where it may write at all."""

from __future__ import annotations

from typing import Literal

from domain.noun import Id, Noun
from guardrails.policy.fields import RoleId

Level = Literal["observe", "recommend", "approve", "act"]
LEVELS: tuple[Level, ...] = ("observe", "recommend", "approve", "act")
"""Most cautious first."""


class AutonomyRule(Noun):
    """A level for some exceptions, SKU classes, sites or segments; an empty list is every one of them."""

    level: Level
    case_kinds: tuple[Id, ...] = ()
    sku_classes: tuple[Id, ...] = ()
    sites: tuple[Id, ...] = ()
    segments: tuple[Id, ...] = ()

    @property
    def width(self) -> int:
        """How many dimensions it names; more is narrower."""
        return sum(bool(part) for part in (self.case_kinds, self.sku_classes, self.sites, self.segments))


class Autonomy(Noun):
    """How far the copilot may go by itself; the narrowest entry that fits wins, and among equals the more cautious."""

    default: Level = "observe"
    confirm_role: RoleId = "planner"
    narrower: tuple[AutonomyRule, ...] = ()


class Pilot(Noun):
    """What may be written at all; an empty list is everything."""

    skus: tuple[Id, ...] = ()
    abc_classes: tuple[Id, ...] = ()
    sites: tuple[Id, ...] = ()
