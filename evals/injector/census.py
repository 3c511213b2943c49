"""The definitions of `kinds` a second time, as arithmetic over two sets of facts: does the injector label truly?

Slow and plain on purpose; it knows nothing of how a cause was made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from domain.customers import CreditStatus
from domain.execution import MilestoneKind, TaskState, Wave, WaveState
from domain.facts import Facts
from domain.orders import LineState, Order, OrderLine
from evals.accounting.arrivals import best_lane, works
from evals.injector.kinds import Limits

Found = Iterator[tuple[str, str]]
CLOSED = (LineState.SHIPPED, LineState.CANCELLED)


def census(facts: Facts, before: Facts | None, limits: Limits | None = None) -> frozenset[tuple[str, str]]:
    """(kind, subject) of everything that is an exception in these facts, `before` being what we saw last."""
    known = limits or Limits()
    found: list[tuple[str, str]] = []
    for count in (_oversold, _waves, _backorders, _running_out, _breaking, _counts, _shipments, _short):
        found += count(facts, known)
    if before is not None:
        found += [*_moved(facts, before, known), *_credit(facts, before)]
    return frozenset(found)


def _open(facts: Facts, *, held: bool = True) -> Iterator[tuple[Order, OrderLine]]:
    for order in facts.orders:
        stopped = bool(order.holds) or facts.customer(order.customer).credit.status is CreditStatus.HOLD
        for line in order.lines:
            if line.state not in CLOSED and line.quantity > line.shipped and (held or not stopped):
                yield order, line


def _left(line: OrderLine) -> int:
    return line.quantity - line.shipped


def _oversold(facts: Facts, limits: Limits) -> Found:
    last = facts.today + timedelta(days=limits.horizon_days)
    for item in facts.positions:
        flows: dict[date, int] = defaultdict(int)
        flows[facts.today] += item.sellable
        for supply in facts.inbound:
            if (supply.sku, supply.site) == (item.sku, item.site):
                flows[max(facts.today, supply.eta)] += supply.quantity
        for held in facts.reservations:
            if (held.sku, held.site) == (item.sku, item.site):
                eta = facts.inbound_supply(held.inbound).eta if held.inbound else facts.today
                flows[max(facts.today, eta)] -= held.quantity
        for order, line in _open(facts):
            waiting = _left(line) - sum(r.quantity for r in facts.reservations if r.line == line.id)
            if line.sku == item.sku and line.promise and waiting > 0 and line.allowed_sites == (item.site,):
                way = best_lane(facts, order.region, (item.sku, item.site, ""))
                days = (way[1] - facts.today).days if way else 0
                flows[max(facts.today, line.promise.current - timedelta(days=days))] -= waiting
        level = 0
        for day in sorted(flows):
            level += flows[day]
            if level < 0 and day <= last:
                yield "atp_below_commitments", f"{item.sku}@{item.site}"
                break


def _moved(facts: Facts, before: Facts, limits: Limits) -> Found:
    for supply in facts.inbound:
        if not before.has("inbound", supply.id):
            continue
        was = before.inbound_supply(supply.id).eta
        slip, crept, then = supply.eta - was, supply.eta - supply.original_eta, was - supply.original_eta
        enough = timedelta(days=limits.eta_days)
        if slip > timedelta(0) and (slip >= enough or crept >= enough > then):
            yield "eta_moved", supply.id


def _waves(facts: Facts, limits: Limits) -> Found:
    def to_pick(wave: Wave) -> int:
        return sum(task.quantity for task in wave.tasks if task.state is TaskState.OPEN)

    for wave in facts.waves:
        if wave.state is not WaveState.RELEASED or not to_pick(wave):
            continue
        ahead = sum(
            to_pick(other)
            for other in facts.waves
            if other.site == wave.site and other.state is WaveState.RELEASED
            and (other.cutoff_at, other.id) <= (wave.cutoff_at, wave.id)
        )  # fmt: skip
        needed = Fraction(ahead * limits.shift_minutes, facts.site(wave.site).pick_capacity)
        left = Fraction(int((wave.cutoff_at - facts.taken_at).total_seconds()), 60)
        if left - needed < limits.wave_minutes:
            yield "wave_at_risk", wave.id


def _credit(facts: Facts, before: Facts) -> Found:
    busy = {order.customer for order, _ in _open(facts)}
    for customer in facts.customers:
        if customer.id not in busy or not before.has("customer", customer.id):
            continue
        was, now = before.customer(customer.id).credit, customer.credit
        stopped = now.status is CreditStatus.HOLD and was.status is not CreditStatus.HOLD
        if stopped or (now.exposure > now.limit and was.exposure <= was.limit):
            yield "credit_changed", customer.id


def _backorders(facts: Facts, limits: Limits) -> Found:
    for _, line in _open(facts, held=False):
        due = line.promise.first if line.promise else line.requested
        if (facts.today - due).days >= limits.backorder_days:
            yield "aging_backorder", line.id


def _running_out(facts: Facts, _: Limits) -> Found:
    coming = {(supply.sku, supply.site) for supply in facts.inbound}
    coming |= {(asked.sku, asked.site) for asked in facts.purchases}
    for item in facts.positions:
        sku = facts.sku(item.sku)
        if sku.supplier is None or (item.sku, item.site) in coming:
            continue
        signals = sorted((s for s in facts.demand if (s.sku, s.site) == (item.sku, item.site)), key=lambda s: s.week)
        used = Fraction(0)
        for ahead in range(facts.supplier(sku.supplier).lead_time_days):
            day = facts.today + timedelta(days=ahead)
            past = [s for s in signals if s.week <= day]
            if past:
                used += Fraction(max(past[-1].forecast, past[-1].run_rate), 7)
        if used > item.sellable:
            yield "stock_out_ahead", f"{item.sku}@{item.site}"


def _breaking(facts: Facts, limits: Limits) -> Found:
    last = facts.today + timedelta(days=limits.promise_days)
    for order, line in _open(facts, held=False):
        if line.promise is None or not facts.today <= line.promise.current <= last:
            continue
        covered = 0
        for held in facts.reservations:
            if held.line == line.id:
                way = best_lane(facts, order.region, (held.sku, held.site, held.inbound or ""))
                covered += held.quantity if way and way[1] <= line.promise.current else 0
        for item in facts.positions:
            if item.sku == line.sku and (not line.allowed_sites or item.site in line.allowed_sites):
                taken = sum(
                    r.quantity for r in facts.reservations if (r.sku, r.site, r.inbound) == (item.sku, item.site, None)
                )
                way = best_lane(facts, order.region, (item.sku, item.site, ""))
                covered += max(0, item.sellable - taken) if way and way[1] <= line.promise.current else 0
        if covered < _left(line):
            yield "promise_at_risk", line.id


def _counts(facts: Facts, limits: Limits) -> Found:
    counted = {(item.sku, item.site): item.on_hand for item in facts.warehouse_positions}
    for item in facts.positions:
        wms = counted.get((item.sku, item.site), item.on_hand)
        off, larger = abs(item.on_hand - wms), max(item.on_hand, wms)
        if off >= limits.discrepancy_units and off >= limits.discrepancy_share * larger:
            yield "inventory_discrepancy", f"{item.sku}@{item.site}"


def _shipments(facts: Facts, limits: Limits) -> Found:
    for shipment in facts.shipments:
        times = {step.kind: step.at for step in shipment.milestones}
        if MilestoneKind.SHIPPED not in times or MilestoneKind.DELIVERED in times:
            continue
        site, region = facts.site(shipment.site), facts.order(shipment.order).region
        lane = next(
            x for x in facts.lanes if (x.origin, x.destination, x.carrier) == (site.id, region, shipment.carrier)
        )
        day, days = times[MilestoneKind.SHIPPED].date(), lane.transit_days
        while days:
            day += timedelta(days=1)
            days -= works(site, day)
        if (facts.today - day).days >= limits.shipment_days:
            yield "shipment_late", shipment.id


def _short(facts: Facts, _: Limits) -> Found:
    for sku in facts.skus:
        stock = sum(item.sellable for item in facts.positions if item.sku == sku.id)
        lines = [line for _, line in _open(facts) if line.sku == sku.id]
        due = {line.id: line.promise.first if line.promise else line.requested for line in lines}
        for day in sorted(set(due.values())):
            asked = sum(_left(line) for line in lines if due[line.id] <= day)
            there = sum(s.quantity for s in facts.inbound if s.sku == sku.id and s.eta <= max(day, facts.today))
            if asked > stock + there:
                yield "shortage", sku.id
                break
