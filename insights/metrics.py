"""The metrics of a period, gathered from the ledger and the records it points at. Reads only; nothing depends on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from domain.errors import BadInput
from insights import decisions, denials, execution, overrides, stalls, supply, timing
from insights.numbers import Metrics, Number, Part, Telling
from insights.past import Past, read
from storage.database import Session

__all__ = ["Metrics", "Number", "Part", "gather"]

FAMILIES: tuple[Callable[[Past], tuple[Number, ...]], ...] = (
    timing.numbers,
    decisions.numbers,
    overrides.numbers,
    execution.numbers,
    supply.numbers,
    stalls.numbers,
    denials.numbers,
)
"""Each measures its numbers; they are shown in this order."""
REDACTED = Telling(
    "redacted",
    "Entries that cannot be measured",
    "entries",
    "ledger entries of the period whose content was redacted, left out of every other number; taken over all entries",
)


def gather(session: Session, now: datetime, since: datetime | None = None, until: datetime | None = None) -> Metrics:
    """Every number of the period from `since` (in it) to `until` (not in it); None leaves an end open.

    BadInput when the period ends before it begins or an end names no zone.
    """
    for name, end in (("since", since), ("until", until)):
        if end is not None and end.tzinfo is None:
            raise BadInput("the time names no zone", field=name, fix="give it with its offset")
    if since is not None and until is not None and until <= since:
        raise BadInput("the period ends before it begins", field="until", fix="give a later end")
    past = read(session, since, until, now)
    found = tuple(number for family in FAMILIES for number in family(past))
    return Metrics(since=since, until=until, at=now, numbers=(*found, _redacted(past)))


def _redacted(past: Past) -> Number:
    gone = [line.seq for line in past.lines if line.body is None]
    return REDACTED.number(Decimal(len(gone)), len(past.lines), gone)
