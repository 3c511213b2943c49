"""What triage looks for: signals of exceptions, and from where on something counts as one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

from pydantic import Field

from domain.cases import Scope
from domain.noun import Id, Money, Noun, Share, Text

SignalKind = Literal[
    "inventory_discrepancy",
    "eta_moved",
    "shortage",
    "atp_below_commitments",
    "promise_at_risk",
    "aging_backorder",
    "stock_out_ahead",
    "wave_at_risk",
    "credit_changed",
    "shipment_late",
]
SIGNAL_KINDS: tuple[SignalKind, ...] = get_args(SignalKind)
"""Causes before what they cause: of signals about one SKU the first kind names the group."""
SUPPLY_KINDS = frozenset(SIGNAL_KINDS[:7])
"""Kinds that are answered by sharing out one SKU anew, so that one plan answers all of them."""


class Thresholds(Noun):
    """From where on something is an exception; `triage:` in the policy.

    `horizon_days`: how far ahead commitments are compared with supply; `oversold_units`, `shortage_units`: units beyond
    supply; `eta_days`: days that supply comes later; `wave_minutes`: minutes that picking must end before the cutoff;
    `backorder_days`: days past the first date; `promise_days`: how far ahead promises are looked at;
    `discrepancy_units` and `discrepancy_share`: units by which two counts differ, and share of the larger one, both;
    `shipment_days`: days past the day a shipment should have arrived.
    """

    horizon_days: int = Field(default=28, ge=1, le=365)
    oversold_units: int = Field(default=1, ge=1)
    shortage_units: int = Field(default=1, ge=1)
    eta_days: int = Field(default=2, ge=1, le=365)
    wave_minutes: int = Field(default=30, ge=0, le=1440)
    backorder_days: int = Field(default=5, ge=1, le=365)
    promise_days: int = Field(default=5, ge=0, le=60)
    discrepancy_units: int = Field(default=3, ge=1)
    discrepancy_share: Share = Decimal("0.02")
    shipment_days: int = Field(default=2, ge=0, le=60)


class Signal(Noun):
    """One exception seen in facts. `subject` is an id, or `sku@site`; equal `mark`s are the same exception.

    `scope` names what it is about and no more; `deadline` is when it begins to cost; `figures` are numbers for whoever
    plans (units, minutes, days since the year 1).
    """

    kind: SignalKind
    subject: Id
    mark: Id
    title: Text
    scope: Scope = Scope()
    value_at_stake: Money | None = None
    deadline: datetime | None = None
    detail: Text = ""
    figures: tuple[tuple[Id, int], ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What it is about: kind and subject."""
        return self.kind, self.subject

    def figure(self, name: str) -> int:
        """A figure by its name; 0 when it has none of that name."""
        return dict(self.figures).get(name, 0)
