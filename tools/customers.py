"""Who the customers are: tier, segment, contract and credit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.customers import Customer
from domain.noun import Id, Noun
from tools.context import ToolContext


class CustomersArgs(Noun):
    """One customer, those with open lines of a SKU, or all of the snapshot."""

    customer: Id | None = None
    sku: Id | None = None


class ContractRow(Noun):
    """A service-level contract; shares from 0 to 1. `active` on the day of the snapshot."""

    contract: Id
    otif_target: Decimal
    penalty_share: Decimal
    fill_floor: Decimal
    strict: bool
    ends: date
    active: bool


class CustomerRow(Noun):
    """One customer; credit in base currency."""

    customer: Id
    tier: str
    segment: Id
    region: Id
    contract: ContractRow | None = None
    credit_status: str
    credit_limit: Decimal
    credit_exposure: Decimal
    overdue_days: int
    open_units: int


class CustomersReport(Noun):
    """Customers by id."""

    customers: tuple[CustomerRow, ...]


def customers(context: ToolContext, args: CustomersArgs) -> CustomersReport:
    """Customers of the snapshot. UnknownReference when the customer or SKU is unknown."""
    facts = context.facts
    if args.customer is not None:
        facts.customer(args.customer)
    wanted: set[str] | None = None
    if args.sku is not None:
        facts.sku(args.sku)
        wanted = {context.order_of(line).customer for line in facts.lines_of_sku(args.sku)}
    rows = [
        _row(context, customer, args.sku)
        for customer in sorted(facts.customers, key=lambda item: item.id)
        if args.customer in (None, customer.id) and (wanted is None or customer.id in wanted)
    ]
    return CustomersReport(customers=tuple(rows))


def _row(context: ToolContext, customer: Customer, sku: str | None) -> CustomerRow:
    today = context.facts.today
    contract = customer.contract
    return CustomerRow(
        customer=customer.id,
        tier=customer.tier.value,
        segment=customer.segment,
        region=customer.region,
        contract=ContractRow(
            contract=contract.id,
            otif_target=contract.otif_target,
            penalty_share=contract.penalty_share,
            fill_floor=contract.fill_floor,
            strict=contract.strict,
            ends=contract.ends,
            active=contract.starts <= today <= contract.ends,
        )
        if contract
        else None,
        credit_status=customer.credit.status.value,
        credit_limit=customer.credit.limit,
        credit_exposure=customer.credit.exposure,
        overdue_days=customer.credit.overdue_days,
        open_units=sum(
            line.open_quantity
            for order in context.facts.orders
            if order.customer == customer.id
            for line in order.lines
            if sku in (None, line.sku)
        ),
    )
