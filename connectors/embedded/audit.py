"""Check the distributor's books: nothing oversold, nothing orphaned, every sum right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, func, select

from connectors.embedded import tables as t
from connectors.embedded.lines import in_hand, open_units, physical
from connectors.embedded.stock import Bucket, capacity, reserved
from domain.errors import EffectRefused
from domain.execution import TaskState, WaveState
from domain.inventory import ReservationKind
from domain.orders import LineState


def audit(db: Connection) -> list[str]:
    """One sentence per fault found, in a fixed order; empty when the books are right."""
    checks = (_oversold, _reservations, _lines, _positions, _transfers, _substitutions, _picks, _references)
    return [sentence for check in checks for sentence in check(db)]


def _oversold(db: Connection) -> Iterator[str]:
    c = t.reservations.c
    total = func.sum(c.quantity).label("total")
    query = select(c.sku, c.site, c.inbound, total).group_by(c.sku, c.site, c.inbound)
    for row in db.execute(query.order_by(c.sku, c.site, c.inbound)):
        bucket = Bucket(row.sku, row.site, row.inbound)
        try:
            there = capacity(db, bucket)
        except EffectRefused as refused:
            yield f"reservations on nothing: {refused.message}"
            continue
        if row.total > there:
            yield f"oversold: {row.total} of {bucket} are reserved, {there} are there"


def _reservations(db: Connection) -> Iterator[str]:
    lines: dict[str, Row[Any]] = {row.id: row for row in db.execute(select(t.lines))}
    for row in db.execute(select(t.reservations).order_by(t.reservations.c.id)):
        hard = row.kind == ReservationKind.HARD.value
        if row.line is None and hard:
            yield f"orphan: reservation {row.id} is hard, but for no line"
        if hard and row.inbound is not None:
            yield f"reservation {row.id} claims physical units of inbound {row.inbound}"
        if row.line is None:
            continue
        line = lines.get(row.line)
        if line is None:
            yield f"orphan: reservation {row.id} is for line {row.line}, which does not exist"
        elif line.sku != row.sku:
            yield f"reservation {row.id} holds {row.sku} for line {row.line} of {line.sku}"


def _lines(db: Connection) -> Iterator[str]:
    for row in db.execute(select(t.lines).order_by(t.lines.c.id)):
        held = reserved(db, t.reservations.c.line == row.id)
        if held > open_units(row):
            yield f"line {row.id} holds {held}, but only {open_units(row)} are open"
        if row.shipped > row.quantity:
            yield f"line {row.id} shipped {row.shipped} of {row.quantity}"


def _positions(db: Connection) -> Iterator[str]:
    for table in (t.positions, t.counted):
        for row in db.execute(select(table).order_by(table.c.sku, table.c.site)):
            if row.lots and sum(lot.quantity for lot in row.lots) != row.on_hand:
                yield f"{table.name}: the lots of {row.sku} at {row.site} do not add up to {row.on_hand}"


def _transfers(db: Connection) -> Iterator[str]:
    moving: dict[str | None, int] = {}
    for row in db.execute(select(t.transfer_orders).where(t.transfer_orders.c.state == "open")):
        moving[row.request] = moving.get(row.request, 0) + row.quantity
        arriving = db.execute(select(t.inbound.c.quantity).where(t.inbound.c.id == row.inbound)).scalar_one_or_none()
        if arriving != row.quantity:
            yield f"transfer {row.id} took {row.quantity}, but {arriving} arrive"
    for row in db.execute(select(t.transfer_requests).order_by(t.transfer_requests.c.id)):
        if not moving.get(row.id, 0) <= row.granted <= row.quantity:
            yield f"transfer request {row.id}: {row.granted} of {row.quantity} granted, {moving.get(row.id, 0)} moving"


def _substitutions(db: Connection) -> Iterator[str]:
    lines = set(db.execute(select(t.lines.c.id)).scalars())
    for row in db.execute(select(t.substitutions).order_by(t.substitutions.c.id)):
        if (row.companion in lines) != (row.state == "open"):
            yield f"substitution {row.id} is {row.state}, but its line {row.companion} says otherwise"


def _picks(db: Connection) -> Iterator[str]:
    places = select(t.tasks.c.line, t.waves.c.site).join(t.waves, t.waves.c.id == t.tasks.c.wave).distinct()
    for line, site in db.execute(places.order_by(t.tasks.c.line, t.waves.c.site)):
        needed = in_hand(db, line, site)
        if needed > physical(db, line, site):
            yield f"line {line} has {needed} picked or being picked at {site}, but holds {physical(db, line, site)}"
    sent = (t.waves.c.state == WaveState.RELEASED.value) & (t.tasks.c.state == TaskState.OPEN.value)
    joined = t.tasks.join(t.waves, t.waves.c.id == t.tasks.c.wave).join(t.lines, t.lines.c.id == t.tasks.c.line)
    query = select(t.lines.c.id).select_from(joined).where(sent, t.lines.c.state == LineState.OPEN.value)
    for line in db.execute(query.distinct().order_by(t.lines.c.id)).scalars():
        yield f"line {line} is being picked, but the ERP calls it open"


def _references(db: Connection) -> Iterator[str]:
    count = func.count()
    query = select(t.effects.c.reference, count).group_by(t.effects.c.reference).having(count > 1)
    for reference, times in db.execute(query):
        yield f"{times} effects answer with the reference {reference}"
