"""The table of detectors: what triage looks for, one pure function per kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

from agent.triage.books import Books
from agent.triage.customers import aging_backorder, credit_changed, over_limit, promise_at_risk
from agent.triage.movement import eta_moved, shipment_late, wave_at_risk
from agent.triage.stock import atp_below_commitments, inventory_discrepancy, shortage, stock_out_ahead
from domain.facts import Facts
from domain.signals import Signal, SignalKind, Thresholds

Detector = Callable[[Books, Facts | None, Thresholds], Iterator[Signal]]
"""(facts with their index, what was seen last or None, thresholds) -> signals, in the order of their subjects."""

DETECTORS: Mapping[SignalKind, Detector] = {
    "inventory_discrepancy": inventory_discrepancy,
    "eta_moved": eta_moved,
    "shortage": shortage,
    "atp_below_commitments": atp_below_commitments,
    "promise_at_risk": promise_at_risk,
    "aging_backorder": aging_backorder,
    "stock_out_ahead": stock_out_ahead,
    "wave_at_risk": wave_at_risk,
    "credit_changed": credit_changed,
    "shipment_late": shipment_late,
}


def detect(facts: Facts, before: Facts | None = None, limits: Thresholds | None = None) -> tuple[Signal, ...]:
    """Every signal in these facts, causes before what they cause, then by subject. `before` is what was seen last.

    Claims of waiting plans are not looked at: our own plans cause no exception.
    """
    books, known = Books(facts), limits or Thresholds()
    return tuple(
        signal
        for detector in DETECTORS.values()
        for signal in sorted(detector(books, before, known), key=lambda found: found.subject)
    )


def seen(facts: Facts) -> Facts:
    """What of these facts the next look is compared with: supply on its way, and how customers stand."""
    return Facts(
        taken_at=facts.taken_at,
        base_currency=facts.base_currency,
        inbound=tuple(sorted(facts.inbound, key=lambda item: item.id)),
        customers=tuple(sorted(facts.customers, key=lambda item: item.id)),
    )


def is_over(signal: Signal, facts: Facts, now_seen: frozenset[tuple[str, str]], limits: Thresholds) -> bool:
    """Whether the cause of an earlier signal has gone. One of a change is over when the change is taken back."""
    if signal.kind == "eta_moved":
        if not facts.has("inbound", signal.subject):
            return True
        supply, was = facts.inbound_supply(signal.subject), date.fromordinal(signal.figure("was"))
        latest = timedelta(days=limits.eta_days)
        return supply.eta <= was or max(supply.eta - was, supply.eta - supply.original_eta) < latest
    if signal.kind == "credit_changed":
        if not facts.has("customer", signal.subject):
            return True
        customer = facts.customer(signal.subject)
        return not customer.on_credit_hold and not over_limit(customer)
    return signal.key not in now_seen


_MEASURES: Mapping[SignalKind, str] = {"eta_moved": "eta", "wave_at_risk": "minutes_late", "credit_changed": "on_hold"}
"""The figure that says how bad a signal is, where it is not its units."""
_AGES = frozenset({"aging_backorder", "shipment_late"})


def is_worse(new: Signal, old: Signal) -> bool:
    """Whether something that was dealt with, and has not gone away, is worse than it was then: more units, later; what
    only ages counts again when it is twice as old."""
    if new.kind in _AGES:
        return new.figure("days") >= 2 * max(1, old.figure("days"))
    measure = _MEASURES.get(new.kind, "units")
    return new.figure(measure) > old.figure(measure)
