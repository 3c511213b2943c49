"""How far the copilot may go by itself, by kind of exception and place, and where it may write at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from domain.noun import Id, Noun, PositiveUnits, Units
from guardrails.policy.fields import Duration, PercentAmount, RoleId
from guardrails.vocabulary import Amount, Kind

Level = Literal["observe", "recommend", "approve", "act"]
LEVELS: tuple[Level, ...] = ("observe", "recommend", "approve", "act")
"""Most cautious first."""

Fall = Literal["observe", "recommend", "approve", "keep"]
"""A level to fall to, or none."""


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


class Promotion(Noun):
    """What a report of agreement must show before a higher level may be proposed.

    At least `min_cases` compared plans, this share of units agreed, at most so many moves that would have been errors.
    """

    min_cases: PositiveUnits = 20
    min_agreement: PercentAmount = Amount(kind=Kind.PERCENT, number=Decimal(90), unit="%")
    max_errors: Units = 0


class DemotionRules(Noun):
    """To which level autonomy falls by itself, by what has happened; `keep` leaves it.

    `budget`: a budget has stopped a move. `stale`: a plan rests on facts older than `stale_after` (None: never).
    `verify`: the ledger is not what was written. `effect`: a move ended half done, or a system answered otherwise than
    it was asked. Two people with the role `lifted_by` (None: the role that confirms) lift a demotion together.
    """

    budget: Fall = "approve"
    stale: Fall = "approve"
    verify: Fall = "approve"
    effect: Fall = "approve"
    stale_after: Duration | None = None
    lifted_by: RoleId | None = None


class Autonomy(Noun):
    """How far the copilot may go by itself; the narrowest entry that fits wins, and among equals the more cautious.

    While `read_only`, or before `read_only_until`, nothing is written whatever else is said. Plans that people carry
    out themselves are compared with what they did `compare_after` they were made.
    """

    default: Level = "observe"
    confirm_role: RoleId = "planner"
    narrower: tuple[AutonomyRule, ...] = ()
    read_only: bool = False
    read_only_until: date | None = None
    compare_after: Duration = Amount(kind=Kind.MINUTES, number=Decimal(1440), unit="minutes")
    promotion: Promotion = Promotion()
    demotion: DemotionRules = DemotionRules()

    def reads_only(self, day: date) -> bool:
        """Whether nothing is written on this day."""
        return self.read_only or (self.read_only_until is not None and day < self.read_only_until)


class Top(Noun):
    """How a fixed list of SKUs was picked: the first `count` by revenue, units or margin on a day."""

    by: Literal["revenue", "units", "margin"]
    count: PositiveUnits
    as_of: date


class Pilot(Noun):
    """What may be written at all; an empty list is everything. `top_skus` says how the list of SKUs was picked."""

    skus: tuple[Id, ...] = ()
    abc_classes: tuple[Id, ...] = ()
    sites: tuple[Id, ...] = ()
    top_skus: Top | None = Field(default=None)

    @model_validator(mode="after")
    def _fixed(self) -> Pilot:
        if self.top_skus is not None and not self.skus:
            raise ValueError(
                "a policy does not move by itself, so top_skus stands beside the list it gave; "
                f"let `quartermaster autonomy pilot --top {self.top_skus.count}` write both"
            )
        return self
