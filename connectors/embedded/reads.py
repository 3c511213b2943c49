"""The distributor's six systems, as far as they may be read. Each call is one consistent view of one system."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from connectors.embedded import tables as t
from connectors.embedded.faults import Faults
from connectors.embedded.rows import N, among, fetch, to_noun
from connectors.embedded.store import Store
from connectors.reads import CustomerTask, Profile, Reads
from domain.customers import Credit
from domain.execution import PickTask, Shipment, Wave, WaveState
from domain.facts import FxRate
from domain.inventory import (
    DemandSignal,
    Inbound,
    Position,
    PurchaseRequest,
    Reservation,
    Sku,
    Substitute,
    Supplier,
    TransferRequest,
)
from domain.orders import LineState, Order, OrderLine
from domain.sites import Lane, Site

Some = Collection[str] | None


class _System:
    """A system that can be read while its faults let it."""

    name = ""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults

    @contextmanager
    def _view(self) -> Iterator[Connection]:
        with self._store.read() as db:
            self._faults.before_read(db, self.name)
            yield db

    def _all(self, table: Table, kind: type[N], *where: ColumnElement[bool]) -> tuple[N, ...]:
        with self._view() as db:
            return fetch(db, table, kind, *where)


class Erp(_System):
    """Orders, stock, reservations and what is planned."""

    name = "erp"

    def base_currency(self) -> str:
        with self._view() as db:
            return str(db.execute(select(t.company.c.base_currency)).scalar_one())

    def skus(self, skus: Some = None) -> tuple[Sku, ...]:
        return self._all(t.skus, Sku, *among(t.skus.c.id, skus))

    def sites(self) -> tuple[Site, ...]:
        return self._all(t.sites, Site)

    def orders(self, skus: Some = None) -> tuple[Order, ...]:
        """Orders with at least one open line of these SKUs, whole."""
        closed = (LineState.SHIPPED.value, LineState.CANCELLED.value)
        wanted = select(t.lines.c.order).where(
            t.lines.c.state.not_in(closed), t.lines.c.quantity > t.lines.c.shipped, *among(t.lines.c.sku, skus)
        )
        with self._view() as db:
            return _orders(db, wanted)

    def order(self, order: str) -> Order | None:
        """One order whatever its state; None when the ERP does not know it."""
        with self._view() as db:
            return next(iter(_orders(db, (order,))), None)

    def positions(self, skus: Some = None) -> tuple[Position, ...]:
        return self._all(t.positions, Position, *among(t.positions.c.sku, skus))

    def reservations(self, skus: Some = None) -> tuple[Reservation, ...]:
        return self._all(t.reservations, Reservation, *among(t.reservations.c.sku, skus))

    def transfers(self, skus: Some = None) -> tuple[TransferRequest, ...]:
        """Transfer requests not yet fully granted."""
        c = t.transfer_requests.c
        return self._all(t.transfer_requests, TransferRequest, c.granted < c.quantity, *among(c.sku, skus))

    def substitutes(self, skus: Some = None) -> tuple[Substitute, ...]:
        return self._all(t.substitutes, Substitute, *among(t.substitutes.c.sku, skus))

    def demand(self, skus: Some = None) -> tuple[DemandSignal, ...]:
        return self._all(t.demand, DemandSignal, *among(t.demand.c.sku, skus))


class Wms(_System):
    """Physical stock, waves and shipments."""

    name = "wms"

    def positions(self, skus: Some = None) -> tuple[Position, ...]:
        return self._all(t.counted, Position, *among(t.counted.c.sku, skus))

    def waves(self, skus: Some = None) -> tuple[Wave, ...]:
        """Waves not done that hold a task of these SKUs, whole."""
        where = [t.waves.c.state != WaveState.DONE.value]
        if skus is not None:
            where.append(t.waves.c.id.in_(select(t.tasks.c.wave).where(*among(t.tasks.c.sku, skus))))
        with self._view() as db:
            rows = db.execute(select(t.waves).where(*where).order_by(t.waves.c.id)).all()
            tasks: dict[str, list[PickTask]] = {}
            query = select(t.tasks).where(t.tasks.c.wave.in_([row.id for row in rows]))
            for row in db.execute(query.order_by(t.tasks.c.sequence, t.tasks.c.id)):
                tasks.setdefault(row.wave, []).append(to_noun(PickTask, row))
            return tuple(to_noun(Wave, row, tasks=tuple(tasks.get(row.id, ()))) for row in rows)

    def shipments(self, orders: Some = None) -> tuple[Shipment, ...]:
        return self._all(t.shipments, Shipment, *among(t.shipments.c.order, orders))


class Tms(_System):
    """Lanes and carriers."""

    name = "tms"

    def lanes(self) -> tuple[Lane, ...]:
        return self._all(t.lanes, Lane)


class Crm(_System):
    """Who the customers are, and what we owe them to say."""

    name = "crm"

    def customers(self, customers: Some = None) -> tuple[Profile, ...]:
        return self._all(t.customers, Profile, *among(t.customers.c.id, customers))

    def tasks(self) -> tuple[CustomerTask, ...]:
        return self._all(t.customer_tasks, CustomerTask)


class Procurement(_System):
    """Supply on its way, and who sends it."""

    name = "procurement"

    def inbound(self, skus: Some = None) -> tuple[Inbound, ...]:
        return self._all(t.inbound, Inbound, *among(t.inbound.c.sku, skus))

    def suppliers(self) -> tuple[Supplier, ...]:
        return self._all(t.suppliers, Supplier)

    def requests(self, skus: Some = None) -> tuple[PurchaseRequest, ...]:
        """Requests that are not cancelled."""
        c = t.purchase_requests.c
        return self._all(t.purchase_requests, PurchaseRequest, c.state == "open", *among(c.sku, skus))


class Finance(_System):
    """Credit and exchange rates."""

    name = "finance"

    def credit(self, customers: Some = None) -> Mapping[str, Credit]:
        with self._view() as db:
            query = select(t.credit).where(*among(t.credit.c.customer, customers))
            return {row.customer: to_noun(Credit, row) for row in db.execute(query)}

    def rates(self) -> tuple[FxRate, ...]:
        return self._all(t.rates, FxRate)


def _orders(db: Connection, wanted: Any) -> tuple[Order, ...]:
    """Whole orders whose ids are in `wanted` (ids, or a query for ids)."""
    lines: dict[str, list[OrderLine]] = {}
    for row in db.execute(select(t.lines).where(t.lines.c.order.in_(wanted)).order_by(t.lines.c.id)):
        lines.setdefault(row.order, []).append(to_noun(OrderLine, row))
    rows = db.execute(select(t.orders).where(t.orders.c.id.in_(wanted)).order_by(t.orders.c.id))
    return tuple(to_noun(Order, row, lines=tuple(lines[row.id])) for row in rows)


def reads(store: Store, faults: Faults) -> Reads:
    """The six systems for reading."""
    return Reads(
        erp=Erp(store, faults),
        wms=Wms(store, faults),
        tms=Tms(store, faults),
        crm=Crm(store, faults),
        procurement=Procurement(store, faults),
        finance=Finance(store, faults),
    )
