"""Serve part of a line with another SKU: the line asks for less, a companion line for the alternative takes over."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from connectors.embedded import tables as t
from connectors.embedded.erp import positive, reserve
from connectors.embedded.lines import find_line, unreserved
from connectors.embedded.stock import Bucket
from connectors.embedded.store import lock
from domain.errors import EffectRefused
from domain.inventory import ReservationKind
from domain.noun import from_minor, to_minor
from domain.orders import LineState


def substitute(
    db: Connection, reference: str, now: datetime, *, line: str, alternative: str, site: str, quantity: int
) -> None:
    """Move `quantity` open, unreserved units of a line to a new companion line, reserved hard at `site`.

    The companion asks for `ratio` units of the alternative for each unit and keeps the line's dates and price per unit
    served. A line that has nothing left is cancelled (or shipped, when part of it was).
    """
    positive(quantity)
    lock(db, [find_line(db, line).sku, alternative])
    row = find_line(db, line)
    ratio = _ratio(db, row, alternative)
    if quantity > unreserved(db, row):
        raise EffectRefused(
            f"line {line} has {unreserved(db, row)} open units without stock, not {quantity}", field="quantity",
            fix="release the line's reservation first, or substitute less",
        )  # fmt: skip
    companion = f"{line}/{reference}"
    after = _reduced(db, row, quantity)
    db.execute(insert(t.lines).values(**_companion(row, companion, alternative, quantity, ratio)))
    db.execute(
        insert(t.substitutions).values(
            id=reference, line=line, companion=companion, state="open",
            quantity_before=row.quantity, quantity_after=after["quantity"], uom_quantity_before=row.uom_quantity,
            state_before=row.state, state_after=after["state"],
        )
    )  # fmt: skip
    reserve(
        db, f"{reference}.r", now, row=find_line(db, companion), bucket=Bucket(alternative, site),
        quantity=quantity * ratio, kind=ReservationKind.HARD, earmark=None,
    )  # fmt: skip


def cancel_substitute(db: Connection, _back: str, _now: datetime, *, reference: str) -> None:
    """Give the line its units back and remove the companion; refused once either has moved on."""
    found = select(t.substitutions).where(t.substitutions.c.id == reference)
    deal = db.execute(found).one_or_none()
    if deal is not None:
        lock(db, [find_line(db, deal.line).sku, find_line(db, deal.companion).sku] if deal.state == "open" else ())
        deal = db.execute(found).one()
    if deal is None or deal.state != "open":
        raise EffectRefused(
            f"there is no open substitution '{reference}'", field="reference", fix="check the reference"
        )
    line, companion = find_line(db, deal.line), find_line(db, deal.companion)
    moved_on = (line.quantity, line.state) != (deal.quantity_after, deal.state_after)
    if moved_on or companion.state != LineState.OPEN.value or companion.shipped:
        raise EffectRefused(
            f"line {line.id} or its companion has changed since", field="reference", fix="change the order in the ERP"
        )
    db.execute(delete(t.reservations).where(t.reservations.c.line == companion.id))
    db.execute(delete(t.lines).where(t.lines.c.id == companion.id))
    before = {
        "quantity": deal.quantity_before, "uom_quantity": deal.uom_quantity_before, "state": deal.state_before,
    }  # fmt: skip
    db.execute(update(t.lines).where(t.lines.c.id == line.id).values(**before))
    db.execute(update(t.substitutions).where(t.substitutions.c.id == reference).values(state="cancelled"))


def _ratio(db: Connection, row: Row[Any], alternative: str) -> int:
    c = t.substitutes.c
    ratio = db.execute(select(c.ratio).where(c.sku == row.sku, c.alternative == alternative)).scalar_one_or_none()
    if ratio is None or not row.substitutes_ok:
        why = f"{alternative} is no substitute of {row.sku}" if ratio is None else "its customer takes no substitutes"
        raise EffectRefused(f"line {row.id} cannot be substituted: {why}", field="alternative", fix="leave the line")
    return int(ratio)


def _reduced(db: Connection, row: Row[Any], quantity: int) -> dict[str, Any]:
    """The line with so many units less; a line always asks for something, so one with nothing left is closed."""
    left = row.quantity - quantity
    if left > row.shipped:
        units = Decimal(row.quantity) / (row.uom_quantity or row.quantity)
        after = {"quantity": left, "uom_quantity": (left / units).normalize(), "state": row.state}
    elif row.shipped:
        after = {"quantity": row.shipped, "uom_quantity": row.uom_quantity, "state": LineState.SHIPPED.value}
    else:
        after = {"quantity": row.quantity, "uom_quantity": row.uom_quantity, "state": LineState.CANCELLED.value}
    db.execute(update(t.lines).where(t.lines.c.id == row.id).values(**after))
    return after


def _companion(row: Row[Any], key: str, alternative: str, quantity: int, ratio: int) -> dict[str, Any]:
    price = from_minor(to_minor(row.unit_price) // ratio)
    return {
        **row._mapping,
        "id": key, "sku": alternative, "quantity": quantity * ratio, "uom": "EA",
        "uom_quantity": Decimal(quantity * ratio), "unit_price": price, "shipped": 0, "state": LineState.OPEN.value,
        "substitutes_ok": False,
    }  # fmt: skip
