"""What gives way when there is less than was promised: the newest reservations, soft before hard."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select, update

from connectors.embedded import tables as t
from connectors.embedded.lines import in_hand, physical, settle_state
from connectors.embedded.stock import Bucket, capacity, reserved, take
from domain.errors import BadInput, UnknownReference
from domain.execution import TaskState, WaveState
from domain.inventory import Lot, ReservationKind


def give_way(db: Connection, bucket: Bucket) -> list[str]:
    """Reduce reservations on a bucket until they fit; answers each loss as a sentence.

    Earmarked and soft units go first, then hard ones nobody picks, then hard ones being picked (their picks are held).
    Picked units never go: BadInput when only they are left.
    """
    said = []
    excess = reserved(db, bucket.holds()) - capacity(db, bucket)
    while excess > 0:
        row, units = _next(db, bucket, excess)
        take(db, row, units)
        excess -= units
        said.append(f"{row.line or row.owner} lost {units} of {bucket} ({row.kind} reservation {row.id})")
        if row.line is not None and bucket.inbound is None:
            stop_uncovered(db, row.line, bucket.site)
    return said


def _next(db: Connection, bucket: Bucket, excess: int) -> tuple[Row[Any], int]:
    """The reservation that gives way next, and how much of it."""
    choices = []
    for row in db.execute(select(t.reservations).where(bucket.holds())):
        units, sent = min(row.quantity, excess), False
        if row.kind == ReservationKind.HARD.value and row.line is not None:
            units = min(units, physical(db, row.line, bucket.site) - picked(db, row.line, bucket.site))
            sent = in_hand(db, row.line, bucket.site) > 0
        if units > 0:
            choices.append(((row.kind == ReservationKind.HARD.value, sent), row.created_at, row.id, row, units))
    if not choices:
        raise BadInput(
            f"more of {bucket} is picked already than would be left", field="quantity", fix="count what is picked too"
        )
    first = min(choice[0] for choice in choices)
    chosen = max((choice for choice in choices if choice[0] == first), key=lambda choice: choice[1:3])
    return chosen[3], chosen[4]


def picked(db: Connection, line: str, site: str | None = None) -> int:
    """Units of a line that are picked and not shipped, at a site or anywhere."""
    joined = t.tasks.join(t.waves, t.waves.c.id == t.tasks.c.wave)
    query = select(func.coalesce(func.sum(t.tasks.c.quantity), 0)).select_from(joined).where(
        t.tasks.c.line == line, t.tasks.c.state == TaskState.PICKED.value, t.waves.c.state != WaveState.DONE.value
    )  # fmt: skip
    return int(db.execute(query if site is None else query.where(t.waves.c.site == site)).scalar_one())


def stop_uncovered(db: Connection, line: str, site: str) -> None:
    """Hold a line's open picks at a site when it no longer holds enough units for them."""
    if in_hand(db, line, site) <= physical(db, line, site):
        return
    here = select(t.waves.c.id).where(t.waves.c.site == site)
    db.execute(
        update(t.tasks)
        .where(t.tasks.c.line == line, t.tasks.c.wave.in_(here), t.tasks.c.state == TaskState.OPEN.value)
        .values(state=TaskState.HELD.value, held_by="line")
    )
    settle_state(db, line)


def recount(db: Connection, table: Table, sku: str, site: str, units: int, at: datetime) -> None:
    """Set what is on hand, in the ERP's or the warehouse's books; the oldest lots are short, the newest ones over."""
    here = (table.c.sku == sku, table.c.site == site)
    row = db.execute(select(table).where(*here)).one_or_none()
    if row is None:
        raise UnknownReference(f"there is no stock of {sku} at {site}", field="sku", fix="check SKU and site")
    missing = row.on_hand - units
    lots: list[Lot] = []
    for lot in sorted(row.lots, key=lambda lot: (lot.received, lot.id)):
        lost = max(0, min(lot.quantity, missing))
        missing -= lost
        if lost < lot.quantity:
            lots.append(lot.model_copy(update={"quantity": lot.quantity - lost}))
    if missing < 0 and lots:
        lots[-1] = lots[-1].model_copy(update={"quantity": lots[-1].quantity - missing})
    quarantined = min(row.quarantined, units)
    db.execute(update(table).where(*here).values(on_hand=units, quarantined=quarantined, lots=tuple(lots), as_of=at))
