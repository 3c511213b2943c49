"""Load a world: write every noun of a Facts value into the distributor's tables, in place of what was there."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from connectors.embedded import tables as t
from connectors.embedded.rows import store
from connectors.embedded.store import Store
from domain.errors import BadInput, UnknownReference
from domain.facts import Facts

SAME_SHAPE = (
    ("skus", t.skus), ("sites", t.sites), ("positions", t.positions), ("warehouse_positions", t.counted),
    ("reservations", t.reservations), ("transfers", t.transfer_requests), ("substitutes", t.substitutes),
    ("demand", t.demand), ("shipments", t.shipments), ("lanes", t.lanes), ("customers", t.customers),
    ("inbound", t.inbound), ("suppliers", t.suppliers), ("fx", t.rates), ("orders", t.orders), ("waves", t.waves),
)  # fmt: skip
"""Collections of Facts whose nouns fit one table as they are (their nested lines and tasks follow)."""


def create(url: str, facts: Facts) -> None:
    """Make the database at `url` this distributor. An existing world is replaced in one transaction.

    Claims are our own record and are not loaded. A world that counts no stock in the warehouse gets the ERP's counts.
    Raises UnknownReference when something in `facts` names what is not there, BadInput when two things have one id,
    DependencyDown when the database does not answer; then the old world is still there.
    """
    for problem in _dangling(facts):
        raise problem
    store_ = Store(url)
    try:
        with store_.write() as db:
            t.metadata.create_all(db)
            for table in t.metadata.sorted_tables:
                db.execute(table.delete())
            _fill(db, facts)
    except IntegrityError as error:
        raise BadInput(
            f"two things of this world have the same id, or a quantity is impossible: {str(error.orig).strip()}",
            field="facts", fix="give everything an id of its own, and quantities of one or more",
        ) from error  # fmt: skip
    finally:
        store_.close()


def _fill(db: Connection, facts: Facts) -> None:
    db.execute(insert(t.company), [{"id": "company", "base_currency": facts.base_currency}])
    for name, table in SAME_SHAPE:
        store(db, table, getattr(facts, name))
    if not facts.warehouse_positions:
        store(db, t.counted, facts.positions)
    store(db, t.lines, (line for order in facts.orders for line in order.lines))
    store(db, t.tasks, (task for wave in facts.waves for task in wave.tasks))
    for request in facts.purchases:
        body = request.model_dump() | {"needed_by": request.needed_by.isoformat(), "state": "open"}
        db.execute(insert(t.purchase_requests), [body])
    for customer in facts.customers:
        store(db, t.credit, (customer.credit,), customer=customer.id)


def _references(facts: Facts) -> Iterator[tuple[str, str, str | None, str]]:
    """(kind, collection, id, who names it) for everything that one noun says of another."""
    for order in facts.orders:
        yield "customer", "orders", order.customer, order.id
        for line in order.lines:
            yield "sku", "lines", line.sku, line.id
    for name in ("positions", "warehouse_positions", "inbound", "reservations", "demand"):
        for item in getattr(facts, name):
            who = getattr(item, "id", f"{item.sku} at {item.site}")
            yield "sku", name, item.sku, who
            yield "site", name, item.site, who
    for reservation in facts.reservations:
        yield "line", "reservations", reservation.line, reservation.id
        yield "inbound", "reservations", reservation.inbound, reservation.id
    for wave in facts.waves:
        yield "site", "waves", wave.site, wave.id
        for task in wave.tasks:
            yield "line", "tasks", task.line, task.id
    for request in facts.transfers:
        yield "sku", "transfers", request.sku, request.id
        yield "site", "transfers", request.to_site, request.id
    for pair in facts.substitutes:
        yield "sku", "substitutes", pair.sku, pair.sku
        yield "sku", "substitutes", pair.alternative, pair.sku
    for shipment in facts.shipments:
        yield "order", "shipments", shipment.order, shipment.id


def _dangling(facts: Facts) -> Iterator[UnknownReference]:
    for kind, where, key, who in _references(facts):
        if key is not None and not facts.has(kind, key):
            yield UnknownReference(
                f"{who} names {kind} '{key}', which is not in this world",
                field=f"{where}.{kind}",
                fix=f"add the {kind}, or take out what names it",
            )
