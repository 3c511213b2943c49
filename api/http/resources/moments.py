"""Moments as the API takes them: with an offset, in years a database and a calendar can hold; UTC inside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

EARLIEST, LATEST = 2000, 2199
"""Years between which a moment lies."""


def _utc(moment: datetime) -> datetime:
    if not EARLIEST < moment.year < LATEST:
        raise ValueError(f"a moment lies between the years {EARLIEST} and {LATEST}")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
"""A moment with its offset."""
