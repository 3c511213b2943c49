"""Detectors of what moves: supply that comes later, waves that miss their cutoff, shipments that get lost. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

from agent.triage.books import Books
from agent.triage.stock import mark
from agent.triage.worth import worth_of
from domain.calendar import add_workdays, end_of
from domain.cases import Scope
from domain.execution import MilestoneKind, Shipment, TaskState, Wave, WaveState
from domain.facts import Facts
from domain.inventory import Inbound
from domain.orders import OrderLine
from domain.signals import Signal, Thresholds
from domain.wording import counted

SHIFT_MINUTES = 480
"""Minutes in which a site picks its daily capacity; assumed, as the plan for a late wave assumes it."""


def eta_moved(books: Books, before: Facts | None, limits: Thresholds) -> Iterator[Signal]:
    """Supply that comes later than when we last looked, by enough days, or by fewer and so past them in sum.

    At stake: units reserved on it whose promise it now misses. The first look has nothing to compare with.
    """
    if before is None:
        return
    for supply in sorted(books.facts.inbound, key=lambda item: item.id):
        if not before.has("inbound", supply.id):
            continue
        was = before.inbound_supply(supply.id)
        slip, enough = (supply.eta - was.eta).days, limits.eta_days
        crept, then = (supply.eta - supply.original_eta).days, (was.eta - supply.original_eta).days
        if slip > 0 and (slip >= enough or crept >= enough > then):
            yield _moved(books, supply, was, before)


def _moved(books: Books, supply: Inbound, was: Inbound, before: Facts) -> Signal:
    held = [(line, item.quantity) for item in books.held_on[supply.id] if (line := books.line(item.line)) is not None]
    broken = [(line, units) for line, units in held if line.promise and line.promise.current < supply.eta]
    days = (supply.eta - was.eta).days
    return Signal(
        kind="eta_moved",
        subject=supply.id,
        mark=mark("eta_moved", [supply.id, supply.eta, supply.quantity, was.eta, before.taken_at]),
        title=f"{supply.id} of {supply.sku} comes {counted(days, 'day')} later, on {supply.eta}",
        scope=Scope(skus=(supply.sku,), sites=(supply.site,), inbound=(supply.id,)),
        value_at_stake=worth_of(books.facts, broken),
        deadline=end_of(min((line.due for line, _ in held), default=was.eta)),
        detail=f"{supply.quantity} units for {supply.site}, expected on {was.eta}; {counted(len(held), 'line')} wait.",
        figures=(("was", was.eta.toordinal()), ("eta", supply.eta.toordinal()), ("units", supply.quantity)),
    )


def wave_at_risk(books: Books, _: Facts | None, limits: Thresholds) -> Iterator[Signal]:
    """A released wave that is not picked early enough before its cutoff, waves with earlier cutoffs going first.

    Minutes needed = open units x minutes of a shift / daily pick capacity. At stake: the units still to be picked.
    """
    facts = books.facts
    queues: dict[str, list[Wave]] = defaultdict(list)
    for wave in sorted(facts.waves, key=lambda item: (item.cutoff_at, item.id)):
        if wave.state is WaveState.RELEASED and _to_pick(wave):
            queues[wave.site].append(wave)
    for site in sorted(queues):
        ahead = 0
        for wave in queues[site]:
            ahead += _to_pick(wave)
            needed = Fraction(ahead * SHIFT_MINUTES, max(1, facts.site(site).pick_capacity))
            left = Fraction((wave.cutoff_at - facts.taken_at) // timedelta(seconds=1), 60)
            if left - needed < limits.wave_minutes:
                yield _late_wave(books, wave, max(0, -((left - needed) // 1)))


def _to_pick(wave: Wave) -> int:
    return sum(task.quantity for task in wave.tasks if task.state is TaskState.OPEN)


def _late_wave(books: Books, wave: Wave, minutes: int) -> Signal:
    tasks = sorted((task for task in wave.tasks if task.state is TaskState.OPEN), key=lambda task: task.id)
    open_lines = [(line, task.quantity) for task in tasks if (line := books.line(task.line)) is not None]
    after = f"{counted(minutes, 'minute')} after its cutoff" if minutes else "too close to its cutoff"
    return Signal(
        kind="wave_at_risk",
        subject=wave.id,
        mark=mark("wave_at_risk", [wave.id, wave.cutoff_at, [(task.id, task.quantity) for task in tasks]]),
        title=f"Wave {wave.id} at {wave.site} is picked {after}",
        scope=Scope(skus=tuple(sorted({task.sku for task in wave.tasks})), sites=(wave.site,), waves=(wave.id,)),
        value_at_stake=worth_of(books.facts, open_lines),
        deadline=wave.cutoff_at,
        detail=f"{_to_pick(wave)} units are still to be picked by {wave.cutoff_at:%Y-%m-%d %H:%M} UTC.",
        figures=(("minutes_late", minutes), ("units", _to_pick(wave))),
    )


def shipment_late(books: Books, _: Facts | None, limits: Thresholds) -> Iterator[Signal]:
    """Shipped, not delivered, and past ship day plus transit (working days of the origin) by enough days.

    Transit is that of the carrier's lane, else of the slowest lane there. At stake: what was shipped of the order.
    """
    facts = books.facts
    for shipment in sorted(facts.shipments, key=lambda item: item.id):
        steps = {step.kind: step.at for step in shipment.milestones}
        known = facts.has("order", shipment.order) and facts.has("site", shipment.site)
        if MilestoneKind.SHIPPED not in steps or MilestoneKind.DELIVERED in steps or not known:
            continue
        transit = _transit(facts, shipment)
        if transit is None:
            continue
        due = add_workdays(facts.site(shipment.site), steps[MilestoneKind.SHIPPED].date(), transit)
        if (facts.today - due).days >= limits.shipment_days:
            lines = facts.order(shipment.order).lines
            yield Signal(
                kind="shipment_late",
                subject=shipment.id,
                mark=mark("shipment_late", [shipment.id, due]),
                title=f"Shipment {shipment.id} of {shipment.order} should have arrived on {due}",
                scope=_of_order(shipment, lines),
                value_at_stake=worth_of(facts, [(line, line.shipped) for line in lines]),
                deadline=end_of(due),
                detail=f"{shipment.carrier} took it on {steps[MilestoneKind.SHIPPED]:%Y-%m-%d}; it has not arrived.",
                figures=(("days", (facts.today - due).days),),
            )


def _transit(facts: Facts, shipment: Shipment) -> int | None:
    region = facts.order(shipment.order).region
    ways = [lane for lane in facts.lanes if (lane.origin, lane.destination) == (shipment.site, region)]
    own = [lane.transit_days for lane in ways if lane.carrier == shipment.carrier]
    return max(own or [lane.transit_days for lane in ways], default=None)


def _of_order(shipment: Shipment, lines: tuple[OrderLine, ...]) -> Scope:
    skus = tuple(sorted({line.sku for line in lines}))
    return Scope(skus=skus, orders=(shipment.order,), sites=(shipment.site,))
