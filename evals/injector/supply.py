"""Causes on the supply side: commitments beyond stock, supply that moves, stock that runs out, counts that differ."""

from __future__ import annotations

from datetime import timedelta

from domain.events import Event, EventData, InventoryDiscrepancy, ShortStock, SupplierDelay
from domain.inventory import PurchaseRequest
from evals.injector.cause import Cause, cause
from evals.injector.parts import Ground, Parts, parts


def told(ground: Ground, data: EventData) -> Event:
    """Something that the night brings as an event, two hours before the morning."""
    return Event(id=f"EV-{ground.cell}", source="night", at=ground.now - timedelta(hours=2), sequence=1, data=data)


def _common(ground: Ground) -> Parts:
    return parts(skus=ground.sku(), customers=ground.customer())


def oversold(ground: Ground) -> Cause:
    """Less stock than is reserved (a recount, or units put into quarantine), or more promised than is there."""
    dice, have = ground.dice, ground.dice.between(40, 90)
    missing = dice.between(1, 12)
    order = ground.order(have, dice.between(10, 24))
    spare = ground.stock(have + 60, at=ground.elsewhere)
    world = _common(ground) | parts(orders=order, reservations=ground.reserved(order, have))
    well = world | parts(positions=(ground.stock(have + 3), spare))
    label = ("atp_below_commitments", ground.place)
    how = ground.number % 4
    if how == 0:
        return cause(ground, well, world | parts(positions=(ground.stock(have - missing), spare)), label)
    if how == 1:
        stopped = ground.stock(have + 3, quarantined=3 + missing)
        return cause(ground, well, world | parts(positions=(stopped, spare)), label)
    if how == 2:
        late = ground.order(3 + missing, dice.between(10, 24), key=2)
        return cause(ground, well, well | parts(orders=(order, late)), label)
    event = told(ground, ShortStock(sku=ground.sku_id, site=ground.site, counted=have - missing))
    return cause(ground, well, well, label, events=(event,))


def barely_sold(ground: Ground) -> Cause:
    """The last unit is committed, and none beyond it."""
    dice, have = ground.dice, ground.dice.between(40, 90)
    order = ground.order(have, dice.between(10, 24))
    world = _common(ground) | parts(orders=order, reservations=ground.reserved(order, have))
    well = world | parts(positions=ground.stock(have + 5))
    label = ("atp_below_commitments", ground.place)
    how = ground.number % 3
    if how == 0:
        return cause(ground, well, world | parts(positions=ground.stock(have)), label, near=True)
    if how == 1:
        exact = ground.order(5, dice.between(10, 24), key=2)
        return cause(ground, well, well | parts(orders=(order, exact)), label, near=True)
    coming = ground.order(5 + 20, 24, key=2)
    after = well | parts(orders=(order, coming), inbound=ground.inbound(20, 12))
    return cause(ground, well | parts(inbound=ground.inbound(20, 12)), after, label, near=True)


def moved(ground: Ground) -> Cause:
    """Supply that nobody waits for soon comes later, as read from the system or as told by the supplier."""
    units, eta = ground.dice.between(30, 120), ground.dice.between(4, 12)
    days = ground.dice.weighted(((2, 3), (3, 1), (9, 1)))
    world = _common(ground) | parts(positions=ground.stock(20))
    well = world | parts(inbound=ground.inbound(units, eta))
    label = ("eta_moved", ground.inbound_id)
    if ground.number % 3 == 0:
        data = SupplierDelay(inbound=ground.inbound_id, new_eta=ground.day(eta + days))
        return cause(ground, well, well, label, events=(told(ground, data),))
    if ground.number % 3 == 1:
        crept = well | parts(inbound=ground.inbound(units, eta + 1, original=eta))
        later = world | parts(inbound=ground.inbound(units, eta + 2, original=eta))
        return cause(ground, crept, later, label, cure=well)
    return cause(ground, well, world | parts(inbound=ground.inbound(units, eta + days, original=eta)), label)


def hardly_moved(ground: Ground) -> Cause:
    """A day later, sooner than before, or as late as it was when we last looked."""
    units, eta = ground.dice.between(30, 120), ground.dice.between(4, 12)
    world = _common(ground) | parts(positions=ground.stock(20))
    label = ("eta_moved", ground.inbound_id)
    well = world | parts(inbound=ground.inbound(units, eta))
    if ground.number % 3 == 0:
        after = world | parts(inbound=ground.inbound(units, eta + 1, original=eta))
    elif ground.number % 3 == 1:
        after = world | parts(inbound=ground.inbound(units, eta - 3, original=eta))
    else:
        well = after = world | parts(inbound=ground.inbound(units, eta, original=eta - 9))
    return cause(ground, well, after, label, near=True)


def running_out(ground: Ground) -> Cause:
    """One unit short of the lead time's demand: it sells faster, or what was coming was cancelled."""
    lead = ground.supplier.lead_time_days
    daily = ground.dice.between(2, 9)
    need = daily * lead
    world = _common(ground)
    label = ("stock_out_ahead", ground.place)
    if ground.number % 2:
        well = world | parts(positions=ground.stock(need - 1), demand=ground.demand(7 * daily - 7))
        after = world | parts(positions=ground.stock(need - 1), demand=ground.demand(7 * daily))
    else:
        after = world | parts(positions=ground.stock(need - 1), demand=ground.demand(7 * daily))
        well = after | parts(inbound=ground.inbound(need, lead - 1))
    return cause(ground, well, after, label)


def just_enough(ground: Ground) -> Cause:
    """Stock lasts exactly through the lead time, or something is on its way or asked for."""
    lead = ground.supplier.lead_time_days
    daily = ground.dice.between(2, 9)
    need = daily * lead
    world = _common(ground)
    label = ("stock_out_ahead", ground.place)
    well = world | parts(positions=ground.stock(need), demand=ground.demand(7 * daily - 7))
    if ground.number % 3 == 0:
        return cause(
            ground, well, world | parts(positions=ground.stock(need), demand=ground.demand(7 * daily)), label, near=True
        )
    short = world | parts(positions=ground.stock(need // 2), demand=ground.demand(7 * daily))
    if ground.number % 3 == 1:
        asked = PurchaseRequest(
            id=f"PR-{ground.cell}", sku=ground.sku_id, site=ground.site, quantity=need, needed_by=ground.day(lead)
        )
        return cause(ground, well, short | parts(purchases=asked), label, near=True)
    coming = parts(inbound=ground.inbound(need, 5))
    return cause(ground, well | coming, short | coming, label, near=True)


def counted_apart(ground: Ground) -> Cause:
    """The warehouse counts other units than the ERP has, at least three and two percent (3 of 150); read, or told."""
    erp, off = ground.dice.between(20, 147), ground.dice.weighted(((3, 4), (4, 2), (15, 1)))
    wms = erp + off if ground.number % 4 == 1 else erp - off
    order = ground.order(10, 20)
    world = _common(ground) | parts(orders=order, reservations=ground.reserved(order, 10))
    well = world | parts(positions=ground.stock(erp))
    label = ("inventory_discrepancy", ground.place)
    if ground.number % 3 == 0:
        data = InventoryDiscrepancy(sku=ground.sku_id, site=ground.site, erp_units=erp, wms_units=wms)
        return cause(ground, well, well, label, events=(told(ground, data),))
    return cause(ground, well, well | parts(warehouse_positions=ground.stock(wms)), label)


def counted_alike(ground: Ground) -> Cause:
    """Two units apart, or three of so many that it is below two percent."""
    few = ground.number % 2 == 0
    erp = ground.dice.between(20, 90) if few else ground.dice.between(160, 400)
    well = _common(ground) | parts(positions=ground.stock(erp))
    wms = erp - (2 if few else 3)
    label = ("inventory_discrepancy", ground.place)
    return cause(ground, well, well | parts(warehouse_positions=ground.stock(wms)), label, near=True)


def too_little(ground: Ground) -> Cause:
    """More is asked for, in time for nobody's promise yet, than is there or comes by then."""
    have, due = ground.dice.between(30, 80), ground.dice.between(8, 20)
    over = ground.dice.between(1, 15)
    late = ground.inbound(over + 10, due + 6)
    world = _common(ground) | parts(positions=ground.stock(have), inbound=late)
    well = world | parts(orders=ground.order(have, due, promised=False, anywhere=True))
    after = world | parts(orders=ground.order(have + over, due, promised=False, anywhere=True))
    return cause(ground, well, after, ("shortage", ground.sku_id))


def enough(ground: Ground) -> Cause:
    """The last unit is asked for, or what is missing arrives on the very day it is due."""
    have, due = ground.dice.between(30, 80), ground.dice.between(8, 20)
    world = _common(ground) | parts(positions=ground.stock(have))
    well = world | parts(orders=ground.order(have - 5, due, promised=False, anywhere=True))
    after = world | parts(orders=ground.order(have, due, promised=False, anywhere=True))
    if ground.number % 2:
        coming = parts(inbound=ground.inbound(8, due))
        after = world | coming | parts(orders=ground.order(have + 8, due, promised=False, anywhere=True))
        well |= coming
    return cause(ground, well, after, ("shortage", ground.sku_id), near=True)
