"""Propose to move free stock between sites, for a transfer request or because a person asked."""

from __future__ import annotations

from decimal import Decimal

from domain.actions import Transfer
from domain.errors import BadInput
from domain.noun import Id, Noun, PositiveUnits
from tools.context import Proposal, ToolContext, propose


class TransferArgs(Noun):
    """Either a transfer request, or SKU and target site with the quantity a person named; `from_site` in both cases."""

    from_site: Id
    request: Id | None = None
    sku: Id | None = None
    to_site: Id | None = None
    quantity: PositiveUnits | None = None


def transfer(context: ToolContext, args: TransferArgs) -> Proposal:
    """One move with one transfer of free units. For a request: min(what is missing, what is free).

    BadInput when neither a request nor SKU, site and quantity are given, or when more is named than is free.
    """
    facts = context.facts
    facts.site(args.from_site)
    if args.request is not None:
        asked = facts.transfer(args.request)
        sku, to_site, worth = asked.sku, asked.to_site, asked.value
        wanted = min(args.quantity or asked.quantity, asked.quantity - asked.granted)
    elif args.sku and args.to_site and args.quantity:
        sku, to_site, wanted, worth = facts.sku(args.sku).id, facts.site(args.to_site).id, args.quantity, Decimal(0)
    else:
        raise BadInput(
            "a transfer needs a request, or a SKU, a target site and a quantity",
            field="request",
            fix="name the transfer request, or all three of sku, to_site and quantity",
        )
    if to_site == args.from_site:
        return Proposal(note=f"{sku} is already at {to_site}")
    free = context.free(sku, args.from_site)
    if args.request is None and wanted > free:
        raise BadInput(
            f"only {free} units of {sku} are free at {args.from_site}", field="quantity", fix=f"ask for at most {free}"
        )
    quantity = min(wanted, free)
    if quantity <= 0:
        return Proposal(note=f"no unit of {sku} is free at {args.from_site}, or the request is met already")
    freight = _freight(context, args.from_site, to_site)
    value = quantity * (worth - freight)
    move = propose(
        "transfer",
        f"{quantity} of {sku} from {args.from_site} to {to_site}",
        f"{free} units are free at {args.from_site}. {quantity} x (worth {worth:.2f} - freight {freight:.2f}) = "
        f"{value:.2f} {facts.base_currency}.",
        [
            Transfer(
                id="a1",
                sku=sku,
                from_site=args.from_site,
                to_site=to_site,
                quantity=quantity,
                ship_on=facts.today,
                request=args.request,
            )
        ],
        evidence=(args.request or sku, args.from_site, to_site),
        value=value,
        value_at_stake=quantity * worth,
        cost=quantity * freight,
    )
    return Proposal(moves=(move,))


def _freight(context: ToolContext, origin: str, destination: str) -> Decimal:
    """Cheapest freight per unit between two sites; 0 when no lane is known."""
    lanes = [lane.freight for lane in context.facts.lanes if (lane.origin, lane.destination) == (origin, destination)]
    return min(lanes, default=Decimal(0))
