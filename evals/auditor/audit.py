"""Every law of the house over one export: the chain, effects, authority, spending, the kill switch, undoing."""

from __future__ import annotations

from collections.abc import Iterable

from evals.accounting.books import Finding
from evals.auditor import book, effects, spending, stops
from evals.auditor.authority import unauthorised
from evals.auditor.people import House
from evals.auditor.undone import taken_back

__all__ = ["House", "audit_ledger"]


def audit_ledger(lines: Iterable[str], house: House) -> tuple[Finding, ...]:
    """Every broken law, sorted; empty when the export is in order.

    `lines` is the whole export, from the first entry on. What was redacted can no longer be judged and breaks nothing.
    """
    entries = book.read(lines)
    found = (
        *book.chained(entries),
        *effects.unasked(entries),
        *effects.twice(entries),
        *effects.half(entries),
        *unauthorised(entries, house),
        *spending.overspent(entries),
        *stops.after_a_stop(entries),
        *stops.lifted_alone(entries, house),
        *taken_back(entries, house),
    )
    return tuple(sorted(set(found)))
