"""SKUs, positions, inbound supply, reservations and what is expected to be asked."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from domain.noun import Id, Money, Noun, PositiveUnits, Share, Text, Units


class UnitOfMeasure(Noun):
    """A packing of a SKU: `factor` base units in one."""

    code: Id
    factor: PositiveUnits


class Sku(Noun):
    """An item. `unit_cost` is in the base currency; `pack` is the multiple it is allocated in."""

    id: Id
    name: Text
    abc_class: Id = "B"
    unit_cost: Money
    pack: PositiveUnits = 1
    units_of_measure: tuple[UnitOfMeasure, ...] = ()
    supplier: Id | None = None
    shelf_life_days: int | None = None


class Supplier(Noun):
    """Who we buy from: mean lead time and its standard deviation in days."""

    id: Id
    name: Text
    lead_time_days: int
    lead_time_sd: Decimal = Decimal(0)


class Lot(Noun):
    """Part of a position that arrived together."""

    id: Id
    quantity: Units
    received: date
    expires: date | None = None


class Position(Noun):
    """Stock of one SKU at one site as the ERP sees it. Sellable = on_hand - quarantined - safety_stock."""

    sku: Id
    site: Id
    on_hand: Units
    quarantined: Units = 0
    safety_stock: Units = 0
    lots: tuple[Lot, ...] = ()
    as_of: datetime

    @property
    def sellable(self) -> int:
        """Units that may be reserved when nothing is reserved yet; never negative."""
        return max(0, self.on_hand - self.quarantined - self.safety_stock)


class Expedite(Noun):
    """A way to make inbound supply faster: its new date and what it costs in the base currency."""

    eta: date
    cost: Money


class Inbound(Noun):
    """Supply on its way. `reliability` is the share of this supplier's receipts that came by their ETA."""

    id: Id
    sku: Id
    site: Id
    quantity: PositiveUnits
    eta: date
    original_eta: date
    supplier: Id | None = None
    reliability: Share = Decimal(1)
    expedite: Expedite | None = None


class PurchaseRequest(Noun):
    """A request to buy that is still open; once it is ordered it becomes inbound supply."""

    id: Id
    sku: Id
    site: Id
    quantity: PositiveUnits
    needed_by: date
    supplier: Id | None = None


class DemandSignal(Noun):
    """Forecast and run rate of one SKU at one site in the week that starts on `week` (units)."""

    sku: Id
    site: Id
    week: date
    forecast: Units
    run_rate: Units


class Substitute(Noun):
    """`alternative` may serve for `sku`, `ratio` units for one."""

    sku: Id
    alternative: Id
    ratio: PositiveUnits = 1


class ReservationKind(StrEnum):
    """SOFT claims expected or earmarked stock, HARD claims physical stock."""

    SOFT = "soft"
    HARD = "hard"


class Reservation(Noun):
    """A claim of one order line on stock of a site, or on an inbound supply when `inbound` is set.

    `owner` is who made it: the line's own order, or the move that earmarked units between a release and a reserve
    (then `line` is None).
    """

    id: Id
    sku: Id
    site: Id
    quantity: PositiveUnits
    kind: ReservationKind
    line: Id | None = None
    inbound: Id | None = None
    owner: Id
    created_at: datetime
    expires_at: datetime | None = None


class TransferRequest(Noun):
    """A site asks another for stock; it competes as demand. `value` is what a unit is worth there (base currency)."""

    id: Id
    sku: Id
    to_site: Id
    quantity: PositiveUnits
    granted: Units = 0
    needed_by: date
    value: Money
    reason: Text = ""
