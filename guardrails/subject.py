"""Describe a move in the declared facts that rules compare. The guard computes them itself from the snapshot: what the
proposer says of its move can raise a number, never lower it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from domain.cases import Case
from domain.customers import Customer, Tier
from domain.execution import TaskState, WaveState
from domain.facts import Facts
from domain.noun import CENT
from domain.orders import HoldKind, LineState, OrderLine
from domain.plans import Move
from guardrails.flows import LineFlow, flows
from guardrails.scope import outside
from guardrails.shape import faults
from guardrails.touched import Touched, touched
from guardrails.vocabulary import FACTS, TIERS_LOSING, FactValue, Kind, show

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Subject:
    """A move as the judge sees it.

    `facts` has a value for every name in FACTS. `faults`: what makes the move unfit whatever the policy says (unknown
    ids, units taken that nobody gets, broken needs). `outside`: what it touches outside the scope of its case.
    """

    move: str
    kind: str
    actions: tuple[str, ...]
    case_kind: str
    currency: str
    touched: Touched
    facts: dict[str, FactValue]
    faults: tuple[str, ...]
    outside: tuple[str, ...]
    taken: tuple[tuple[str, int, Decimal], ...]
    """(customer, units, sales value) that customers lose by it or have to wait for, by customer id"""

    def text(self, fact: str) -> str:
        """A fact's value as a card shows it."""
        kind = FACTS[fact].kind
        units = {Kind.MONEY: self.currency, Kind.PERCENT: "%"}
        return show(kind, self.facts[fact], units.get(kind, kind.value))


def describe(move: Move, facts: Facts, case: Case) -> Subject:
    """The subject of `move` of `case` on these facts. Pure; never raises for what a move says: it becomes a fault."""
    lines = flows(move, facts)
    touch = touched(move, facts)
    values: dict[str, FactValue] = {
        **_amounts(move, facts, lines),
        **_losses(facts, lines),
        **_gains(facts, lines),
        **_promises(move, facts),
        **_sources(facts),
        "move_kind": move.kind,
        "case_kind": case.kind,
        "actions": tuple(sorted({action.kind for action in move.actions})),
        "skus": touch.skus,
        "sku_classes": touch.sku_classes,
        "sites": touch.sites,
        "segments": touch.segments,
        "customers": touch.customers,
    }
    return Subject(
        move=move.id,
        kind=move.kind,
        actions=tuple(sorted({action.kind for action in move.actions})),
        case_kind=case.kind,
        currency=facts.base_currency,
        touched=touch,
        facts={name: values[name] for name in FACTS},
        faults=(*faults(move, facts), *touch.unknown),
        outside=outside(move, touch, case),
        taken=_taken(facts, lines),
    )


def _money(amount: Decimal) -> Decimal:
    return amount.quantize(CENT)


def _price(facts: Facts, line: OrderLine) -> Decimal:
    """Unit price of a line in the base currency."""
    order = facts.order(line.order)
    known = {facts.base_currency, *(fx.currency for fx in facts.fx)}
    return line.unit_price * (facts.rate(order.currency) if order.currency in known else Decimal(1))


def _margin(facts: Facts, line: OrderLine) -> Decimal:
    cost = facts.sku(line.sku).unit_cost if facts.has("sku", line.sku) else ZERO
    return max(ZERO, _price(facts, line) - cost)


def _amounts(move: Move, facts: Facts, lines: tuple[LineFlow, ...]) -> dict[str, FactValue]:
    given = sum((_price(facts, flow.line) * flow.gained for flow in lines), ZERO)
    taken = sum((_price(facts, flow.line) * flow.released for flow in lines), ZERO)
    margin = sum((_margin(facts, flow.line) * flow.gained for flow in lines), ZERO)
    shifted_units, shifted_value, freight = _transfers(move, facts)
    expedite = sum((a.cost for a in move.actions if a.kind == "expedite_inbound"), ZERO)
    purchase = sum(
        (
            facts.sku(a.sku).unit_cost * a.quantity
            for a in move.actions
            if a.kind == "request_replenishment" and facts.has("sku", a.sku)
        ),
        ZERO,
    )
    units = max(sum(f.gained for f in lines) + shifted_units, sum(f.released for f in lines))
    moved = max(given + shifted_value, taken)
    return {
        "value_moved": _money(moved),
        "value_at_stake": _money(max(move.value_at_stake, margin + expedite)),
        "cost": _money(max(move.cost, expedite + freight)),
        "expedite_cost": _money(expedite),
        "purchase_cost": _money(purchase),
        "credit_amount": _money(sum((a.amount for a in move.actions if a.kind == "request_credit_release"), ZERO)),
        "units_moved": units,
        "margin_share": _money(margin * 100 / given) if given else ZERO,
    }


def _transfers(move: Move, facts: Facts) -> tuple[int, Decimal, Decimal]:
    """Units, cost of goods and freight of the transfers of a move."""
    units, value, freight = 0, ZERO, ZERO
    for action in move.actions:
        if action.kind != "transfer":
            continue
        units += action.quantity
        if facts.has("sku", action.sku):
            value += facts.sku(action.sku).unit_cost * action.quantity
        lanes = [
            lane.freight
            for lane in facts.lanes
            if lane.origin == action.from_site and lane.destination == action.to_site
        ]
        freight += max(lanes, default=ZERO) * action.quantity
    return units, value, freight


def _losses(facts: Facts, lines: tuple[LineFlow, ...]) -> dict[str, FactValue]:
    losing = [flow for flow in lines if flow.given_up > 0]
    customers = {flow.line.id: _customer(facts, flow.line) for flow in lines}
    return {
        "margin_given_up": _money(sum((_margin(facts, flow.line) * max(0, -flow.net) for flow in losing), ZERO)),
        "units_from_confirmed": sum(flow.given_up for flow in losing if flow.line.promise is not None),
        "units_from_released_waves": sum(flow.released for flow in lines if _being_picked(facts, flow)),
        "contract_losing": any(_contract_floor(facts, flow) is not None for flow in losing),
        "contract_floor_broken": any(
            flow.held + flow.net < floor
            for flow in losing
            if (floor := _contract_floor(facts, flow)) is not None and not _stopped(facts, flow.line)
        ),
        "frozen_line": any(flow.released > 0 and flow.line.frozen for flow in lines),
        "picked_units": any(flow.released > 0 and _picked(facts, flow.line) for flow in lines),
        "tier_losing": _best_tier([customers[flow.line.id] for flow in losing]),
    }


def _customer(facts: Facts, line: OrderLine) -> Customer | None:
    customer = facts.order(line.order).customer
    return facts.customer(customer) if facts.has("customer", customer) else None


def _best_tier(customers: list[Customer | None]) -> str:
    """The most important tier among them; a customer nobody knows counts as strategic."""
    tiers = [customer.tier if customer else Tier.STRATEGIC for customer in customers]
    return max((tier.value for tier in tiers), key=TIERS_LOSING.index, default=TIERS_LOSING[0])


def _contract_floor(facts: Facts, flow: LineFlow) -> int | None:
    """Units a contract in force keeps for this line, rounded up; None without one."""
    customer = _customer(facts, flow.line)
    contract = customer.contract if customer else None
    if contract is None or not contract.starts <= facts.today <= contract.ends:
        return None
    return int((contract.fill_floor * flow.line.open_quantity).to_integral_value(ROUND_CEILING))


def _stopped(facts: Facts, line: OrderLine) -> bool:
    """Whether nothing may ship for the line now: as long as that is so, no floor of its contract can be claimed."""
    customer = _customer(facts, line)
    return bool(facts.order(line.order).holds) or (customer is not None and customer.on_credit_hold)


def _being_picked(facts: Facts, flow: LineFlow) -> bool:
    """The warehouse has begun with the line at a site it loses stock from."""
    if flow.line.state is not LineState.OPEN and flow.stock_sites:
        return True
    return any(
        wave.site in flow.stock_sites and any(task.line == flow.line.id for task in wave.tasks)
        for wave in facts.waves
        if wave.state in (WaveState.RELEASED, WaveState.HELD)
    )


def _picked(facts: Facts, line: OrderLine) -> bool:
    if line.state in (LineState.PICKED, LineState.SHIPPED):
        return True
    return any(task.line == line.id and task.state is TaskState.PICKED for wave in facts.waves for task in wave.tasks)


def _gains(facts: Facts, lines: tuple[LineFlow, ...]) -> dict[str, FactValue]:
    winners = [flow.line for flow in lines if flow.gained > 0]
    holds = {hold.kind for line in winners for hold in facts.order(line.order).holds}
    customers = [_customer(facts, line) for line in winners]
    return {
        "credit_hold": HoldKind.CREDIT in holds or any(c is None or c.on_credit_hold for c in customers),
        "compliance_hold": bool(holds & {HoldKind.COMPLIANCE, HoldKind.QUALITY}),
        "manual_hold": HoldKind.MANUAL in holds,
    }


def _promises(move: Move, facts: Facts) -> dict[str, FactValue]:
    slips: dict[str, int] = {}
    for action in move.actions:
        if action.kind != "update_promise" or not facts.has("line", action.line):
            continue
        line = facts.line(action.line)
        before = line.promise.current if line.promise else (action.old_date or line.requested)
        slips[action.line] = max(slips.get(action.line, 0), (action.new_date - before).days)
    late = [_customer(facts, facts.line(line)) for line, days in slips.items() if days > 0]
    return {"promise_slip": max(slips.values(), default=0), "tier_slipping": _best_tier(late)}


def _sources(facts: Facts) -> dict[str, FactValue]:
    oldest = min((source.as_of for source in facts.sources), default=facts.taken_at)
    minutes = max(0, int((facts.taken_at - oldest).total_seconds() // 60))
    return {"fact_age": minutes, "degraded": any(source.degraded for source in facts.sources)}


def _taken(facts: Facts, lines: tuple[LineFlow, ...]) -> tuple[tuple[str, int, Decimal], ...]:
    lost: dict[str, tuple[int, Decimal]] = {}
    for flow in lines:
        if flow.given_up > 0:
            customer = facts.order(flow.line.order).customer
            units, value = lost.get(customer, (0, ZERO))
            lost[customer] = (units + flow.given_up, value + _price(facts, flow.line) * flow.given_up)
    return tuple((customer, units, _money(value)) for customer, (units, value) in sorted(lost.items()))
