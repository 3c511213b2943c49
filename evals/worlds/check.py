"""Is a Facts value consistent? References exist, reservations stay inside supply, sums add up.

Written from the meaning of the nouns alone, so that it can judge generated worlds, the built-in world and imports.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from domain.events import Event, SupplierDelay
from domain.execution import TaskState, Wave, WaveState
from domain.facts import Facts
from domain.inventory import DemandSignal, Position, ReservationKind
from domain.orders import HoldKind, LineState, OrderLine

Fault = str
Check = Callable[[Facts], Iterator[Fault]]
KEYED = (
    "customers", "skus", "suppliers", "sites", "inbound", "reservations", "orders", "transfers", "waves", "shipments",
)  # fmt: skip


def faults(facts: Facts) -> tuple[Fault, ...]:
    """Everything inconsistent in these facts, one sentence each; empty when they are consistent."""
    return tuple(fault for check in CHECKS for fault in check(facts))


def _unique(facts: Facts) -> Iterator[Fault]:
    for name in KEYED:
        counted = Counter(item.id for item in getattr(facts, name))
        yield from (f"{name}: {key} stands {times} times" for key, times in counted.items() if times > 1)
    parts: dict[str, Counter[object]] = {
        "lines": Counter(line.id for order in facts.orders for line in order.lines),
        "pick tasks": Counter(task.id for wave in facts.waves for task in wave.tasks),
        "positions": Counter((item.sku, item.site) for item in facts.positions),
        "warehouse positions": Counter((item.sku, item.site) for item in facts.warehouse_positions),
        "lanes": Counter((lane.origin, lane.destination, lane.carrier) for lane in facts.lanes),
        "substitutes": Counter((pair.sku, pair.alternative) for pair in facts.substitutes),
    }
    for kind, counts in parts.items():
        yield from (f"{kind}: {key} stands {times} times" for key, times in counts.items() if times > 1)


def _references(facts: Facts) -> Iterator[Fault]:
    for kind, key, where in _named(facts):
        if not facts.has(kind, key):
            yield f"{where} names {kind} {key}, which is not there"
    currencies = {facts.base_currency} | {fx.currency for fx in facts.fx}
    for order in facts.orders:
        if order.currency not in currencies:
            yield f"order {order.id}: no rate for {order.currency}"


def _named(facts: Facts) -> Iterator[tuple[str, str, str]]:
    """(kind, key, who names it) of every reference."""
    for order in facts.orders:
        yield "customer", order.customer, f"order {order.id}"
        for line in order.lines:
            yield "sku", line.sku, f"line {line.id}"
            yield from (("site", site, f"line {line.id}") for site in line.allowed_sites)
    places: tuple[Position | DemandSignal, ...] = (*facts.positions, *facts.warehouse_positions, *facts.demand)
    for item in places:
        yield "sku", item.sku, f"a position or demand signal at {item.site}"
        yield "site", item.site, f"a position or demand signal of {item.sku}"
    for supply in facts.inbound:
        yield from (("sku", supply.sku, supply.id), ("site", supply.site, supply.id))
        if supply.supplier:
            yield "supplier", supply.supplier, supply.id
    for held in facts.reservations:
        yield from (("sku", held.sku, held.id), ("site", held.site, held.id))
        if held.line:
            yield "line", held.line, held.id
        if held.inbound:
            yield "inbound", held.inbound, held.id
    for transfer in facts.transfers:
        yield from (("sku", transfer.sku, transfer.id), ("site", transfer.to_site, transfer.id))
    for pair in facts.substitutes:
        yield from (("sku", pair.sku, "a substitute"), ("sku", pair.alternative, "a substitute"))
    for sku in facts.skus:
        if sku.supplier:
            yield "supplier", sku.supplier, f"SKU {sku.id}"
    for lane in facts.lanes:
        yield "site", lane.origin, "a lane"
    for wave in facts.waves:
        yield "site", wave.site, wave.id
        yield from (("line", task.line, task.id) for task in wave.tasks)
    for shipment in facts.shipments:
        yield from (("order", shipment.order, shipment.id), ("site", shipment.site, shipment.id))


def _supply_holds(facts: Facts) -> Iterator[Fault]:
    """Reservations of stock stay within sellable stock, of inbound within its quantity."""
    used: dict[tuple[str, str, str], int] = defaultdict(int)
    for held in facts.reservations:
        used[held.sku, held.site, held.inbound or ""] += held.quantity
    supply = {(item.sku, item.site, ""): item.sellable for item in facts.positions}
    supply |= {(item.sku, item.site, item.id): item.quantity for item in facts.inbound}
    for bucket in sorted(used):
        if used[bucket] > supply.get(bucket, 0):
            yield f"{' '.join(bucket).strip()}: {used[bucket]} reserved of {supply.get(bucket, 0)}"


def _lines_hold(facts: Facts) -> Iterator[Fault]:
    """A line has reserved at most what it still needs, of its own SKU, at sites it may be served from."""
    reserved: dict[str, int] = defaultdict(int)
    lines = {line.id: line for order in facts.orders for line in order.lines}
    swaps = {(pair.sku, pair.alternative) for pair in facts.substitutes}
    for held in facts.reservations:
        if held.line is None or held.line not in lines:
            continue
        line = lines[held.line]
        reserved[line.id] += held.quantity
        if held.sku != line.sku and (line.sku, held.sku) not in swaps:
            yield f"{held.id}: reserves {held.sku} for {line.id}, which wants {line.sku}"
        if line.allowed_sites and held.site not in line.allowed_sites:
            yield f"{held.id}: {line.id} may not be served from {held.site}"
        if held.kind is ReservationKind.HARD and held.inbound is not None:
            yield f"{held.id}: hard, but on inbound {held.inbound}"
    for key in sorted(reserved):
        if reserved[key] > lines[key].open_quantity:
            yield f"line {key}: {reserved[key]} reserved of {lines[key].open_quantity} open"
    for line in lines.values():
        if line.shipped > line.quantity:
            yield f"line {line.id}: {line.shipped} shipped of {line.quantity}"


def _floor_holds(facts: Facts) -> Iterator[Fault]:
    """Picks lie inside hard reservations at their site; line states agree with the floor."""
    hard: dict[tuple[str, str], int] = defaultdict(int)
    for held in facts.reservations:
        if held.line and held.inbound is None:
            hard[held.line, held.site] += held.quantity
    lines = {line.id: line for order in facts.orders for line in order.lines}
    picking: dict[tuple[str, str], int] = defaultdict(int)
    for wave in facts.waves:
        yield from _wave_fits(facts, wave, lines)
        for task in wave.tasks:
            picking[task.line, wave.site] += task.quantity
    for (line_id, site), units in sorted(picking.items()):
        if units > hard[line_id, site]:
            yield f"line {line_id}: picks of {units} at {site}, {hard[line_id, site]} reserved there"
    out = {task.line for wave in facts.waves if wave.state is not WaveState.PLANNED for task in wave.tasks}
    for line in lines.values():
        if line.state in (LineState.RELEASED, LineState.PICKED) and line.id not in out:
            yield f"line {line.id} is {line.state.value}, but no wave has it"
        if line.state is LineState.OPEN and line.id in out:
            yield f"line {line.id} is open, but a wave has it"


def _wave_fits(facts: Facts, wave: Wave, lines: dict[str, OrderLine]) -> Iterator[Fault]:
    site = facts.site(wave.site) if facts.has("site", wave.site) else None
    if site and wave.carrier not in {cutoff.carrier for cutoff in site.cutoffs}:
        yield f"{wave.id}: carrier {wave.carrier} does not collect at {wave.site}"
    if sorted(task.sequence for task in wave.tasks) != list(range(1, len(wave.tasks) + 1)):
        yield f"{wave.id}: its picks are not numbered 1 to {len(wave.tasks)}"
    for task in wave.tasks:
        if task.wave != wave.id:
            yield f"{task.id}: stands in {wave.id} but names {task.wave}"
        if task.line in lines and lines[task.line].sku != task.sku:
            yield f"{task.id}: picks {task.sku} for {task.line}, which wants {lines[task.line].sku}"
        if task.state is TaskState.PICKED and wave.state is WaveState.PLANNED:
            yield f"{task.id}: picked in a wave that is only planned"


def _stock_adds_up(facts: Facts) -> Iterator[Fault]:
    for item in facts.positions:
        where = f"{item.sku} at {item.site}"
        if item.quarantined > item.on_hand:
            yield f"{where}: {item.quarantined} quarantined of {item.on_hand}"
        if item.lots and sum(lot.quantity for lot in item.lots) != item.on_hand:
            yield f"{where}: lots of {sum(lot.quantity for lot in item.lots)}, {item.on_hand} on hand"
        if item.as_of > facts.taken_at:
            yield f"{where}: read in the future"
    for request in facts.transfers:
        if request.granted > request.quantity:
            yield f"{request.id}: {request.granted} granted of {request.quantity}"


def _reachable(facts: Facts) -> Iterator[Fault]:
    """Every open line has a lane from at least one site that may serve it."""
    ways = defaultdict(set)
    for lane in facts.lanes:
        ways[lane.destination].add(lane.origin)
    for order in facts.orders:
        for line in order.lines:
            sites = set(line.allowed_sites) or {site.id for site in facts.sites}
            if line.open_quantity and not ways[order.region] & sites:
                yield f"line {line.id}: no lane to {order.region} from a site that may serve it"


def _held_not_picked(facts: Facts) -> Iterator[Fault]:
    """No pick goes on for an order on credit or compliance hold."""
    stopped = {
        order.id for order in facts.orders if {h.kind for h in order.holds} & {HoldKind.CREDIT, HoldKind.COMPLIANCE}
    }
    order_of = {line.id: order.id for order in facts.orders for line in order.lines}
    for wave in facts.waves:
        for task in wave.tasks if wave.state is WaveState.RELEASED else ():
            if task.state is TaskState.OPEN and order_of.get(task.line) in stopped:
                yield f"{task.id}: being picked for an order on hold"


CHECKS: tuple[Check, ...] = (
    _unique, _references, _supply_holds, _lines_hold, _floor_holds, _stock_adds_up, _reachable, _held_not_picked,
)  # fmt: skip


def shortage(facts: Facts, events: tuple[Event, ...], sku: str, days: int = 14) -> int:
    """Units by which demand due within `days` exceeds sellable stock plus what still arrives in that time.

    Supplier delays among `events` are looked at as if they had been taken in. Negative: there is enough.
    """
    delays = {event.data.inbound: event.data for event in events if isinstance(event.data, SupplierDelay)}
    by = facts.today + timedelta(days=days)
    stock = sum(item.sellable for item in facts.positions if item.sku == sku)
    coming = 0
    for item in facts.inbound:
        late = delays.get(item.id)
        eta: date = late.new_eta if late else item.eta
        if item.sku == sku and eta <= by:
            coming += item.quantity if late is None or late.new_quantity is None else late.new_quantity
    due = sum(line.open_quantity for line in facts.lines_of_sku(sku) if line.due <= by)
    return due - stock - coming
