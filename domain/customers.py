"""Customers: tier, segment, contract and credit."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from domain.noun import Id, Money, Noun, Share, Text


class Tier(StrEnum):
    """How much the relation matters, most important first."""

    STRATEGIC = "strategic"
    KEY = "key"
    STANDARD = "standard"


class CreditStatus(StrEnum):
    """What finance says about shipping to this customer now."""

    OK = "ok"
    WATCH = "watch"
    HOLD = "hold"


class Contract(Noun):
    """A service-level contract.

    `penalty_share` is the share of a late or short line's cost of goods that we owe; `fill_floor` the share of
    each open line that must be allocated whenever supply allows; `strict` puts its lines in the rank above money.
    """

    id: Id
    otif_target: Share
    penalty_share: Share
    fill_floor: Share
    strict: bool = False
    starts: date
    ends: date


class Credit(Noun):
    """Payment and credit standing, in the company's base currency."""

    limit: Money
    exposure: Money
    overdue_days: int = 0
    status: CreditStatus = CreditStatus.OK


class Customer(Noun):
    """A party that orders from us; an internal site that asks by transfer request is not one."""

    id: Id
    name: Text
    tier: Tier = Tier.STANDARD
    segment: Id = "general"
    region: Id = "domestic"
    contract: Contract | None = None
    credit: Credit
    contact: Text = ""

    @property
    def on_credit_hold(self) -> bool:
        """True when finance has put this customer on hold."""
        return self.credit.status is CreditStatus.HOLD
