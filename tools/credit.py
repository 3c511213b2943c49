"""Propose to ask finance for the release of orders that a credit hold stops."""

from __future__ import annotations

from decimal import Decimal

from domain.actions import RequestCreditRelease
from domain.noun import Id, Noun
from domain.orders import HoldKind, Order
from domain.plans import Move
from tools.context import Proposal, ToolContext, effect_on, propose


class CreditArgs(Noun):
    """A customer, and one order of it (every stopped order when None)."""

    customer: Id
    order: Id | None = None


def credit(context: ToolContext, args: CreditArgs) -> Proposal:
    """One move per stopped order; the amount is its open value in base currency. UnknownReference for unknown ids."""
    facts = context.facts
    customer = facts.customer(args.customer)
    if args.order is not None:
        facts.order(args.order)
    stopped = [
        order
        for order in sorted(facts.orders, key=lambda item: item.id)
        if order.customer == customer.id
        and args.order in (None, order.id)
        and any(line.open_quantity for line in order.lines)
        and (customer.on_credit_hold or any(hold.kind is HoldKind.CREDIT for hold in order.holds))
    ]
    if not stopped:
        return Proposal(note=f"no open order of {customer.id} is stopped for credit")
    return Proposal(moves=tuple(_move(context, order) for order in stopped))


def _move(context: ToolContext, order: Order) -> Move:
    facts = context.facts
    standing = facts.customer(order.customer).credit
    lines = [line for line in order.lines if line.open_quantity]
    rate = facts.rate(order.currency)
    amount = sum((line.open_quantity * line.unit_price * rate for line in lines), Decimal(0)).quantize(Decimal("0.01"))
    stake = sum((line.open_quantity * (context.margin(line) + context.penalty(line)) for line in lines), Decimal(0))
    return propose(
        "credit",
        f"Ask finance to release {order.id} of {order.customer}",
        f"{order.id} is worth {amount} {facts.base_currency}; exposure is {standing.exposure} of a limit of "
        f"{standing.limit}, {standing.overdue_days} days overdue.",
        [RequestCreditRelease(id="a1", customer=order.customer, order=order.id, amount=amount)],
        effects=[effect_on(context, line, 0, "waits for finance") for line in lines],
        evidence=(order.customer, order.id),
        value_at_stake=stake,
    )
