"""Causes on the customer side: promises, backorders, credit, waves, shipments; and late supply that breaks promises."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from domain.customers import CreditStatus
from domain.events import CreditHold, SupplierDelay, WaveAtRisk
from domain.execution import Milestone, MilestoneKind, Shipment, WaveState
from domain.orders import LineState, Order
from domain.sites import Lane, Site
from evals.accounting.arrivals import arrives, works
from evals.injector.cause import Cause, cause
from evals.injector.parts import Ground, Parts, parts
from evals.injector.supply import told


def _common(ground: Ground) -> Parts:
    return parts(skus=ground.sku(), customers=ground.customer())


def overdue(ground: Ground) -> Cause:
    """A line nobody has shipped since its date: forgotten, reserved and not sent, or put off again and again."""
    dice, units = ground.dice, ground.dice.between(5, 40)
    days = -dice.weighted(((5, 3), (6, 1), (14, 1)))
    world = _common(ground) | parts(positions=ground.stock(units + 10))
    how = ground.number % 4
    if how == 0:
        order = ground.order(units, days)
    elif how == 1:
        order = ground.order(units, dice.between(10, 20), first=days)
    elif how == 2:
        order = ground.order(units, days, promised=False)
    else:
        order = ground.order(units, days)
        world |= parts(reservations=ground.reserved(order, units))
    label = ("aging_backorder", order.lines[0].id)
    held = order.model_copy(update={"holds": ground.order(1, 1, held=True).holds})
    after = world | parts(orders=order)
    before = world | parts(orders=held) if days < -5 else after
    cure = parts(**{k: v for k, v in world.items() if k != "reservations"})
    gone = order.lines[0].model_copy(update={"state": LineState.SHIPPED, "shipped": units})
    return cause(ground, before, after, label, cure=cure | parts(orders=order.model_copy(update={"lines": (gone,)})))


def not_overdue(ground: Ground) -> Cause:
    """A day too young, on hold, or cancelled by the customer."""
    units = ground.dice.between(5, 40)
    world = _common(ground) | parts(positions=ground.stock(units + 10))
    how = ground.number % 3
    if how == 0:
        order = ground.order(units, -4)
    elif how == 1:
        order = ground.order(units, -9, held=True)
    else:
        order = ground.order(units, -9, state=LineState.CANCELLED)
    well = world | parts(orders=order)
    return cause(ground, well, well, ("aging_backorder", order.lines[0].id), near=True)


def breaking(ground: Ground) -> Cause:
    """What a line has reserved stands in a far depot now, or comes too late; other stock may not serve it."""
    units = ground.dice.between(10, 60)
    spare = ground.stock(units + 20, at=ground.elsewhere)
    order = ground.order(units, ground.dice.between(2, 5))
    if ground.number % 2:
        supply, late = ground.inbound(units, 0), ground.inbound(units, 1, original=0)
        order = ground.order(units, 1)
        held = ground.reserved(order, units, inbound=supply.id)
        world = _common(ground) | parts(positions=(ground.stock(0), spare), orders=order, reservations=held)
        label = ("promise_at_risk", order.lines[0].id)
        if _arrives(ground, 1) > ground.day(1):
            well = world | parts(inbound=supply, orders=ground.order(units, 9))
            return cause(ground, well, world | parts(inbound=late), label)
    depot = parts(sites=ground.depot(), lanes=ground.way_out(6))
    lines = order.lines[0].model_copy(update={"allowed_sites": (ground.site, ground.depot_id)})
    order = order.model_copy(update={"lines": (lines,)})
    world = _common(ground) | depot | parts(orders=order)
    near = ground.reserved(order, units)
    well = world | parts(reservations=near, positions=(ground.stock(units), ground.stock(0, at=ground.depot_id), spare))
    after = world | parts(
        reservations=ground.reserved(order, units, at=ground.depot_id),
        positions=(ground.stock(0), ground.stock(units, at=ground.depot_id), spare),
    )
    return cause(ground, well, after, ("promise_at_risk", lines.id))


def kept(ground: Ground) -> Cause:
    """Late supply, but promised further ahead than we look, there on the very day, or covered by free stock."""
    units, how = ground.dice.between(10, 60), ground.number % 3
    spare = ground.stock(units + 20, at=ground.elsewhere)
    due = 6 if how == 0 else (_arrives(ground, 1) - ground.today).days if how == 1 else 3
    order = ground.order(units, due)
    eta = {0: 20, 1: 1, 2: 14}[how]
    held = ground.reserved(order, units, inbound=ground.inbound_id)
    here = ground.stock(units if how == 2 else 0)
    world = _common(ground) | parts(positions=(here, spare), orders=order, reservations=held)
    well = world | parts(inbound=ground.inbound(units, eta))
    return cause(ground, well, well, ("promise_at_risk", order.lines[0].id), near=True)


def _arrives(ground: Ground, eta: int) -> date:
    """When supply of a day ahead is in the region."""
    site = next(site for site in ground.grid.sites if site.id == ground.site)
    ways = [lane for lane in ground.grid.lanes if (lane.origin, lane.destination) == (ground.site, ground.region)]
    return min(arrives(site, lane, ground.day(eta), ground.now) for lane in ways)


def late_supply(ground: Ground) -> Cause:
    """One supply comes weeks later; two promises of the next days hang on it, and at times the whole item is short."""
    first, second = ground.dice.between(10, 40), ground.dice.between(10, 40)
    orders = (ground.order(first, 5), ground.order(second, 5, key=2))
    units, days = first + second, ground.dice.between(12, 18)
    spare = () if ground.number % 2 else (ground.stock(units + 20, at=ground.elsewhere),)
    world = _common(ground) | parts(
        positions=(ground.stock(0), *spare),
        orders=orders,
        reservations=tuple(
            ground.reserved(order, order.lines[0].quantity, inbound=ground.inbound_id) for order in orders
        ),
    )
    well = world | parts(inbound=ground.inbound(units, 1))
    after = world | parts(inbound=ground.inbound(units, days, original=1))
    named = [("eta_moved", ground.inbound_id), *(("promise_at_risk", order.lines[0].id) for order in orders)]
    if not spare:
        named.append(("shortage", ground.sku_id))
    if ground.number % 3 == 0:
        data = SupplierDelay(inbound=ground.inbound_id, new_eta=ground.day(days))
        return cause(ground, well, well, *named, events=(told(ground, data),))
    return cause(ground, well, after, *named)


def credit_gone(ground: Ground) -> Cause:
    """Put on hold, or owing more than the limit, with units open; read, or told by finance."""
    units = ground.dice.between(5, 40)
    order = ground.order(units, 15)
    world = parts(
        skus=ground.sku(), positions=ground.stock(units + 5), orders=order, reservations=ground.reserved(order, units)
    )
    well = world | parts(customers=ground.customer())
    label = ("credit_changed", ground.customer().id)
    if ground.number % 3 == 0:
        data = CreditHold(customer=ground.customer().id, reason="two invoices overdue")
        return cause(ground, well, well, label, events=(told(ground, data),))
    if ground.number % 3 == 1:
        after = ground.customer(status=CreditStatus.HOLD, overdue_days=35)
    else:
        after = ground.customer(exposure=Decimal(90000) + Decimal("0.01"))
    return cause(ground, well, world | parts(customers=after), label)


def credit_fine(ground: Ground) -> Cause:
    """At the limit and not above it, watched, on hold as before, freed, or on hold with nothing open."""
    units, how = ground.dice.between(5, 40), ground.number % 5
    order = ground.order(units, 15)
    world = parts(
        skus=ground.sku(), positions=ground.stock(units + 5), orders=order, reservations=ground.reserved(order, units)
    )
    held = parts(customers=ground.customer(status=CreditStatus.HOLD))
    well = parts(customers=ground.customer())
    before, after = (
        (well, parts(customers=ground.customer(exposure=Decimal(90000)))),
        (well, parts(customers=ground.customer(status=CreditStatus.WATCH, overdue_days=6))),
        (held, held),
        (held, well),
        (well, held),
    )[how]
    if how == 4:
        gone = order.lines[0].model_copy(update={"state": LineState.CANCELLED})
        world = parts(
            skus=ground.sku(), positions=ground.stock(units), orders=order.model_copy(update={"lines": (gone,)})
        )
    return cause(ground, world | before, world | after, ("credit_changed", ground.customer().id), near=True)


def _picking(ground: Ground, units: int) -> tuple[Parts, Order]:
    """A depot with one line of so many units, all in stock and reserved."""
    order = ground.order(units, 15, state=LineState.RELEASED, allowed_sites=(ground.depot_id,))
    world = parts(
        lanes=ground.way_out(2),
        positions=ground.stock(units, at=ground.depot_id),
        orders=order,
        reservations=ground.reserved(order, units, at=ground.depot_id),
    )
    return _common(ground) | world, order


def slow_wave(ground: Ground) -> Cause:
    """One minute too many: picked 29 minutes before the cutoff or later; pickers are missing, or it came forward."""
    units = ground.dice.between(60, 200)
    world, order = _picking(ground, units)
    fast, usual = parts(sites=ground.depot(4800)), parts(sites=ground.depot(480))
    spare = timedelta(minutes=units + ground.dice.pick((29, 29, 10, -20)))
    label = ("wave_at_risk", f"WV-{ground.cell}")
    soon = parts(waves=ground.wave(order, units, spare))
    later = parts(waves=ground.wave(order, units, spare + timedelta(hours=3)))
    if ground.number % 3 == 0:
        well = world | fast | later
        event = told(ground, WaveAtRisk(wave=f"WV-{ground.cell}", minutes_late=ground.dice.between(10, 50)))
        return cause(ground, well, well, label, events=(event,))
    if ground.number % 3 == 1:
        return cause(ground, world | fast | soon, world | usual | soon, label, cure=world | fast | later)
    return cause(ground, world | usual | later, world | usual | soon, label)


def quick_wave(ground: Ground) -> Cause:
    """Picked exactly half an hour before its cutoff, or held on purpose."""
    units = ground.dice.between(60, 200)
    world, order = _picking(ground, units)
    world |= parts(sites=ground.depot(480))
    spare = timedelta(minutes=units + 30)
    well = world | parts(waves=ground.wave(order, units, spare + timedelta(hours=2)))
    after = world | parts(waves=ground.wave(order, units, spare))
    if ground.number % 2:
        short = timedelta(minutes=10)
        held = ground.wave(order, units, short, state=WaveState.HELD)
        after = world | parts(waves=held)
    return cause(ground, well, after, ("wave_at_risk", f"WV-{ground.cell}"), near=True)


def _under_way(ground: Ground, behind: int, *steps: MilestoneKind) -> tuple[Parts, Shipment]:
    """An order that went out in part, so that it should have been there `behind` days before today."""
    units = ground.dice.between(10, 40)
    order = ground.order(units, 15, shipped=5)
    site = next(site for site in ground.grid.sites if site.id == ground.site)
    lane = next(lane for lane in ground.grid.lanes if (lane.origin, lane.destination) == (site.id, ground.region))
    days = [ground.day(-n) for n in range(behind + 1, 40)]
    left = next((day for day in days if _there(site, lane, day) == ground.day(-behind)), None)
    world = _common(ground) | parts(
        positions=ground.stock(units), orders=order, reservations=ground.reserved(order, units - 5)
    )
    if left is None:  # nothing arrives there on a day off: it went from a depot that works every day
        site, lane, left = ground.depot(), ground.way_out(2), ground.day(-behind - 2)
        world |= parts(sites=site, lanes=lane)
    at = datetime.combine(left, time(16), tzinfo=ground.now.tzinfo)
    shipment = Shipment(
        id=f"SH-{ground.cell}",
        order=order.id,
        site=site.id,
        carrier=lane.carrier,
        milestones=tuple(Milestone(kind=kind, at=at + timedelta(minutes=n)) for n, kind in enumerate(steps)),
    )
    return world, shipment


def _there(site: Site, lane: Lane, left: date) -> date:
    day, days = left, lane.transit_days
    while days:
        day += timedelta(days=1)
        days -= works(site, day)
    return day


def lost(ground: Ground) -> Cause:
    """Shipped, and two days (or more) after the day it should have been there nobody has it."""
    behind = ground.dice.weighted(((2, 3), (3, 1), (6, 1)))
    world, sent = _under_way(ground, behind, MilestoneKind.PICKED, MilestoneKind.SHIPPED)
    done = Milestone(kind=MilestoneKind.DELIVERED, at=ground.now - timedelta(minutes=5))
    there = sent.model_copy(update={"milestones": (*sent.milestones, done)})
    after = world | parts(shipments=sent)
    before = world if behind > 2 else after
    return cause(ground, before, after, ("shipment_late", sent.id), cure=world | parts(shipments=there))


def on_its_way(ground: Ground) -> Cause:
    """A day late, delivered, or picked and not on the road yet."""
    behind, *steps = (
        (1, MilestoneKind.PICKED, MilestoneKind.SHIPPED),
        (5, MilestoneKind.PICKED, MilestoneKind.SHIPPED, MilestoneKind.DELIVERED),
        (5, MilestoneKind.PICKED),
    )[ground.number % 3]
    world, shipment = _under_way(ground, behind, *steps)
    well = world | parts(shipments=shipment)
    return cause(ground, well, well, ("shipment_late", shipment.id), near=True)
