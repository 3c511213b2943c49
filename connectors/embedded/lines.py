"""What the ERP checks about an order line before it changes anything for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from connectors.embedded import tables as t
from connectors.embedded.stock import reserved
from domain.customers import CreditStatus
from domain.errors import EffectRefused
from domain.execution import TaskState, WaveState
from domain.inventory import ReservationKind
from domain.orders import HoldKind, LineState

CLOSED = (LineState.SHIPPED.value, LineState.CANCELLED.value)
STOPS = (HoldKind.CREDIT, HoldKind.COMPLIANCE)


def find_line(db: Connection, line: str) -> Row[Any]:
    """The line; EffectRefused when the ERP does not know it."""
    row = db.execute(select(t.lines).where(t.lines.c.id == line)).one_or_none()
    if row is None:
        raise EffectRefused(f"the ERP has no order line '{line}'", field="line", fix="check the line id")
    return row


def open_units(row: Row[Any]) -> int:
    """Units of a line still to ship."""
    return 0 if row.state in CLOSED else max(0, int(row.quantity) - int(row.shipped))


def unreserved(db: Connection, row: Row[Any]) -> int:
    """Open units of a line that no reservation covers, over all its reservations."""
    return open_units(row) - reserved(db, t.reservations.c.line == row.id)


def refuse_when_held(db: Connection, row: Row[Any]) -> None:
    """EffectRefused when the customer is on credit hold, or the order has a credit or compliance hold."""
    order = db.execute(select(t.orders).where(t.orders.c.id == row.order)).one()
    status = db.execute(select(t.credit.c.status).where(t.credit.c.customer == order.customer)).scalar_one()
    if status == CreditStatus.HOLD.value:
        raise EffectRefused(
            f"customer {order.customer} is on credit hold",
            field="line",
            fix="ask finance to release the customer first",
        )
    if stop := next((hold for hold in order.holds if hold.kind in STOPS), None):
        raise EffectRefused(
            f"order {order.id} has a {stop.kind.value} hold", field="line", fix="have the hold taken off first"
        )


def in_hand(db: Connection, line: str, site: str) -> int:
    """Units of a line at a site that pickers have, or have been sent for: they cannot be given away."""
    joined = t.tasks.join(t.waves, t.tasks.c.wave == t.waves.c.id)
    sent = (t.waves.c.state == WaveState.RELEASED.value) & (t.tasks.c.state == TaskState.OPEN.value)
    total = func.coalesce(func.sum(t.tasks.c.quantity), 0)
    query = select(total).select_from(joined).where(
        t.tasks.c.line == line, t.waves.c.site == site, t.waves.c.state != WaveState.DONE.value,
        sent | (t.tasks.c.state == TaskState.PICKED.value),
    )  # fmt: skip
    return int(db.execute(query).scalar_one())


def physical(db: Connection, line: str, site: str) -> int:
    """Units of stock at a site that are reserved hard for a line."""
    c = t.reservations.c
    hard = c.kind == ReservationKind.HARD.value
    return reserved(db, c.line == line, c.site == site, hard, c.inbound.is_(None))


def settle_state(db: Connection, line: str) -> None:
    """Make the line RELEASED while a picker has, or is sent for, units of it; else OPEN again. Later states stay."""
    row = find_line(db, line)
    if row.state not in (LineState.OPEN.value, LineState.RELEASED.value):
        return
    sites = db.execute(select(t.waves.c.site).join(t.tasks, t.tasks.c.wave == t.waves.c.id)
                       .where(t.tasks.c.line == line).distinct()).scalars().all()  # fmt: skip
    state = LineState.RELEASED if any(in_hand(db, line, site) for site in sites) else LineState.OPEN
    if state.value != row.state:
        db.execute(update(t.lines).where(t.lines.c.id == line).values(state=state.value))
