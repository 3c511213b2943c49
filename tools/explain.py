"""Why a line or order gets what it gets: what it holds, what the best allocation gives it, and who is before it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.allocation.build import build
from domain.allocation.floors import allocate_keeping_floors
from domain.allocation.types import AllocationPlan, NonGrant, Problem
from domain.errors import BadInput
from domain.noun import Id, Noun, Text, from_minor
from domain.orders import OrderLine
from domain.response.promises import implied
from domain.scoring import way_to
from tools.context import ToolContext, is_fixed


class ExplainArgs(Noun):
    """A line, or every open line of an order; with an allocation of this run, or a fresh one of their SKUs."""

    line: Id | None = None
    order: Id | None = None
    allocation_id: Id | None = None


class Rival(Noun):
    """A line (or transfer request) that gets units which the line could have used; `value` per unit, base currency."""

    line: Id
    customer: Id
    tier: str
    units: int
    value: Decimal


class Holder(Noun):
    """A line that holds units of the same SKU now."""

    line: Id
    customer: Id
    units: int


class LineExplanation(Noun):
    """One line. Units are base units. `granted` is what the best allocation gives it, held units included.
    `arrives`: when the allocation has all of it there; `held_arrives`: when what is reserved now would be there.
    `due` is what service is measured against; `holders` are the five largest other holders of the SKU.

    `constraint` and `reason` are those of the shortage, empty when there is none. `price`: what a further unit earns
    elsewhere; `own_value`: what it would earn here (base currency).
    """

    line: Id
    order: Id
    customer: Id
    tier: str
    sku: Id
    open: int
    held: int
    granted: int
    short: int
    due: date
    promised: date | None = None
    arrives: date | None = None
    held_arrives: date | None = None
    fixed: bool
    holds: tuple[str, ...] = ()
    constraint: str = ""
    reason: Text = ""
    price: Decimal = Decimal("0.00")
    own_value: Decimal = Decimal("0.00")
    rivals: tuple[Rival, ...] = ()
    holders: tuple[Holder, ...] = ()


class Explanation(Noun):
    """Explanations by line id, and the allocation they speak of."""

    allocation: Id
    lines: tuple[LineExplanation, ...]


def explain(context: ToolContext, args: ExplainArgs) -> Explanation:
    """Explains lines. BadInput when neither line nor order is given; UnknownReference when one is unknown."""
    facts = context.facts
    if args.line is not None:
        lines = [facts.line(args.line)]
    elif args.order is not None:
        lines = [line for line in facts.order(args.order).lines if line.open_quantity]
    else:
        raise BadInput("there is nothing to explain", field="line", fix="name a line or an order")
    if not lines:
        return Explanation(allocation="none", lines=())
    skus = tuple(sorted({line.sku for line in lines}))
    plan = context.allocation(args.allocation_id) if args.allocation_id else None
    problem = build(facts, plan.skus if plan else skus, context.request)
    plan = plan or allocate_keeping_floors(problem)
    ordered = sorted(lines, key=lambda line: line.id)
    return Explanation(allocation=plan.id, lines=tuple(_explained(context, problem, plan, line) for line in ordered))


def _explained(context: ToolContext, problem: Problem, plan: AllocationPlan, line: OrderLine) -> LineExplanation:
    order = context.order_of(line)
    customer = context.facts.customer(order.customer)
    demand = next((item for item in problem.demand if item.id == line.id), None)
    short = next((item for item in plan.shortages if item.line == line.id), None)
    holds = [f"{hold.kind.value} hold" for hold in order.holds]
    if customer.on_credit_hold:
        holds.append(f"{customer.id} is on credit hold")
    return LineExplanation(
        line=line.id,
        order=order.id,
        customer=customer.id,
        tier=customer.tier.value,
        sku=line.sku,
        open=line.open_quantity,
        held=context.held(line.id),
        granted=sum(grant.quantity for grant in plan.grants if grant.line == line.id),
        short=short.units if short else 0,
        due=line.due,
        promised=line.promise.current if line.promise else None,
        arrives=implied(context.facts, plan, demand) if demand else None,
        held_arrives=_held_arrives(context, line),
        fixed=is_fixed(line),
        holds=tuple(dict.fromkeys(holds)),
        constraint=short.constraint if short else "",
        reason=short.text if short else "",
        price=from_minor(short.price) if short else Decimal("0.00"),
        own_value=from_minor(short.own_value) if short else Decimal("0.00"),
        rivals=_rivals(context, problem, plan, short) if short else (),
        holders=_holders(context, line),
    )


def _held_arrives(context: ToolContext, line: OrderLine) -> date | None:
    """The day the last of the reserved units arrives; None when nothing is reserved or no lane leads there."""
    region = context.order_of(line).region
    days = [
        way.arrives
        for held in context.reservations_of(line.id)
        if (held.inbound is None or context.facts.has("inbound", held.inbound))
        and (way := way_to(context.facts, region, held.site, held.inbound)) is not None
    ]
    return max([*days, line.requested]) if days else None


def _holders(context: ToolContext, line: OrderLine) -> tuple[Holder, ...]:
    facts = context.facts
    units: dict[str, int] = {}
    for held in facts.reservations:
        if held.sku == line.sku and held.line not in (None, line.id) and facts.has("line", held.line or ""):
            units[held.line or ""] = units.get(held.line or "", 0) + held.quantity
    largest = sorted(units, key=lambda key: (-units[key], key))[:5]
    return tuple(
        Holder(line=key, customer=facts.order(facts.line(key).order).customer, units=units[key]) for key in largest
    )


def _rivals(context: ToolContext, problem: Problem, plan: AllocationPlan, short: NonGrant) -> tuple[Rival, ...]:
    demand = {item.id: item for item in problem.demand}
    rows = []
    for key in short.displaced_by:
        grants = [grant for grant in plan.grants if grant.line == key]
        if key not in demand or not grants:
            continue
        transfer = demand[key].is_transfer
        rows.append(
            Rival(
                line=key,
                customer=demand[key].customer,
                tier="transfer" if transfer else context.facts.customer(demand[key].customer).tier.value,
                units=sum(grant.quantity for grant in grants),
                value=from_minor(max(grant.value for grant in grants)),
            )
        )
    return tuple(rows)
