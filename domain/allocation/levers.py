"""The ways to change a problem so that one line is served: each gives the changed problem, and what it costs to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domain.allocation.build import build
from domain.allocation.pool import supply_id
from domain.allocation.types import AllocationPlan, Demand, Problem
from domain.calendar import arrival
from domain.customers import CreditStatus
from domain.facts import Facts
from domain.inventory import Inbound
from domain.noun import to_minor
from domain.orders import OrderLine, Promise
from domain.requests import Request


@dataclass(frozen=True)
class Change:
    """A changed problem. `paid`: minor units paid to make it so; `per_unit`: for every unit of `via` the line gets."""

    problem: Problem
    what: str
    paid: int = 0
    per_unit: int = 0
    via: str = ""


def wanted_by(problem: Problem, line: str, by: date) -> Problem:
    """The problem in which the line is only served by ways that arrive in time; what it holds and comes later it gives
    up, but for units that are locked."""

    def cut(item: Demand) -> Demand:
        locked = {holding.supply for holding in item.holdings if holding.locked}
        arcs = tuple(arc for arc in item.arcs if arc.arrives <= by or arc.supply in locked)
        left = {arc.supply for arc in arcs}
        holdings = tuple(holding for holding in item.holdings if holding.supply in left)
        return item.model_copy(update={"arcs": arcs, "holdings": holdings})

    return _with_line(problem, line, cut)


def raised(problem: Problem, line: str) -> Problem:
    """The line in a rank above all others; their ranks among each other stay."""
    return problem.model_copy(
        update={
            "demand": tuple(
                item.model_copy(update={"rank": 0 if item.id == line else item.rank + 1}) for item in problem.demand
            )
        }
    )


def in_rank(problem: Problem, line: str, rank: int) -> Problem:
    """The line in another strict rank."""
    return _with_line(problem, line, lambda item: item.model_copy(update={"rank": rank}))


def worth_more(problem: Problem, line: str, extra: int) -> Problem:
    """Every unit for the line worth `extra` minor units more."""

    def lift(item: Demand) -> Demand:
        arcs = tuple(arc.model_copy(update={"value": arc.value + extra}) for arc in item.arcs)
        return item.model_copy(update={"arcs": arcs})

    return _with_line(problem, line, lift)


def _with_line(problem: Problem, line: str, change: Callable[[Demand], Demand]) -> Problem:
    demand = tuple(change(item) if item.id == line else item for item in problem.demand)
    return problem.model_copy(update={"demand": demand})


def changed_line(facts: Facts, line: str, **changes: object) -> Facts:
    """Facts in which one order line is different."""
    orders = tuple(
        order.model_copy(
            update={
                "lines": tuple(item.model_copy(update=changes) if item.id == line else item for item in order.lines)
            }
        )
        for order in facts.orders
    )
    return facts.replace(orders=orders)


def without_holds(facts: Facts, line: OrderLine) -> Facts:
    """Facts in which neither the order nor its customer is on hold."""
    order = facts.order(line.order)
    customers = tuple(
        customer.model_copy(update={"credit": customer.credit.model_copy(update={"status": CreditStatus.OK})})
        if customer.id == order.customer
        else customer
        for customer in facts.customers
    )
    orders = tuple(item.model_copy(update={"holds": ()}) if item.id == order.id else item for item in facts.orders)
    return facts.replace(customers=customers, orders=orders)


def other_sites(facts: Facts, line: OrderLine, request: Request, plan: AllocationPlan) -> Iterator[Change]:
    """The line may ship from every site; or units that are left at one site are moved to another that serves it."""
    if line.allowed_sites:
        opened = changed_line(facts, line.id, allowed_sites=())
        yield Change(build(opened, [line.sku], request), "let it ship from any site")
    for origin, target, units, ready, freight in _transfers(facts, line, request, plan):
        key = f"transfer:{origin}:{target}"
        coming = Inbound(id=key, sku=line.sku, site=target, quantity=units, eta=ready, original_eta=ready)
        positions = tuple(
            item.model_copy(update={"on_hand": item.on_hand - units})
            if (item.sku, item.site) == (line.sku, origin)
            else item
            for item in facts.positions
        )
        moved = facts.replace(inbound=(*facts.inbound, coming), positions=positions)
        via = supply_id(line.sku, target, key)
        yield Change(
            build(moved, [line.sku], request), f"transfer from {origin} to {target}", per_unit=freight, via=via
        )


def _transfers(
    facts: Facts, line: OrderLine, request: Request, plan: AllocationPlan
) -> Iterator[tuple[str, str, int, date, int]]:
    """(origin, target, units left at the origin, day at the target, freight per unit) of every lane between sites."""
    stock = {
        item.site: (item.id, item.quantity) for item in build(facts, [line.sku], request).supply if item.inbound is None
    }
    sites = {site.id for site in facts.sites}
    for lane in sorted(facts.lanes, key=lambda lane: (lane.origin, lane.destination, lane.carrier)):
        if lane.origin in stock and lane.destination in sites:
            key, units = stock[lane.origin]
            units -= sum(grant.quantity for grant in plan.grants if grant.supply == key)
            if units > 0:
                ready = arrival(facts.site(lane.origin), lane, facts.taken_at)
                ready = max(ready, facts.today + timedelta(days=1))
                yield lane.origin, lane.destination, units, ready, to_minor(lane.freight)


def expedites(facts: Facts, line: OrderLine, request: Request) -> Iterator[Change]:
    """Each inbound supply that can be made faster, alone."""
    for item in sorted(facts.inbound, key=lambda item: item.id):
        if item.sku == line.sku and item.expedite is not None and item.expedite.eta < item.eta:
            faster = item.model_copy(update={"eta": item.expedite.eta})
            inbound = tuple(faster if other.id == item.id else other for other in facts.inbound)
            yield Change(
                build(facts.replace(inbound=inbound), [line.sku], request),
                f"expedite {item.id} to {item.expedite.eta}",
                paid=to_minor(item.expedite.cost),
            )


def later(facts: Facts, line: OrderLine, request: Request, by: date) -> Iterator[tuple[date, Change]]:
    """The line promised for each later day on which units can be there, earliest first."""
    problem = build(facts, [line.sku], request)
    mine = next((item for item in problem.demand if item.id == line.id), None)
    for day in sorted({arc.arrives for arc in mine.arcs if arc.arrives > by} if mine else ()):
        first = line.promise.first if line.promise else line.requested
        moved = changed_line(facts, line.id, promise=Promise(first=first, current=day))
        yield day, Change(build(moved, [line.sku], request), f"promise {day}")


def substitutes(facts: Facts, line: OrderLine) -> Iterator[tuple[str, int, Facts]]:
    """(alternative SKU, units of it, facts in which the line asks for it) where the line allows substitutes."""
    for pair in sorted(facts.substitutes, key=lambda pair: pair.alternative):
        if line.substitutes_ok and pair.sku == line.sku and facts.has("sku", pair.alternative):
            units = line.open_quantity * pair.ratio
            price = line.unit_price / Decimal(pair.ratio)
            swapped = changed_line(facts, line.id, sku=pair.alternative, quantity=units, shipped=0, unit_price=price)
            kept = tuple(item for item in facts.reservations if item.line != line.id)
            yield pair.alternative, units, swapped.replace(reservations=kept)
