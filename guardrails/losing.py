"""What lines lose by a move: margin, confirmed units, units being picked, and what a contract keeps for them."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from domain.customers import Customer, Tier
from domain.execution import TaskState, WaveState
from domain.facts import Facts
from domain.noun import CENT
from domain.orders import LineState, OrderLine
from guardrails.flows import LineFlow
from guardrails.vocabulary import TIERS_LOSING, FactValue

ZERO = Decimal("0.00")


def cents(amount: Decimal) -> Decimal:
    """Money to the cent, half-even."""
    return amount.quantize(CENT)


def unit_price(facts: Facts, line: OrderLine) -> Decimal:
    """Unit price of a line in the base currency."""
    order = facts.order(line.order)
    known = {facts.base_currency, *(fx.currency for fx in facts.fx)}
    return line.unit_price * (facts.rate(order.currency) if order.currency in known else Decimal(1))


def unit_margin(facts: Facts, line: OrderLine) -> Decimal:
    """What a unit of a line earns in the base currency; never below 0."""
    cost = facts.sku(line.sku).unit_cost if facts.has("sku", line.sku) else ZERO
    return max(ZERO, unit_price(facts, line) - cost)


def losses(facts: Facts, lines: tuple[LineFlow, ...]) -> dict[str, FactValue]:
    """The facts of rules that speak of what is taken from lines."""
    losing = [flow for flow in lines if flow.given_up > 0]
    customers = {flow.line.id: buyer(facts, flow.line) for flow in lines}
    short = max((_short_of_floor(facts, flow) for flow in losing), default=0)
    return {
        "margin_given_up": cents(sum((unit_margin(facts, flow.line) * max(0, -flow.net) for flow in losing), ZERO)),
        "units_from_confirmed": sum(flow.given_up for flow in losing if flow.line.promise is not None),
        "units_from_released_waves": sum(flow.released for flow in lines if _being_picked(facts, flow)),
        "contract_losing": any(_contract_floor(facts, flow) is not None for flow in losing),
        "contract_floor_broken": short > 0,
        "units_below_floor": short,
        "frozen_line": any(flow.released > 0 and flow.line.frozen for flow in lines),
        "picked_units": any(flow.released > 0 and _picked(facts, flow.line) for flow in lines),
        "tier_losing": best_tier([customers[flow.line.id] for flow in losing]),
    }


def buyer(facts: Facts, line: OrderLine) -> Customer | None:
    """The customer of a line; None when the facts do not know them."""
    customer = facts.order(line.order).customer
    return facts.customer(customer) if facts.has("customer", customer) else None


def best_tier(customers: list[Customer | None]) -> str:
    """The most important tier among them; a customer nobody knows counts as strategic."""
    tiers = [customer.tier if customer else Tier.STRATEGIC for customer in customers]
    return max((tier.value for tier in tiers), key=TIERS_LOSING.index, default=TIERS_LOSING[0])


def _contract_floor(facts: Facts, flow: LineFlow) -> int | None:
    """Units a contract in force keeps for this line, rounded up; None without one."""
    customer = buyer(facts, flow.line)
    contract = customer.contract if customer else None
    if contract is None or not contract.starts <= facts.today <= contract.ends:
        return None
    return int((contract.fill_floor * flow.line.open_quantity).to_integral_value(ROUND_CEILING))


def _short_of_floor(facts: Facts, flow: LineFlow) -> int:
    """Units that a line falls below its floor; 0 when it keeps it, or can claim none."""
    floor = _contract_floor(facts, flow)
    return 0 if floor is None or _stopped(facts, flow.line) else max(0, floor - flow.held - flow.net)


def _stopped(facts: Facts, line: OrderLine) -> bool:
    """Whether nothing may ship for the line now: as long as that is so, no floor of its contract can be claimed."""
    customer = buyer(facts, line)
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
