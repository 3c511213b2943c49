"""Facts as they stand when what we were told is true: a system may not have booked yet what its event says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from domain.customers import CreditStatus
from domain.events import (
    CreditHold,
    Event,
    InventoryDiscrepancy,
    OrderChange,
    ShortStock,
    SupplierDelay,
    SystemOutage,
)
from domain.facts import Facts, SourceState
from domain.inventory import Inbound
from domain.orders import LineState, OrderLine


def as_told(facts: Facts, events: Iterable[Event]) -> Facts:
    """`facts` with every event applied in the written order (time, source, id).

    Where the systems have booked an event already it changes nothing, so facts that are up to date keep their id. A
    demand spike is left to the system that forecasts: adding its units twice could not be told from once.
    """
    told = facts
    for event in sorted(events, key=lambda item: (item.at, item.source, item.id)):
        told = _APPLY.get(event.data.kind, _unchanged)(told, event.data)
    return told


def _unchanged(facts: Facts, _: Any) -> Facts:
    return facts


def _supplier_delay(facts: Facts, data: SupplierDelay) -> Facts:
    """The supply with its new date and quantity; when nothing of it comes, it is gone with what was reserved on it."""
    if data.new_quantity == 0:
        return facts.replace(
            inbound=tuple(inbound for inbound in facts.inbound if inbound.id != data.inbound),
            reservations=tuple(held for held in facts.reservations if held.inbound != data.inbound),
        )

    def late(inbound: Inbound) -> Inbound:
        if inbound.id != data.inbound:
            return inbound
        quantity = inbound.quantity if data.new_quantity is None else data.new_quantity
        return inbound.model_copy(update={"eta": data.new_eta, "quantity": quantity})

    return facts.replace(inbound=tuple(late(inbound) for inbound in facts.inbound))


def _short_stock(facts: Facts, data: ShortStock) -> Facts:
    return _counted(facts, data.sku, data.site, data.counted)


def _discrepancy(facts: Facts, data: InventoryDiscrepancy) -> Facts:
    return _counted(facts, data.sku, data.site, min(data.erp_units, data.wms_units))


def _counted(facts: Facts, sku: str, site: str, units: int) -> Facts:
    """The position with no more than `units` on hand: of two counts the lower one is planned with."""
    return facts.replace(
        positions=tuple(
            position.model_copy(update={"on_hand": min(position.on_hand, units)})
            if (position.sku, position.site) == (sku, site)
            else position
            for position in facts.positions
        )
    )


def _credit_hold(facts: Facts, data: CreditHold) -> Facts:
    return facts.replace(
        customers=tuple(
            customer.model_copy(update={"credit": customer.credit.model_copy(update={"status": CreditStatus.HOLD})})
            if customer.id == data.customer
            else customer
            for customer in facts.customers
        )
    )


def _order_change(facts: Facts, data: OrderChange) -> Facts:
    def changed(line: OrderLine) -> OrderLine:
        if line.id != data.line:
            return line
        update: dict[str, object] = {}
        if data.requested is not None:
            update["requested"] = data.requested
        if data.quantity == 0:
            update["state"] = LineState.CANCELLED
        elif data.quantity is not None:
            update["quantity"] = data.quantity
        return line.model_copy(update=update)

    return facts.replace(
        orders=tuple(
            order.model_copy(update={"lines": tuple(changed(line) for line in order.lines)})
            if order.id == data.order
            else order
            for order in facts.orders
        )
    )


def _system_outage(facts: Facts, data: SystemOutage) -> Facts:
    return facts.replace(
        sources=tuple(
            SourceState(system=source.system, as_of=source.as_of, degraded=True)
            if source.system == data.system
            else source
            for source in facts.sources
        )
    )


_APPLY: Mapping[str, Callable[[Facts, Any], Facts]] = {
    "supplier_delay": _supplier_delay,
    "short_stock": _short_stock,
    "inventory_discrepancy": _discrepancy,
    "credit_hold": _credit_hold,
    "order_change": _order_change,
    "system_outage": _system_outage,
}
