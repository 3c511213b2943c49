"""Propose to reserve free units for a line: stock of a site, or a supply on its way."""

from __future__ import annotations

from domain.actions import Reserve
from domain.errors import BadInput
from domain.inventory import ReservationKind
from domain.noun import Id, Noun, PositiveUnits
from domain.orders import OrderLine
from domain.plans import Move
from tools.context import Proposal, ToolContext, effect_on, is_fixed, propose


class ReserveArgs(Noun):
    """A line and the bucket: `site` stock, or `inbound`. `quantity` only when a person named it; else all that fits."""

    line: Id
    site: Id
    inbound: Id | None = None
    quantity: PositiveUnits | None = None


def reserve(context: ToolContext, args: ReserveArgs) -> Proposal:
    """One move that reserves min(uncovered, free) units, or none with the reason in `note`.

    BadInput when a person named more units than are free or uncovered. UnknownReference when an id is unknown.
    """
    line = context.facts.line(args.line)
    context.facts.site(args.site)
    if args.inbound is not None:
        supply = context.facts.inbound_supply(args.inbound)
        if (supply.sku, supply.site) != (line.sku, args.site):
            raise BadInput(
                f"{supply.id} brings {supply.sku} to {supply.site}",
                field="inbound",
                fix=f"name an inbound supply of {line.sku} at {args.site}",
            )
    refused = _refusal(context, line, args.site)
    if refused:
        return Proposal(note=refused)
    free, open_units = context.free(line.sku, args.site, args.inbound), context.uncovered(line)
    most = min(free, open_units)
    if args.quantity is not None and args.quantity > most:
        raise BadInput(
            f"{args.quantity} units cannot be reserved: {free} are free and {line.id} lacks {open_units}",
            field="quantity",
            fix=f"ask for at most {most}",
        )
    quantity = args.quantity or most
    if quantity and (line.ship_complete or context.order_of(line).ship_complete) and quantity < open_units:
        return Proposal(note=f"{line.id} ships complete and only {most} of {open_units} units are free")
    if not quantity:
        return Proposal(note=f"no unit of {line.sku} is free there, or {line.id} lacks none")
    return Proposal(moves=(_move(context, args, line, quantity, free),))


def _refusal(context: ToolContext, line: OrderLine, site: str) -> str:
    if is_fixed(line):
        return f"{line.id} is frozen or {line.state.value}; nothing is added to it"
    if context.on_hold(line):
        return f"{line.id} must not ship: it is on hold"
    if line.allowed_sites and site not in line.allowed_sites:
        return f"{line.id} may not be served from {site}, only from {', '.join(line.allowed_sites)}"
    return ""


def _move(context: ToolContext, args: ReserveArgs, line: OrderLine, quantity: int, free: int) -> Move:
    worth = quantity * (context.margin(line) + context.penalty(line))
    source = f"{args.inbound} for {args.site}" if args.inbound else f"stock at {args.site}"
    return propose(
        "reserve",
        f"{quantity} of {line.sku} for {line.id} from free units",
        f"{line.id} lacks {context.uncovered(line)} units and {free} are free in {source}. {quantity} x (margin "
        f"{context.margin(line):.2f} + penalty avoided {context.penalty(line):.2f}) = {worth:.2f} "
        f"{context.facts.base_currency}.",
        [
            Reserve(
                id="a1",
                line=line.id,
                sku=line.sku,
                site=args.site,
                quantity=quantity,
                reservation=ReservationKind.SOFT if args.inbound else ReservationKind.HARD,
                inbound=args.inbound,
            )
        ],
        effects=[effect_on(context, line, quantity, f"+{quantity} from {source}")],
        evidence=(line.id, args.inbound or args.site),
        value=worth,
        value_at_stake=worth,
    )
