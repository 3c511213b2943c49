"""The deeds that gold is written in: what must have been done in the end, in words of the business."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from domain.noun import Id, Noun, PositiveUnits


class Release(Noun):
    """Units of a line go back to a site or an inbound supply."""

    do: Literal["release"]
    line: Id
    source: Id
    units: PositiveUnits


class Take(Noun):
    """Units of a site or an inbound supply are reserved for a line."""

    do: Literal["reserve"]
    line: Id
    source: Id
    units: PositiveUnits


class Promised(Noun):
    """A line has this promise date."""

    do: Literal["promise"]
    line: Id
    day: date


class Told(Noun):
    """The customer of an order is told something."""

    do: Literal["tell"]
    order: Id


class Escalated(Noun):
    """A role is asked to look."""

    do: Literal["escalate"]
    role: Id


class Bought(Noun):
    """Procurement is asked to buy."""

    do: Literal["buy"]
    sku: Id
    site: Id
    units: PositiveUnits
    by: date


class Sent(Noun):
    """Units leave a site for another."""

    do: Literal["transfer"]
    sku: Id
    source: Id = Field(alias="from")
    target: Id = Field(alias="to")
    units: PositiveUnits
    request: Id | None = None


class Swapped(Noun):
    """Units of a line are served with another SKU of a site."""

    do: Literal["substitute"]
    line: Id
    alternative: Id = Field(alias="with")
    source: Id
    units: PositiveUnits


class Held(Noun):
    """The open picks of a line in a wave wait."""

    do: Literal["hold picks"]
    wave: Id
    line: Id


class Ordered(Noun):
    """The picks of a wave are done in this order."""

    do: Literal["pick in order"]
    wave: Id
    picks: tuple[Id, ...]


class Rebooked(Noun):
    """A wave goes with another carrier."""

    do: Literal["rebook"]
    wave: Id
    carrier: Id


class CreditAsked(Noun):
    """Finance is asked to release an order."""

    do: Literal["ask credit"]
    order: Id
    amount: Decimal


Deed = Annotated[
    Release | Take | Promised | Told | Escalated | Bought | Sent | Swapped | Held | Ordered | Rebooked | CreditAsked,
    Field(discriminator="do"),
]


class Gold(Noun):
    """What must have been done in the end, in whatever way; `or_end`: other ends that are equally right."""

    end: tuple[Deed, ...]
    or_end: tuple[tuple[Deed, ...], ...] = ()

    @property
    def ends(self) -> tuple[tuple[Deed, ...], ...]:
        """Every end that is right."""
        return (self.end, *self.or_end)
