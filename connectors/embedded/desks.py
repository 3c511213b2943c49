"""The small systems: carriers, customer tasks, buying and credit."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Table, insert, select, update

from connectors.embedded import tables as t
from connectors.embedded.erp import positive
from connectors.embedded.store import lock
from domain.errors import EffectRefused
from domain.execution import WaveState
from domain.inventory import Expedite
from domain.noun import to_minor


def _must_exist(db: Connection, table: Table, key: str, what: str) -> None:
    if db.execute(select(table.c.id).where(table.c.id == key)).first() is None:
        raise EffectRefused(f"there is no {what} '{key}'", field=what, fix=f"check the {what} id")


def rebook(db: Connection, _reference: str, _now: datetime, *, wave: str, carrier: str) -> None:
    """Send a wave with another carrier of its site, on the same day, by that carrier's cutoff.

    Booking back restores the cutoff the wave had with its former carrier.
    """
    row = db.execute(select(t.waves).where(t.waves.c.id == wave).with_for_update()).one_or_none()
    if row is None or row.state == WaveState.DONE.value:
        raise EffectRefused(f"there is no wave '{wave}' still to leave", field="wave", fix="check the wave id")
    site = db.execute(select(t.sites).where(t.sites.c.id == row.site)).one()
    zone = ZoneInfo(site.timezone)
    day = row.cutoff_at.astimezone(zone).date()
    serves = db.execute(select(t.lanes.c.carrier).where(t.lanes.c.origin == site.id, t.lanes.c.carrier == carrier))
    cutoff = next((cutoff.at for cutoff in site.cutoffs if cutoff.carrier == carrier), None)
    f = t.carrier_failures.c
    fails = db.execute(select(f.day).where(f.carrier == carrier, f.site == site.id, f.day == day)).first()
    if serves.first() is None or fails is not None:
        why = f"fails there on {day}" if fails else "does not serve that site"
        raise EffectRefused(
            f"carrier {carrier} {why} ({site.id})", field="carrier", fix="choose another carrier of the site"
        )
    booked = row.booked or {}
    fresh = datetime.combine(day, cutoff, zone) if cutoff else row.cutoff_at
    db.execute(
        update(t.waves)
        .where(t.waves.c.id == wave)
        .values(
            carrier=carrier, cutoff_at=booked.get(carrier, fresh), booked={**booked, row.carrier: row.cutoff_at}
        )
    )  # fmt: skip


def create_task(
    db: Connection, reference: str, _now: datetime, *, customer: str, order: str, subject: str, notice: str
) -> None:
    """Give customer service something to do."""
    owner = db.execute(select(t.orders.c.customer).where(t.orders.c.id == order)).scalar_one_or_none()
    if owner != customer:
        raise EffectRefused(f"{customer} has no order '{order}'", field="order", fix="check customer and order")
    row = {"id": reference, "customer": customer, "order": order, "subject": subject, "notice": notice}
    db.execute(insert(t.customer_tasks).values(**row))


def escalate(db: Connection, reference: str, _now: datetime, *, role: str, case: str, reason: str) -> None:
    """Give a role something to look at."""
    row = {"id": reference, "role": role, "subject": f"Please look at {case}", "notice": reason}
    db.execute(insert(t.customer_tasks).values(**row))


def withdraw(db: Connection, _back: str, _now: datetime, *, reference: str, why: str) -> None:
    """Say that a task is no longer true; it stays visible."""
    _must_exist(db, t.customer_tasks, reference, "reference")
    db.execute(update(t.customer_tasks).where(t.customer_tasks.c.id == reference).values(withdrawn=why))


def request_replenishment(
    db: Connection, reference: str, _now: datetime, *, sku: str, site: str, quantity: int, needed_by: date,
    supplier: str | None,
) -> None:  # fmt: skip
    """Ask procurement to buy."""
    positive(quantity)
    _must_exist(db, t.skus, sku, "sku")
    _must_exist(db, t.sites, site, "site")
    if supplier is not None:
        _must_exist(db, t.suppliers, supplier, "supplier")
    db.execute(
        insert(t.purchase_requests).values(
            id=reference, sku=sku, site=site, quantity=quantity, needed_by=needed_by.isoformat(), supplier=supplier,
            state="open",
        )
    )  # fmt: skip


def cancel_replenishment(db: Connection, _back: str, _now: datetime, *, reference: str) -> None:
    """Take the request back."""
    _close(db, t.purchase_requests, reference, "request to buy", "cancelled")


def expedite(db: Connection, reference: str, _now: datetime, *, inbound: str, eta: date, cost: Decimal) -> None:
    """Take up the supplier's offer to come earlier, at its price.

    Giving it back is the same the other way round: the former day, for the price as a negative amount; refused once
    the supplier has moved the day again.
    """
    found = select(t.inbound).where(t.inbound.c.id == inbound)
    row = db.execute(found).one_or_none()
    if row is not None:
        lock(db, [row.sku])
        row = db.execute(found).one_or_none()
    if row is None:
        raise EffectRefused(f"there is no inbound '{inbound}'", field="inbound", fix="read the inbound supply again")
    if cost < 0:
        _give_back(db, row, eta, -cost)
        return
    offer = row.expedite
    if offer is None or offer.eta != eta or to_minor(offer.cost) != to_minor(cost):
        said = f"{offer.eta} for {offer.cost}" if offer else "nothing"
        raise EffectRefused(
            f"the supplier of {inbound} offers {said}, not {eta} for {cost}", field="eta", fix="take the offer as it is"
        )
    db.execute(
        insert(t.expedites).values(id=reference, inbound=inbound, eta_before=row.eta, eta=eta, cost=cost, state="open")
    )
    db.execute(update(t.inbound).where(t.inbound.c.id == inbound).values(eta=eta, expedite=None))


def _give_back(db: Connection, row: Row[Any], eta: date, cost: Decimal) -> None:
    c = t.expedites.c
    mine = select(t.expedites).where(c.inbound == row.id, c.state == "open", c.eta == row.eta, c.eta_before == eta)
    taken = next((deal for deal in db.execute(mine.order_by(c.id)) if to_minor(deal.cost) == to_minor(cost)), None)
    if taken is None or row.expedite is not None:
        raise EffectRefused(
            f"{row.id} was not hurried from {eta} for {cost}", field="inbound", fix="settle it with the supplier"
        )
    db.execute(update(t.expedites).where(c.id == taken.id).values(state="cancelled"))
    offer = Expedite(eta=taken.eta, cost=taken.cost)
    db.execute(update(t.inbound).where(t.inbound.c.id == row.id).values(eta=eta, expedite=offer))


def request_credit_release(
    db: Connection, reference: str, _now: datetime, *, customer: str, order: str, amount: Decimal
) -> None:
    """Ask finance; finance answers in its own time."""
    owner = db.execute(select(t.orders.c.customer).where(t.orders.c.id == order)).scalar_one_or_none()
    if owner != customer:
        raise EffectRefused(f"{customer} has no order '{order}'", field="order", fix="check customer and order")
    row = {"id": reference, "customer": customer, "order": order, "amount": amount, "state": "open"}
    db.execute(insert(t.credit_requests).values(**row))


def withdraw_credit_release(db: Connection, _back: str, _now: datetime, *, reference: str) -> None:
    """Take the request back."""
    _close(db, t.credit_requests, reference, "credit request", "withdrawn")


def _close(db: Connection, table: Table, reference: str, what: str, state: str) -> None:
    closed = db.execute(update(table).where(table.c.id == reference, table.c.state == "open").values(state=state))
    if not closed.rowcount:
        raise EffectRefused(f"there is no open {what} '{reference}'", field="reference", fix="check the reference")
