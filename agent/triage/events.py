"""Signals as events, where a planner knows what to do about an event of that kind. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

from domain.events import CreditHold, Event, EventData, InventoryDiscrepancy, SupplierDelay, WaveAtRisk
from domain.signals import Signal

SOURCE = "triage"


def as_events(signals: Iterable[Signal], now: datetime) -> tuple[Event, ...]:
    """An event for every signal that can be told as one; they are of no system and stand in no inbox."""
    found = []
    for signal in signals:
        data = _AS[signal.kind](signal) if signal.kind in _AS else None
        if data is not None:
            found.append(Event(id=signal.mark, source=SOURCE, at=now, data=data))
    return tuple(found)


def _eta_moved(signal: Signal) -> EventData:
    return SupplierDelay(inbound=signal.subject, new_eta=date.fromordinal(signal.figure("eta")))


def _wave(signal: Signal) -> EventData:
    return WaveAtRisk(wave=signal.subject, minutes_late=signal.figure("minutes_late"))


def _credit(signal: Signal) -> EventData | None:
    return CreditHold(customer=signal.subject) if signal.figure("on_hold") else None


def _counts(signal: Signal) -> EventData:
    sku, _, site = signal.subject.rpartition("@")
    return InventoryDiscrepancy(
        sku=sku, site=site, erp_units=signal.figure("erp_units"), wms_units=signal.figure("wms_units")
    )


_AS: Mapping[str, Callable[[Signal], EventData | None]] = {
    "eta_moved": _eta_moved,
    "wave_at_risk": _wave,
    "credit_changed": _credit,
    "inventory_discrepancy": _counts,
}
