"""What has been asked of finance and is still open: for those who look into the distributor, not part of the port."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Connection, select

from connectors.embedded import tables as t


def credit_asked(db: Connection) -> tuple[tuple[str, Decimal], ...]:
    """(order, amount) of every open request to release credit, sorted."""
    c = t.credit_requests.c
    rows = db.execute(select(c.order, c.amount).where(c.state == "open").order_by(c.order, c.id))
    return tuple((row.order, row.amount) for row in rows)
