"""Who holds the stock of a SKU: every reservation and claim, with how long it has stood."""

from __future__ import annotations

from datetime import date

from domain.facts import Claim
from domain.inventory import Reservation
from domain.noun import Id, Noun
from tools.context import ToolContext, is_fixed


class HoldingsArgs(Noun):
    """One SKU, at one site or at all of them."""

    sku: Id
    site: Id | None = None


class HoldingEntry(Noun):
    """One holder. `by` is 'reservation' or 'claim' (a plan that waits for approval); `age_days` since it was made.

    `movable` is False when the line is frozen or picked, or when the units are claimed.
    """

    by: str
    site: Id
    inbound: Id | None = None
    quantity: int
    kind: str
    line: Id | None = None
    order: Id | None = None
    customer: Id | None = None
    tier: str = ""
    requested: date | None = None
    promised: date | None = None
    case: Id | None = None
    age_days: int | None = None
    movable: bool = True


class HoldingsReport(Noun):
    """Holders, most units first; then by line."""

    sku: Id
    holders: tuple[HoldingEntry, ...]
    held_units: int
    free_units: int


def holdings(context: ToolContext, args: HoldingsArgs) -> HoldingsReport:
    """Everyone who holds units of a SKU. UnknownReference when SKU or site is unknown."""
    facts = context.facts
    facts.sku(args.sku)
    if args.site is not None:
        facts.site(args.site)
    rows = [
        _reserved(context, item)
        for item in facts.reservations
        if item.sku == args.sku and args.site in (None, item.site)
    ]
    rows += [_claimed(item) for item in facts.claims if item.sku == args.sku and args.site in (None, item.site)]
    rows.sort(key=lambda row: (-row.quantity, row.line or "", row.site, row.inbound or "", row.case or ""))
    sites = sorted({p.site for p in facts.positions if p.sku == args.sku and args.site in (None, p.site)})
    return HoldingsReport(
        sku=args.sku,
        holders=tuple(rows),
        held_units=sum(row.quantity for row in rows),
        free_units=sum(context.free(args.sku, site) for site in sites),
    )


def _reserved(context: ToolContext, item: Reservation) -> HoldingEntry:
    facts = context.facts
    base = HoldingEntry(
        by="reservation",
        site=item.site,
        inbound=item.inbound,
        quantity=item.quantity,
        kind=item.kind.value,
        line=item.line,
        age_days=(facts.taken_at - item.created_at).days,
        movable=False,
    )
    if item.line is None or not facts.has("line", item.line):
        return base
    line = facts.line(item.line)
    customer = facts.customer(context.order_of(line).customer)
    return base.model_copy(
        update={
            "order": line.order,
            "customer": customer.id,
            "tier": customer.tier.value,
            "requested": line.requested,
            "promised": line.promise.current if line.promise else None,
            "movable": not is_fixed(line),
        }
    )


def _claimed(item: Claim) -> HoldingEntry:
    return HoldingEntry(
        by="claim",
        site=item.site,
        inbound=item.inbound,
        quantity=item.quantity,
        kind="soft",
        case=item.case,
        movable=False,
    )
