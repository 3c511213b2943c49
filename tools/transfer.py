"""Propose to move free stock between sites, for a transfer request or because a person asked."""

from __future__ import annotations

from decimal import Decimal

from domain.actions import Transfer
from domain.errors import BadInput
from domain.noun import Id, Noun, PositiveUnits
from domain.plans import Move
from tools.context import Proposal, ToolContext, propose


class TransferArgs(Noun):
    """Either a transfer request, or SKU and target site with the quantity a person named; `from_site` in both cases."""

    from_site: Id
    request: Id | None = None
    sku: Id | None = None
    to_site: Id | None = None
    quantity: PositiveUnits | None = None


class _Wanted(Noun):
    sku: Id
    to_site: Id
    units: int
    worth: Decimal


def transfer(context: ToolContext, args: TransferArgs) -> Proposal:
    """One move with one transfer of free units. For a request: min(what is missing, what is free).

    BadInput when neither a request nor SKU, site and quantity are given, or when more is named than is free.
    """
    context.facts.site(args.from_site)
    wanted = _wanted(context, args)
    if wanted.to_site == args.from_site:
        return Proposal(note=f"{wanted.sku} is already at {wanted.to_site}")
    free = context.free(wanted.sku, args.from_site)
    if args.request is None and wanted.units > free:
        raise BadInput(
            f"only {free} units of {wanted.sku} are free at {args.from_site}",
            field="quantity",
            fix=f"ask for at most {free}",
        )
    quantity = min(wanted.units, free)
    if quantity <= 0:
        return Proposal(note=f"no unit of {wanted.sku} is free at {args.from_site}, or the request is met already")
    return Proposal(moves=(_move(context, args, wanted, quantity, free),))


def _wanted(context: ToolContext, args: TransferArgs) -> _Wanted:
    facts = context.facts
    if args.request is not None:
        asked = facts.transfer(args.request)
        units = min(args.quantity or asked.quantity, asked.quantity - asked.granted)
        return _Wanted(sku=asked.sku, to_site=asked.to_site, units=units, worth=asked.value)
    if args.sku and args.to_site and args.quantity:
        sku, to_site = facts.sku(args.sku).id, facts.site(args.to_site).id
        return _Wanted(sku=sku, to_site=to_site, units=args.quantity, worth=Decimal(0))
    raise BadInput(
        "a transfer needs a request, or a SKU, a target site and a quantity",
        field="request",
        fix="name the transfer request, or all three of sku, to_site and quantity",
    )


def _move(context: ToolContext, args: TransferArgs, wanted: _Wanted, quantity: int, free: int) -> Move:
    freight = _freight(context, args.from_site, wanted.to_site)
    value = quantity * (wanted.worth - freight)
    return propose(
        "transfer",
        f"{quantity} of {wanted.sku} from {args.from_site} to {wanted.to_site}",
        f"{free} units are free at {args.from_site}. {quantity} x (worth {wanted.worth:.2f} - freight {freight:.2f}) = "
        f"{value:.2f} {context.facts.base_currency}.",
        [
            Transfer(
                id="a1",
                sku=wanted.sku,
                from_site=args.from_site,
                to_site=wanted.to_site,
                quantity=quantity,
                ship_on=context.facts.today,
                request=args.request,
            )
        ],
        evidence=(args.request or wanted.sku, args.from_site, wanted.to_site),
        value=value,
        value_at_stake=quantity * wanted.worth,
        cost=quantity * freight,
    )


def _freight(context: ToolContext, origin: str, destination: str) -> Decimal:
    """Cheapest freight per unit between two sites; 0 when no lane is known."""
    lanes = [lane.freight for lane in context.facts.lanes if (lane.origin, lane.destination) == (origin, destination)]
    return min(lanes, default=Decimal(0))
