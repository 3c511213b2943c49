"""The outside world changing: what a supplier, a customer, a carrier or a count does to the distributor's systems.

This is a simulator, not a write of Quartermaster. When supply shrinks below what is reserved, the newest reservations
give way (`shortfall`), and every such loss is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from connectors.embedded import tables as t
from connectors.embedded.faults import Faults, known
from connectors.embedded.lines import CLOSED, find_line
from connectors.embedded.shortfall import give_way, picked, recount, stop_uncovered
from connectors.embedded.stock import Bucket, reserved, take
from connectors.embedded.store import Store, lock
from domain.customers import CreditStatus
from domain.errors import BadInput, EffectRefused, UnknownReference
from domain.events import (
    CarrierFailure,
    CreditHold,
    DemandSpike,
    Event,
    InventoryDiscrepancy,
    OrderChange,
    ShortStock,
    SupplierDelay,
    SystemOutage,
    WaveAtRisk,
)
from domain.orders import LineState


def happen(store: Store, faults: Faults, event: Event) -> tuple[str, ...]:
    """Change the systems as `event` says, once per (source, id); answers what changed, in sentences.

    An id that no system knows raises UnknownReference, an impossible change BadInput; then nothing has changed.
    """
    c = t.happenings.c
    with store.write() as db:
        told = db.execute(select(c.said).where(c.source == event.source, c.event == event.id)).scalar_one_or_none()
        if told is not None:
            return tuple(told)
        try:
            said = tuple(CHANGES[event.data.kind](db, event.data, event.at))
        except EffectRefused as refused:
            raise UnknownReference(refused.message, field=refused.field, fix=refused.fix) from refused
        db.execute(insert(t.happenings).values(source=event.source, event=event.id, at=event.at, said=said))
    if isinstance(event.data, SystemOutage):
        faults.set(faults.of(event.data.system).model_copy(update={"reads_down": True, "writes_down": True}))
    return said


def _supplier_delay(db: Connection, data: SupplierDelay, _at: datetime) -> list[str]:
    row = _row(db, t.inbound, data.inbound, "inbound")
    lock(db, [row.sku])
    quantity = row.quantity if data.new_quantity is None else data.new_quantity
    said = [f"{row.id} of {row.sku} now comes on {data.new_eta}, {quantity} units (was {row.eta}, {row.quantity})"]
    values = {"eta": data.new_eta, "quantity": quantity}
    if row.expedite is not None and row.expedite.eta >= data.new_eta:
        values["expedite"] = None
    db.execute(update(t.inbound).where(t.inbound.c.id == row.id).values(**values))
    said += give_way(db, Bucket(row.sku, row.site, row.id))
    if quantity == 0:
        db.execute(delete(t.inbound).where(t.inbound.c.id == row.id))
    return said


def _short_stock(db: Connection, data: ShortStock, at: datetime) -> list[str]:
    lock(db, [data.sku])
    recount(db, t.positions, data.sku, data.site, data.counted, at)
    c = t.counted.c
    if db.execute(select(c.sku).where(c.sku == data.sku, c.site == data.site)).first() is not None:
        recount(db, t.counted, data.sku, data.site, data.counted, at)
    return [f"{data.counted} of {data.sku} are left at {data.site}", *give_way(db, Bucket(data.sku, data.site))]


def _demand_spike(db: Connection, data: DemandSpike, at: datetime) -> list[str]:
    """The extra units run evenly over the weeks until the day; the first weeks take the odd ones."""
    _row(db, t.skus, data.sku, "sku")
    _row(db, t.sites, data.site, "site")
    monday = at.date() - timedelta(days=at.weekday())
    if data.until < monday:
        raise BadInput(f"{data.until} is over", field="until", fix="give a day that is still to come")
    weeks = [monday + timedelta(weeks=n) for n in range((data.until - monday).days // 7 + 1)]
    share, odd = divmod(data.extra_units, len(weeks))
    c = t.demand.c
    for index, week in enumerate(weeks):
        extra = share + (index < odd)
        here = (c.sku == data.sku, c.site == data.site, c.week == week)
        known = db.execute(update(t.demand).where(*here).values(run_rate=c.run_rate + extra))
        if not known.rowcount:
            row = {"sku": data.sku, "site": data.site, "week": week, "forecast": 0, "run_rate": extra}
            db.execute(insert(t.demand).values(**row))
    return [f"{data.sku} at {data.site} runs {data.extra_units} units above forecast until {data.until}"]


def _credit_hold(db: Connection, data: CreditHold, _at: datetime) -> list[str]:
    held = db.execute(
        update(t.credit).where(t.credit.c.customer == data.customer).values(status=CreditStatus.HOLD.value)
    )
    if not held.rowcount:
        raise _unknown("customer", data.customer)
    return [f"{data.customer} is on credit hold"]


def _carrier_failure(db: Connection, data: CarrierFailure, _at: datetime) -> list[str]:
    c = t.lanes.c
    if db.execute(select(c.carrier).where(c.carrier == data.carrier, c.origin == data.site)).first() is None:
        _row(db, t.sites, data.site, "site")
        raise _unknown("carrier", data.carrier)
    f = t.carrier_failures
    here = (f.c.carrier == data.carrier, f.c.site == data.site, f.c.day == data.day)
    if db.execute(select(f).where(*here)).first() is None:
        db.execute(insert(f).values(carrier=data.carrier, site=data.site, day=data.day))
    return [f"{data.carrier} does not collect at {data.site} on {data.day}"]


def _wave_at_risk(db: Connection, data: WaveAtRisk, _at: datetime) -> list[str]:
    _row(db, t.waves, data.wave, "wave")
    db.execute(update(t.waves).where(t.waves.c.id == data.wave).values(minutes_late=data.minutes_late))
    return [f"wave {data.wave} is {data.minutes_late} minutes behind"]


def _inventory_discrepancy(db: Connection, data: InventoryDiscrepancy, at: datetime) -> list[str]:
    """Only the warehouse's count changes: which of the two is right is for people to say."""
    recount(db, t.counted, data.sku, data.site, data.wms_units, at)
    return [f"the warehouse counts {data.wms_units} of {data.sku} at {data.site}, the ERP says {data.erp_units}"]


def _order_change(db: Connection, data: OrderChange, _at: datetime) -> list[str]:
    row = _row(db, t.lines, data.line, "line")
    if row.order != data.order:
        raise UnknownReference(f"line {row.id} is of {row.order}", field="order", fix="name the line's own order")
    lock(db, [row.sku])
    row = find_line(db, data.line)
    if row.state in CLOSED:
        raise BadInput(f"line {row.id} is {row.state} already", field="line", fix="leave it, or place a new order")
    said, values = [], {} if data.requested is None else {"requested": data.requested}
    if data.requested is not None:
        said.append(f"line {row.id} is now asked for on {data.requested}")
    if data.quantity is not None:
        gone = row.shipped + picked(db, row.id)
        if data.quantity < gone:
            raise BadInput(
                f"{gone} of line {row.id} are picked or shipped", field="quantity", fix=f"give at least {gone}"
            )
        said.append(f"line {row.id} now asks for {data.quantity} (was {row.quantity})")
        values |= _new_quantity(row, data.quantity)
    if values:
        db.execute(update(t.lines).where(t.lines.c.id == row.id).values(**values))
    return said + ([] if data.quantity is None else _give_back(db, row.id, data.quantity - row.shipped))


def _new_quantity(row: Any, quantity: int) -> dict[str, Any]:
    if quantity == 0:
        return {"state": LineState.CANCELLED.value}
    units = Decimal(row.quantity) / (row.uom_quantity or row.quantity)
    state = {"state": LineState.SHIPPED.value} if quantity == row.shipped else {}
    return {"quantity": quantity, "uom_quantity": (quantity / units).normalize(), **state}


def _give_back(db: Connection, line: str, open_units: int) -> list[str]:
    """Give back what a line holds beyond its open quantity, what is expected before what is there, newest first."""
    c = t.reservations.c
    said = []
    excess = reserved(db, c.line == line) - open_units
    rows = db.execute(select(t.reservations).where(c.line == line)).all()
    for row in sorted(rows, key=lambda row: (row.inbound is not None, row.created_at, row.id), reverse=True):
        if excess <= 0:
            break
        units = min(row.quantity, excess)
        excess -= units
        take(db, row, units)
        said.append(f"{line} gave back {units} of {Bucket(row.sku, row.site, row.inbound)}")
        stop_uncovered(db, line, row.site)
    return said


def _system_outage(_db: Connection, data: SystemOutage, _at: datetime) -> list[str]:
    """The system goes down once this is recorded (see `happen`)."""
    known(data.system)
    return [f"{data.system} does not answer"]


def _row(db: Connection, table: Table, key: str, what: str) -> Any:
    row = db.execute(select(table).where(table.c.id == key)).one_or_none()
    if row is None:
        raise _unknown(what, key)
    return row


def _unknown(what: str, key: str) -> UnknownReference:
    return UnknownReference(f"there is no {what} '{key}'", field=what, fix=f"check the {what} id")


CHANGES: Mapping[str, Callable[[Connection, Any, datetime], list[str]]] = {
    "supplier_delay": _supplier_delay,
    "short_stock": _short_stock,
    "demand_spike": _demand_spike,
    "credit_hold": _credit_hold,
    "carrier_failure": _carrier_failure,
    "wave_at_risk": _wave_at_risk,
    "inventory_discrepancy": _inventory_discrepancy,
    "order_change": _order_change,
    "system_outage": _system_outage,
}
"""What each kind of event does; every kind of the union is here (tested)."""
