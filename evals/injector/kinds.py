"""What counts as an exception, in the field's words, with thresholds; labels, and a night as a value.

Definitions (`now` is when the facts were taken, `today` its day in UTC, `sellable` as in Position):

atp_below_commitments  sku@site  Within 28 days the units committed at a site (reservations; promised units without
                                 one, on the day they must leave) exceed sellable stock and receipts.
eta_moved              inbound   Supply comes 2 or more days later than when we last looked, or has by now crept 2 or
                                 more days past its original date.
wave_at_risk           wave      At the site's pace (daily pick capacity in 480 minutes; waves with earlier cutoffs go
                                 first) a released wave is picked less than 30 minutes before its cutoff, or after it.
credit_changed         customer  Since we last looked a customer with open units was put on hold, or its exposure rose
                                 above its limit.
aging_backorder        line      Open units, not on hold, 5 or more days after the first date promised (else asked for).
stock_out_ahead        sku@site  Sellable stock does not last through the supplier's lead time at the larger of forecast
                                 and run rate, and there is no open supply: nothing inbound, no purchase requested.
promise_at_risk        line      Promised within the next 5 days, not on hold, and what arrives by then (what it has
                                 reserved, else free stock) is less than its open units.
inventory_discrepancy  sku@site  ERP and WMS differ by 3 or more units and by 2 % or more of the larger count.
shipment_late          shipment  Shipped, not delivered, 2 or more days after ship date plus transit in working days.
shortage               sku       Over all sites, open units due by some day exceed sellable stock and supply by then.

On hold: the order has a hold or its customer is on credit hold.
"""

from __future__ import annotations

from decimal import Decimal

from domain.events import Event
from domain.facts import Facts
from domain.noun import Id, Noun

KINDS = (
    "atp_below_commitments", "eta_moved", "wave_at_risk", "credit_changed", "aging_backorder", "stock_out_ahead",
    "promise_at_risk", "inventory_discrepancy", "shipment_late", "shortage",
)  # fmt: skip


class Limits(Noun):
    """The thresholds of the definitions above."""

    horizon_days: int = 28
    eta_days: int = 2
    shift_minutes: int = 480
    wave_minutes: int = 30
    backorder_days: int = 5
    promise_days: int = 5
    discrepancy_units: int = 3
    discrepancy_share: Decimal = Decimal("0.02")
    shipment_days: int = 2


class Label(Noun):
    """One thing that is an exception of a kind, or (`near`) only just is not. `cell` names the cause it comes from;
    `told`: it arrives as an event, and the systems' facts alone need not show it."""

    kind: Id
    subject: Id
    cell: Id
    near: bool = False
    told: bool = False


class Cure(Noun):
    """How one cause goes away again: the facts its SKUs, orders and so on have when all is well."""

    cell: Id
    facts: Facts


class Night(Noun):
    """Facts in the evening and in the morning, the events of the night, and what they are.

    `after` does not have what `events` tell: the systems book that when the event arrives.
    """

    seed: int
    before: Facts
    after: Facts
    events: tuple[Event, ...]
    labels: tuple[Label, ...]
    cures: tuple[Cure, ...]

    def of(self, *, near: bool) -> frozenset[tuple[str, str]]:
        """(kind, subject) of the exceptions, or of the near misses."""
        return frozenset((label.kind, label.subject) for label in self.labels if label.near is near)
