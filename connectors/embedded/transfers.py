"""Transfer orders: stock leaves one site and is on its way to another."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from connectors.embedded import tables as t
from connectors.embedded.erp import positive
from connectors.embedded.rows import to_row
from connectors.embedded.stock import Bucket, Drawn, claim, drop_expired, earmarks, mark, reserved
from connectors.embedded.store import lock
from domain.errors import EffectRefused
from domain.inventory import Inbound, Lot


def transfer(
    db: Connection, reference: str, now: datetime, *, sku: str, from_site: str, to_site: str, quantity: int,
    ship_on: date, request: str | None, earmark: str | None,
) -> None:  # fmt: skip
    """Take stock at the source (earmarked units first), put supply on its way, and count it as granted."""
    positive(quantity)
    lock(db, [sku])
    if request is not None:
        _grant(db, request, sku, to_site, quantity)
    eta = _arrival(db, from_site, to_site, ship_on)
    source = Bucket(sku, from_site)
    drop_expired(db, source, now)
    drawn = claim(db, source, quantity, earmarks(db, source, earmark, request))
    supply = Inbound(id=f"{reference}.in", sku=sku, site=to_site, quantity=quantity, eta=eta, original_eta=eta)
    db.execute(insert(t.inbound), [to_row(supply, t.inbound)])
    db.execute(
        insert(t.transfer_orders).values(
            id=reference, sku=sku, from_site=from_site, to_site=to_site, quantity=quantity, ship_on=ship_on,
            request=request, inbound=supply.id, state="open",
            lots=_take(db, t.positions, source, quantity), counted_lots=_take(db, t.counted, source, quantity),
            drawn=[_plain(part) for part in drawn],
        )
    )  # fmt: skip


def cancel_transfer(db: Connection, back: str, now: datetime, *, reference: str) -> None:
    """Put everything back where it was; refused once somebody has reserved the units on their way."""
    found = select(t.transfer_orders).where(t.transfer_orders.c.id == reference)
    order = db.execute(found).one_or_none()
    if order is not None:
        lock(db, [order.sku])
        order = db.execute(found).one()
    if order is None or order.state != "open":
        raise EffectRefused(f"there is no open transfer '{reference}'", field="reference", fix="check the reference")
    if reserved(db, t.reservations.c.inbound == order.inbound):
        raise EffectRefused(
            f"units of transfer {reference} are reserved at {order.to_site}", field="reference",
            fix="release those reservations first",
        )  # fmt: skip
    source = Bucket(order.sku, order.from_site)
    db.execute(delete(t.inbound).where(t.inbound.c.id == order.inbound))
    db.execute(update(t.transfer_orders).where(t.transfer_orders.c.id == reference).values(state="cancelled"))
    _put_back(db, t.positions, source, order.quantity, order.lots)
    _put_back(db, t.counted, source, order.quantity, order.counted_lots)
    if order.request is not None:
        c = t.transfer_requests.c
        db.execute(update(t.transfer_requests).where(c.id == order.request).values(granted=c.granted - order.quantity))
    mark(db, source, [_drawn(part) for part in order.drawn], back, now)


def _grant(db: Connection, request: str, sku: str, to_site: str, quantity: int) -> None:
    row = db.execute(select(t.transfer_requests).where(t.transfer_requests.c.id == request)).one_or_none()
    if row is None or (row.sku, row.to_site) != (sku, to_site):
        raise EffectRefused(
            f"there is no transfer request '{request}' for {sku} at {to_site}", field="request", fix="check the request"
        )
    if quantity > row.quantity - row.granted:
        raise EffectRefused(
            f"transfer request {request} asks for {row.quantity - row.granted} more, not {quantity}", field="quantity",
            fix="grant at most what is asked",
        )  # fmt: skip
    granted = row.granted + quantity
    db.execute(update(t.transfer_requests).where(t.transfer_requests.c.id == request).values(granted=granted))


def _arrival(db: Connection, origin: str, destination: str, ship_on: date) -> date:
    """The day the fastest lane brings it, counting the destination's working days."""
    c = t.lanes.c
    lanes = select(c.transit_days).where(c.origin == origin, c.destination == destination).order_by(c.transit_days)
    days = db.execute(lanes).scalars().first()
    site = db.execute(select(t.sites).where(t.sites.c.id == destination)).one_or_none()
    if days is None or site is None:
        raise EffectRefused(
            f"no lane leads from {origin} to {destination}", field="to_site", fix="transfer between connected sites"
        )
    day = ship_on
    while days > 0:
        day += timedelta(days=1)
        if day.isoweekday() in site.workdays and day not in site.holidays:
            days -= 1
    return day


def _take(db: Connection, table: Table, bucket: Bucket, quantity: int) -> tuple[Lot, ...]:
    """Reduce a position, oldest lots first; answers the lots that left. EffectRefused when they are not there."""
    here = (table.c.sku == bucket.sku, table.c.site == bucket.site)
    row = db.execute(select(table).where(*here)).one_or_none()
    if row is None or row.on_hand < quantity:
        raise EffectRefused(
            f"{quantity} of {bucket} are on the books, but not counted in the warehouse", field="quantity",
            fix="have the position counted first",
        )  # fmt: skip
    left, gone, kept = quantity, [], []
    for lot in sorted(row.lots, key=lambda lot: (lot.received, lot.id)):
        units = min(lot.quantity, left)
        left -= units
        if units:
            gone.append(lot.model_copy(update={"quantity": units}))
        if units < lot.quantity:
            kept.append(lot.model_copy(update={"quantity": lot.quantity - units}))
    order = {lot.id: index for index, lot in enumerate(row.lots)}
    kept.sort(key=lambda lot: order[lot.id])
    db.execute(update(table).where(*here).values(on_hand=row.on_hand - quantity, lots=tuple(kept)))
    return tuple(gone)


def _put_back(db: Connection, table: Table, bucket: Bucket, quantity: int, gone: tuple[Lot, ...]) -> None:
    here = (table.c.sku == bucket.sku, table.c.site == bucket.site)
    row = db.execute(select(table).where(*here)).one()
    lots = {lot.id: lot for lot in row.lots}
    for lot in gone:
        there = lots.get(lot.id)
        lots[lot.id] = lot.model_copy(update={"quantity": lot.quantity + (there.quantity if there else 0)})
    kept = tuple(sorted(lots.values(), key=lambda lot: (lot.received, lot.id)))
    db.execute(update(table).where(*here).values(on_hand=row.on_hand + quantity, lots=kept))


def _plain(part: Drawn) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(part).items()}


def _drawn(plain: dict[str, Any]) -> Drawn:
    at = plain["origin_at"]
    return Drawn(**{**plain, "origin_at": datetime.fromisoformat(at) if at else None})
