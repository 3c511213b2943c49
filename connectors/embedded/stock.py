"""Reservations: what a bucket of supply holds, who has claimed it, and how units change hands without being lost.

A bucket is the stock of a SKU at a site, or one inbound supply. Free units = sellable (on hand - quarantined - safety
stock; of an inbound its quantity) minus every reservation on it, earmarks included. Callers hold the SKU's lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from connectors.embedded import tables as t
from connectors.embedded.tables import reservations
from domain.errors import EffectRefused
from domain.inventory import ReservationKind

Rows = Sequence[Row[Any]]


@dataclass(frozen=True)
class Bucket:
    """Stock of a SKU at a site, or an inbound supply of it."""

    sku: str
    site: str
    inbound: str | None = None

    def __str__(self) -> str:
        return f"{self.sku} at {self.site}" + (f" from {self.inbound}" if self.inbound else "")

    def holds(self) -> ColumnElement[bool]:
        """The condition that a reservation lies on this bucket."""
        c = reservations.c
        return (c.sku == self.sku) & (c.site == self.site) & (c.inbound.is_not_distinct_from(self.inbound))


@dataclass(frozen=True)
class Drawn:
    """Units taken out of an earmark, and the reservation they were once cut from."""

    quantity: int
    owner: str
    kind: str
    origin: str | None
    origin_line: str | None
    origin_at: datetime | None


def capacity(db: Connection, bucket: Bucket) -> int:
    """Units of a bucket that may be reserved when nothing is; EffectRefused when there is no such inbound supply."""
    if bucket.inbound is None:
        c = t.positions.c
        stock = db.execute(select(t.positions).where(c.sku == bucket.sku, c.site == bucket.site)).one_or_none()
        return 0 if stock is None else max(0, stock.on_hand - stock.quarantined - stock.safety_stock)
    supply = db.execute(select(t.inbound).where(t.inbound.c.id == bucket.inbound)).one_or_none()
    if supply is None or (supply.sku, supply.site) != (bucket.sku, bucket.site):
        raise EffectRefused(
            f"there is no inbound '{bucket.inbound}' of {bucket.sku} to {bucket.site}",
            field="inbound",
            fix="read the inbound supply again: it may have arrived or been cancelled",
        )
    return int(supply.quantity)


def reserved(db: Connection, *where: ColumnElement[bool]) -> int:
    """Units of all reservations that meet the conditions."""
    return int(db.execute(select(func.coalesce(func.sum(reservations.c.quantity), 0)).where(*where)).scalar_one())


def free(db: Connection, bucket: Bucket) -> int:
    """Units nobody has claimed; negative when stock was lost after it was promised."""
    return capacity(db, bucket) - reserved(db, bucket.holds())


def drop_expired(db: Connection, bucket: Bucket, now: datetime) -> None:
    """Forget reservations whose time is over."""
    db.execute(delete(reservations).where(bucket.holds(), reservations.c.expires_at <= now))


def earmarks(db: Connection, bucket: Bucket, earmark: str | None, line: str | None) -> Rows:
    """What is earmarked in a bucket under a move, first what came from `line` itself."""
    if earmark is None:
        return ()
    c = reservations.c
    rows = db.execute(
        select(reservations).where(bucket.holds(), c.owner == earmark, c.line.is_(None)).order_by(c.id)
    ).all()
    return sorted(rows, key=lambda row: (row.origin_line != line, row.id))


def claim(db: Connection, bucket: Bucket, quantity: int, marked: Rows) -> list[Drawn]:
    """Take `quantity` units out of earmarks first, then out of free units; answers what came out of earmarks.

    EffectRefused when there are not enough; the caller books the units where they go.
    """
    from_marks = min(quantity, sum(row.quantity for row in marked))
    if quantity - from_marks > max(0, free(db, bucket)):
        raise EffectRefused(
            f"{quantity} of {bucket} were asked for, but only {max(0, free(db, bucket)) + from_marks} can be had",
            field="quantity",
            fix="plan again on fresh facts",
        )
    drawn: list[Drawn] = []
    for row in marked:
        if units := min(row.quantity, from_marks - sum(part.quantity for part in drawn)):
            take(db, row, units)
            drawn.append(Drawn(units, row.owner, row.kind, row.origin, row.origin_line, row.origin_at))
    return drawn


def take(db: Connection, row: Row[Any], units: int) -> None:
    """Reduce one reservation; it is gone when nothing is left."""
    if units == row.quantity:
        db.execute(delete(reservations).where(reservations.c.id == row.id))
    else:
        db.execute(update(reservations).where(reservations.c.id == row.id).values(quantity=row.quantity - units))


def book(
    db: Connection, bucket: Bucket, line: Row[Any], kind: ReservationKind, quantity: int, reference: str,
    now: datetime, drawn: Sequence[Drawn] = (),
) -> None:  # fmt: skip
    """Add units to a line's reservation on a bucket, or make one.

    Units that come back to the line they were taken from bring back their reservation as it was, with its id and age.
    """
    c = reservations.c
    row = db.execute(
        select(reservations)
        .where(bucket.holds(), c.line == line.id, c.kind == kind.value, c.expires_at.is_(None))
        .order_by(c.id)
    ).first()
    if row is not None:
        db.execute(update(reservations).where(c.id == row.id).values(quantity=row.quantity + quantity))
        return
    back = next((part for part in drawn if part.origin_line == line.id and part.origin), None)
    _insert(
        db, bucket, quantity, kind.value,
        line=line.id, owner=line.order,
        id=back.origin if back else reference, created_at=back.origin_at if back else now,
    )  # fmt: skip


def mark(db: Connection, bucket: Bucket, parts: Sequence[Drawn], reference: str, now: datetime) -> None:
    """Earmark units: nobody but their owner can take them."""
    for index, part in enumerate(parts, start=1):
        _insert(
            db, bucket, part.quantity, ReservationKind.SOFT.value,
            id=f"{reference}.{index}", created_at=now, owner=part.owner,
            origin=part.origin, origin_line=part.origin_line, origin_at=part.origin_at,
        )  # fmt: skip


def _insert(db: Connection, bucket: Bucket, quantity: int, kind: str, **values: object) -> None:
    row = {"sku": bucket.sku, "site": bucket.site, "inbound": bucket.inbound, "quantity": quantity, "kind": kind}
    db.execute(insert(reservations).values(**row, **values))
