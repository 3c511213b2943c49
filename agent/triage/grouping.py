"""What belongs together: signals of one root, and events that tell the same thing. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.cases import Case, urgency
from domain.events import Event
from domain.facts import Facts
from domain.signals import SIGNAL_KINDS, SUPPLY_KINDS, Signal, SignalKind

SUPPLY_EVENTS = frozenset({"supplier_delay", "short_stock", "demand_spike", "order_change", "inventory_discrepancy"})
"""Kinds of events whose plan shares out the SKU they are about."""

_TELLS: Mapping[str, tuple[SignalKind, Callable[[Any], str]]] = {
    "supplier_delay": ("eta_moved", lambda data: data.inbound),
    "short_stock": ("atp_below_commitments", lambda data: f"{data.sku}@{data.site}"),
    "inventory_discrepancy": ("inventory_discrepancy", lambda data: f"{data.sku}@{data.site}"),
    "credit_hold": ("credit_changed", lambda data: data.customer),
    "wave_at_risk": ("wave_at_risk", lambda data: data.wave),
}


def tells(event: Event) -> tuple[str, str] | None:
    """The (kind, subject) of the exception that an event tells of; None when no detector looks for such a thing."""
    if event.data.kind not in _TELLS:
        return None
    kind, subject = _TELLS[event.data.kind]
    return kind, subject(event.data)


def root_of(signal: Signal) -> str:
    """What signals of one group share: the SKU that is shared out, else the signal's own subject."""
    if signal.kind in SUPPLY_KINDS:
        return f"sku:{signal.scope.skus[0]}"
    return f"{signal.kind}:{signal.subject}"


def root_of_event(event: Event, facts: Facts) -> str | None:
    """The root that an event's case answers, None when it shares out no SKU that is known."""
    if event.data.kind not in SUPPLY_EVENTS:
        return None
    data = event.data
    if hasattr(data, "sku"):
        return f"sku:{data.sku}"
    kind = "inbound" if hasattr(data, "inbound") else "line"
    key = str(getattr(data, kind))
    if not facts.has(kind, key):
        return None
    return f"sku:{facts.inbound_supply(key).sku if kind == 'inbound' else facts.line(key).sku}"


def grouped(signals: Iterable[Signal], now: datetime) -> tuple[tuple[Signal, ...], ...]:
    """Signals by root, the cause first in each group; the group with most at stake per hour left comes first."""
    groups: dict[str, list[Signal]] = defaultdict(list)
    for signal in signals:
        groups[root_of(signal)].append(signal)
    ordered = [tuple(sorted(group, key=_cause_first)) for group in groups.values()]
    return tuple(sorted(ordered, key=lambda group: (-max(pressing(one, now) for one in group), group[0].key)))


def _cause_first(signal: Signal) -> tuple[int, str]:
    return SIGNAL_KINDS.index(signal.kind), signal.subject


def pressing(signal: Signal, now: datetime) -> Decimal:
    """Value at stake per hour left, as `domain.cases.urgency` has it."""
    return urgency(
        Case(
            id="C-0",
            kind=signal.kind,
            title=signal.title,
            raised_by="sweep",
            opened_at=now,
            value_at_stake=signal.value_at_stake,
            deadline=signal.deadline,
        ),
        now,
    )
