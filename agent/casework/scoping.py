"""What a case is about: everything connected to the SKUs of its exception. A run may touch nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.reads import Reads
from domain.cases import Scope
from domain.errors import UnknownReference
from domain.events import (
    CarrierFailure,
    CreditHold,
    Event,
    OrderChange,
    SupplierDelay,
    SystemOutage,
    WaveAtRisk,
)
from domain.scoping import connected, scope_of

__all__ = ["connected", "scope_of", "skus_of", "union"]


def skus_of(event: Event, reads: Reads) -> tuple[str, ...]:
    """SKUs an event is about, sorted; none for an event about no goods. UnknownReference names what nobody knows."""
    data = event.data
    if hasattr(data, "sku"):
        return (data.sku,)
    return tuple(sorted(set(_SKUS[data.kind](data, reads))))


def union(left: Scope, right: Scope) -> Scope:
    """What either of them is about."""
    return Scope(**{name: tuple(sorted({*getattr(left, name), *getattr(right, name)})) for name in Scope.model_fields})


def _supplier_delay(data: SupplierDelay, reads: Reads) -> list[str]:
    found = [supply.sku for supply in reads.procurement.inbound() if supply.id == data.inbound]
    return found or _unknown("inbound supply", data.inbound, "inbound")


def _credit_hold(data: CreditHold, reads: Reads) -> list[str]:
    if not reads.crm.customers({data.customer}):
        return _unknown("customer", data.customer, "customer")
    orders = [order for order in reads.erp.orders() if order.customer == data.customer]
    return [line.sku for order in orders for line in order.lines if line.open_quantity]


def _carrier_failure(data: CarrierFailure, reads: Reads) -> list[str]:
    if data.site not in {site.id for site in reads.erp.sites()}:
        return _unknown("site", data.site, "site")
    waves = [wave for wave in reads.wms.waves() if (wave.site, wave.carrier) == (data.site, data.carrier)]
    return [task.sku for wave in waves for task in wave.tasks]


def _wave_at_risk(data: WaveAtRisk, reads: Reads) -> list[str]:
    found = [task.sku for wave in reads.wms.waves() if wave.id == data.wave for task in wave.tasks]
    return found or _unknown("open wave", data.wave, "wave")


def _order_change(data: OrderChange, reads: Reads) -> list[str]:
    order = reads.erp.order(data.order)
    if order is None:
        return _unknown("order", data.order, "order")
    found = [line.sku for line in order.lines if line.id == data.line]
    return found or _unknown("line", data.line, "line")


def _system_outage(data: SystemOutage, reads: Reads) -> list[str]:  # noqa: ARG001 - every entry has this shape
    return []


def _unknown(what: str, key: str, field: str) -> list[str]:
    raise UnknownReference(
        f"there is no {what} '{key}' in the connected systems", field=field, fix=f"check the {field} id of the event"
    )


_SKUS: Mapping[str, Callable[[Any, Reads], list[str]]] = {
    "supplier_delay": _supplier_delay,
    "credit_hold": _credit_hold,
    "carrier_failure": _carrier_failure,
    "wave_at_risk": _wave_at_risk,
    "order_change": _order_change,
    "system_outage": _system_outage,
}
