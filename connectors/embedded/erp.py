"""What the ERP does: reserve, release, earmark, promise. All or nothing, under the SKU's lock."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from connectors.embedded import tables as t
from connectors.embedded.lines import find_line, in_hand, open_units, physical, refuse_when_held, unreserved
from connectors.embedded.stock import Bucket, Drawn, book, claim, drop_expired, earmarks, mark, take
from connectors.embedded.store import lock
from domain.errors import EffectRefused
from domain.inventory import ReservationKind
from domain.orders import Promise


def line_of_sku(db: Connection, line: str, sku: str) -> Row[Any]:
    """The line, with its SKU locked; EffectRefused when it is of another SKU."""
    lock(db, [sku])
    row = find_line(db, line)
    if row.sku != sku:
        raise EffectRefused(f"line {line} is for {row.sku}, not {sku}", field="sku", fix="name the line's own SKU")
    return row


def reserve(
    db: Connection, reference: str, now: datetime, *, row: Row[Any], bucket: Bucket, quantity: int,
    kind: ReservationKind, earmark: str | None,
) -> None:  # fmt: skip
    """Reserve for a line from units earmarked under `earmark`, then from free units.

    A line never holds more than its open quantity. A hold refuses new units, but not those that were the line's own
    before they were earmarked: giving back is no new reservation.
    """
    positive(quantity)
    if bucket.inbound is not None and kind is ReservationKind.HARD:
        raise EffectRefused(f"{bucket} is not in the warehouse yet", field="kind", fix="reserve inbound supply soft")
    if bucket.site not in (row.allowed_sites or (bucket.site,)):
        raise EffectRefused(
            f"line {row.id} may not be served from {bucket.site}", field="site",
            fix=f"use one of {', '.join(row.allowed_sites)}",
        )  # fmt: skip
    drop_expired(db, bucket, now)
    marked = earmarks(db, bucket, earmark, row.id)
    if sum(mark_.quantity for mark_ in marked if mark_.origin_line == row.id) < quantity:
        refuse_when_held(db, row)
    if quantity > unreserved(db, row):
        raise EffectRefused(
            f"of {open_units(row)} open units of line {row.id}, {unreserved(db, row)} are not reserved: {quantity} are "
            "too many",
            field="quantity",
            fix="reserve at most what is open and not reserved",
        )
    drawn = claim(db, bucket, quantity, marked)
    book(db, bucket, row, kind, quantity, reference, now, drawn)


def release(
    db: Connection, reference: str, now: datetime, *, row: Row[Any], bucket: Bucket, quantity: int,
    kind: ReservationKind, earmark: str | None,
) -> None:  # fmt: skip
    """Take units back from a line, newest reservation first; with `earmark` they stay claimed for that move."""
    positive(quantity)
    c = t.reservations.c
    held = db.execute(
        select(t.reservations)
        .where(bucket.holds(), c.line == row.id, c.kind == kind.value)
        .order_by(c.created_at.desc(), c.id.desc())
    ).all()
    if (total := sum(part.quantity for part in held)) < quantity:
        raise EffectRefused(
            f"line {row.id} holds {total} of {bucket} ({kind.value}), not {quantity}", field="quantity",
            fix="plan again on fresh facts",
        )  # fmt: skip
    if bucket.inbound is None and kind is ReservationKind.HARD:
        _refuse_when_in_hand(db, row.id, bucket.site, quantity)
    parts: list[Drawn] = []
    left = quantity
    for part in held:
        if units := min(part.quantity, left):
            take(db, part, units)
            left -= units
            parts.append(Drawn(units, earmark or "", kind.value, part.id, row.id, part.created_at))
    if earmark is not None:
        mark(db, bucket, parts, reference, now)


def _refuse_when_in_hand(db: Connection, line: str, site: str, quantity: int) -> None:
    needed = in_hand(db, line, site)
    if physical(db, line, site) - quantity < needed:
        raise EffectRefused(
            f"{needed} units of line {line} are picked or being picked at {site}", field="line",
            fix="hold the line's open picks first; what is picked cannot be given away",
        )  # fmt: skip


def free_earmark(db: Connection, _reference: str, _now: datetime, *, earmark: str) -> None:
    """Give back what is still earmarked under a move; nothing left is fine."""
    c = t.reservations.c
    mine = (c.owner == earmark) & c.line.is_(None)
    if wanted := db.execute(select(c.sku).where(mine).distinct()).scalars().all():
        lock(db, wanted)
    db.execute(delete(t.reservations).where(mine))


def update_promise(db: Connection, _reference: str, _now: datetime, *, line: str, promised: date) -> None:
    """Tell a new date. The first one ever told is kept: service is measured against it."""
    lock(db, [find_line(db, line).sku])
    row = find_line(db, line)
    if not open_units(row):
        raise EffectRefused(f"line {line} is {row.state}: nothing is left to promise", field="line", fix="leave it")
    first = row.promise.first if row.promise else promised
    promise = Promise(first=first, current=promised)
    db.execute(update(t.lines).where(t.lines.c.id == line).values(promise=promise))


def positive(quantity: int) -> None:
    """EffectRefused for less than one unit."""
    if quantity < 1:
        raise EffectRefused(f"{quantity} is no quantity", field="quantity", fix="give a whole number above zero")
