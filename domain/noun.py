"""What every noun of the canonical model shares: frozen, closed, exact."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

CENT = Decimal("0.01")


class Noun(BaseModel):
    """A frozen value object that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _quantise(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_EVEN)


def to_minor(amount: Decimal) -> int:
    """Money as integer minor units (cents), half-even; the one place where it is quantised for arithmetic."""
    return int(_quantise(amount) * 100)


def from_minor(minor: int) -> Decimal:
    """Integer minor units back to a Decimal amount with two places."""
    return _quantise(Decimal(minor) / 100)


Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/#@-]*$")]
"""An identifier of another system or of ours: letters, digits and . _ : / # @ - only, at most 80 characters."""

MOST_UNITS = 1_000_000_000
"""No quantity is larger."""

Units = Annotated[int, Field(ge=0, le=MOST_UNITS)]
"""A quantity in base units: a whole number, never negative."""

PositiveUnits = Annotated[int, Field(gt=0, le=MOST_UNITS)]
Money = Annotated[Decimal, AfterValidator(_quantise), Field(max_digits=16)]
"""An amount in the currency that stands beside it, two decimal places."""

Share = Annotated[Decimal, Field(ge=0, le=1)]
"""A share from 0 to 1."""

Text = Annotated[str, StringConstraints(max_length=4000)]
"""Free text of our own."""

UntrustedText = Annotated[str, StringConstraints(max_length=4000)]
"""Text that came from outside: data only. It never steers control flow and is always escaped when shown."""
