"""Events that change supply or demand of a SKU: what they say, and which SKUs must be shared out anew."""

from __future__ import annotations

from agent.planners.rules.notebook import Notebook
from domain.events import DemandSpike, InventoryDiscrepancy, OrderChange, ShortStock, SupplierDelay
from domain.wording import counted
from tools.inventory import InventoryReport

WAREHOUSE = "warehouse_manager"


def supplier_delay(book: Notebook, event: SupplierDelay) -> frozenset[str]:
    """The SKU of the late supply; all SKUs of the case when the systems have struck out a cancelled one already."""
    if event.new_quantity == 0 and not book.toolbox.as_read.has("inbound", event.inbound):
        book.say(f"{event.inbound} does not come at all.")
        return frozenset(book.request.scope.skus)
    supply = book.toolbox.as_read.inbound_supply(event.inbound)
    if event.new_quantity == 0:
        book.say(f"{supply.id} ({supply.quantity} of {supply.sku} for {supply.site}) does not come at all.")
        return frozenset({supply.sku})
    less = f" with {event.new_quantity} units" if event.new_quantity is not None else ""
    late = counted((event.new_eta - supply.original_eta).days, "day")
    what = f"{supply.id} ({supply.quantity} of {supply.sku} for {supply.site})"
    book.say(f"{what} comes on {event.new_eta}{less}, {late} late.")
    return frozenset({supply.sku})


def short_stock(book: Notebook, event: ShortStock) -> frozenset[str]:
    """The SKU that was counted short."""
    stock = book.look(InventoryReport, "inventory", sku=event.sku, site=event.site)
    reserved = sum(row.reserved for row in stock.stock)
    book.say(f"{event.site} counted {event.counted} of {event.sku}; {reserved} are reserved there.")
    return frozenset({event.sku})


def demand_spike(book: Notebook, event: DemandSpike) -> frozenset[str]:
    """The SKU that is asked for; the forecast that the systems booked them in decides what has to be bought."""
    book.facts.sku(event.sku)
    book.say(f"{event.extra_units} more of {event.sku} are asked at {event.site} until {event.until}.")
    return frozenset({event.sku})


def order_change(book: Notebook, event: OrderChange) -> frozenset[str]:
    """The SKU of the changed line."""
    line = book.facts.line(event.line)
    what = []
    if event.quantity is not None:
        what.append(f"{event.quantity} units" if event.quantity else "cancelled")
    if event.requested is not None:
        what.append(f"wanted on {event.requested}")
    book.say(f"{line.id} of {event.order} is now {', '.join(what) or 'unchanged'}.")
    return frozenset({line.sku})


def inventory_discrepancy(book: Notebook, event: InventoryDiscrepancy) -> frozenset[str]:
    """Both counts go to the warehouse; planning goes on with the lower one."""
    lower = min(event.erp_units, event.wms_units)
    book.look(InventoryReport, "inventory", sku=event.sku, site=event.site)
    book.propose(
        "escalate",
        role=WAREHOUSE,
        reason=(
            f"ERP says {event.erp_units} and WMS says {event.wms_units} of {event.sku} at {event.site}. Please count. "
            f"Until then the plan uses the lower number, {lower}."
        ),
    )
    counts = f"ERP ({event.erp_units}) and WMS ({event.wms_units})"
    book.say(f"{counts} disagree about {event.sku} at {event.site}; planned with {lower}.")
    return frozenset({event.sku})
