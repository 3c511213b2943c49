"""Orders, their lines, holds and promises."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import Field, model_validator

from domain.noun import Id, Money, Noun, PositiveUnits, Text, Units, UntrustedText


class Channel(StrEnum):
    """How the order reached us."""

    EDI = "edi"
    PORTAL = "portal"
    PHONE = "phone"
    EMAIL = "email"


class HoldKind(StrEnum):
    """Why something must not ship."""

    CREDIT = "credit"
    COMPLIANCE = "compliance"
    QUALITY = "quality"
    MANUAL = "manual"


class LineState(StrEnum):
    """How far the warehouse is with a line. From RELEASED on a line is frozen unless a rule allows its move."""

    OPEN = "open"
    RELEASED = "released"
    PICKED = "picked"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class Hold(Noun):
    """A stop placed on an order."""

    kind: HoldKind
    reason: Text = ""
    placed_at: datetime


class Promise(Noun):
    """What the customer was told: the first confirmed date and the current one."""

    first: date
    current: date


class OrderLine(Noun):
    """One SKU of an order. `quantity` is in base units; `uom` and `uom_quantity` say how it was ordered."""

    id: Id
    order: Id
    sku: Id
    quantity: PositiveUnits
    uom: Id = "EA"
    uom_quantity: Decimal = Decimal(1)
    unit_price: Money
    requested: date
    promise: Promise | None = None
    shipped: Units = 0
    state: LineState = LineState.OPEN
    ship_complete: bool = False
    allowed_sites: tuple[Id, ...] = ()
    substitutes_ok: bool = False
    frozen: bool = False

    @property
    def open_quantity(self) -> int:
        """Units still to ship; 0 once shipped or cancelled."""
        if self.state in (LineState.SHIPPED, LineState.CANCELLED):
            return 0
        return max(0, self.quantity - self.shipped)

    @property
    def due(self) -> date:
        """The date that service is measured against: the first promise, else the requested date."""
        return self.promise.first if self.promise else self.requested


class Order(Noun):
    """A customer order as the ERP knows it. `notes` is untrusted text."""

    id: Id
    customer: Id
    channel: Channel = Channel.PORTAL
    currency: Id = "USD"
    ordered_at: datetime
    region: Id
    ship_complete: bool = False
    holds: tuple[Hold, ...] = ()
    notes: UntrustedText = ""
    lines: tuple[OrderLine, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _lines_belong(self) -> Order:
        for line in self.lines:
            if line.order != self.id:
                raise ValueError(f"line {line.id} names order {line.order}, but stands in {self.id}")
        return self
