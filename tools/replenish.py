"""Propose to buy what an allocation leaves short, with cover for the forecast until it arrives."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from domain.actions import RequestReplenishment
from domain.allocation.build import build
from domain.noun import Id, Noun, PositiveUnits
from domain.orders import OrderLine
from domain.plans import Move
from domain.response.promises import restock
from tools.context import Proposal, ToolContext, propose

OUT_OF_REACH = frozenset({"hold", "frozen"})
"""Reasons for a shortage that no purchase helps."""


class ReplenishArgs(Noun):
    """A SKU, and the allocation whose shortages are to be bought.

    `except_lines` are served otherwise. `quantity` only when a person named it (then `site`).
    """

    sku: Id
    allocation_id: Id | None = None
    except_lines: tuple[Id, ...] = ()
    site: Id | None = None
    quantity: PositiveUnits | None = None


class _Need(Noun):
    """Units to buy for one site: what lines lack, and the forecast that nothing covers."""

    site: Id
    short: int
    cover: int
    lines: tuple[OrderLine, ...]


def replenish(context: ToolContext, args: ReplenishArgs) -> Proposal:
    """One move with one purchase request per site.

    Per site: units short + cover, rounded up to packs. Cover of the SKU = max(0, forecast until arrival - open orders
    until then - units left free); it goes to the sites with the largest gaps. Forecast is the larger of forecast and
    run rate of each week until lead time + one standard deviation.
    UnknownReference when SKU or site is unknown, BadInput when the allocation is not of this run.
    """
    facts = context.facts
    item = facts.sku(args.sku)
    if args.site is not None:
        facts.site(args.site)
    arrives = restock(facts, args.sku)
    if arrives is None:
        return Proposal(note=f"{args.sku} has no supplier that is known")
    if args.quantity is not None and args.site is not None:
        needs = [_Need(site=args.site, short=args.quantity, cover=0, lines=())]
    else:
        wanted = [need for need in _needs(context, args, arrives) if args.site in (None, need.site)]
        needs = _not_asked_yet(context, args.sku, wanted)
    actions = [
        RequestReplenishment(
            id=f"a{n}",
            sku=args.sku,
            site=need.site,
            quantity=-(-(need.short + need.cover) // item.pack) * item.pack,
            needed_by=arrives,
            supplier=item.supplier,
        )
        for n, need in enumerate(needs, 1)
    ]
    if not actions:
        return Proposal(note=f"nothing of {args.sku} has to be bought: no line is short, or it is requested already")
    return Proposal(moves=(_move(context, args, needs, actions, arrives),))


def _move(
    context: ToolContext, args: ReplenishArgs, needs: list[_Need], actions: list[RequestReplenishment], arrives: date
) -> Move:
    facts = context.facts
    units = sum(action.quantity for action in actions)
    short, cover = sum(need.short for need in needs), sum(need.cover for need in needs)
    lines = [line for need in needs for line in need.lines]
    stake = sum((context.margin(line) + context.penalty(line)) * _lack(context, args, line) for line in lines)
    cost = units * facts.sku(args.sku).unit_cost
    return propose(
        "replenish",
        f"Buy {units} of {args.sku}, here by {arrives}",
        f"{short} units are short after the allocation and {cover} more are forecast until {arrives} (lead time plus "
        f"one standard deviation); packs of {facts.sku(args.sku).pack}. Goods worth {cost:.2f} {facts.base_currency}.",
        actions,
        evidence=(args.sku, *(need.site for need in needs), *(line.id for line in lines)),
        value_at_stake=Decimal(stake),
    )


def _lack(context: ToolContext, args: ReplenishArgs, line: OrderLine) -> int:
    """Units that the allocation leaves a line short; without one, units for which nothing is reserved."""
    if line.id in args.except_lines:
        return 0
    if args.allocation_id is None:
        return 0 if context.on_hold(line) else context.uncovered(line)
    plan = context.allocation(args.allocation_id)
    return sum(s.units for s in plan.shortages if s.line == line.id and s.constraint not in OUT_OF_REACH)


def _needs(context: ToolContext, args: ReplenishArgs, arrives: date) -> list[_Need]:
    facts = context.facts
    lines = facts.lines_of_sku(args.sku)
    left = _left_free(context, args)
    short: dict[str, int] = {}
    open_units: dict[str, int] = {}
    mine: dict[str, list[OrderLine]] = {}
    for line in lines:
        site = _home(context, line)
        if site is None:
            continue
        lack = _lack(context, args, line)
        if lack:
            short[site] = short.get(site, 0) + lack
            mine.setdefault(site, []).append(line)
        if line.requested <= arrives:
            open_units[site] = open_units.get(site, 0) + line.open_quantity
    if args.allocation_id is None:
        short = {site: max(0, units - left.get(site, 0)) for site, units in short.items()}
    gaps = {
        site.id: _forecast(context, args.sku, site.id, arrives) - open_units.get(site.id, 0) - left.get(site.id, 0)
        for site in context.facts.sites
    }
    cover = _spread(gaps)
    return [
        _Need(site=site, short=short.get(site, 0), cover=cover.get(site, 0), lines=tuple(mine.get(site, ())))
        for site in sorted({*short, *cover})
        if short.get(site, 0) + cover.get(site, 0)
    ]


def _not_asked_yet(context: ToolContext, sku: str, needs: list[_Need]) -> list[_Need]:
    """Needs less what open purchase requests of the SKU cover: those of the same site first, then any other."""
    asked: dict[str, int] = {}
    for request in context.facts.purchases:
        if request.sku == sku:
            asked[request.site] = asked.get(request.site, 0) + request.quantity
    wanted = {need.site: need.short + need.cover for need in needs}
    for site in sorted(wanted):
        own = min(wanted[site], asked.get(site, 0))
        wanted[site] -= own
        asked[site] = asked.get(site, 0) - own
    spare = sum(asked.values())
    left = []
    for need in needs:
        units = wanted[need.site] - min(spare, wanted[need.site])
        spare -= wanted[need.site] - units
        if units:
            short = min(need.short, units)
            left.append(need.model_copy(update={"short": short, "cover": units - short}))
    return left


def _spread(gaps: dict[str, int]) -> dict[str, int]:
    """The units that all sites together lack, given to the largest gaps first; surplus of one site covers another."""
    total = max(0, sum(gaps.values()))
    given: dict[str, int] = {}
    for site in sorted(gaps, key=lambda key: (-gaps[key], key)):
        units = min(total, max(0, gaps[site]))
        total -= units
        if units:
            given[site] = units
    return given


def _left_free(context: ToolContext, args: ReplenishArgs) -> dict[str, int]:
    """Units per site that stay free: after the allocation, or now."""
    left: dict[str, int] = {}
    if args.allocation_id is None:
        for site in context.facts.sites:
            left[site.id] = context.free(args.sku, site.id)
        for supply in context.facts.inbound:
            if supply.sku == args.sku:
                left[supply.site] = left.get(supply.site, 0) + context.free(args.sku, supply.site, supply.id)
        return left
    plan = context.allocation(args.allocation_id)
    used: dict[str, int] = {}
    for grant in plan.grants:
        used[grant.supply] = used.get(grant.supply, 0) + grant.quantity
    for bucket in build(context.facts, (args.sku,), context.request).supply:
        if bucket.sku == args.sku:
            left[bucket.site] = left.get(bucket.site, 0) + max(0, bucket.quantity - used.get(bucket.id, 0))
    return left


def _home(context: ToolContext, line: OrderLine) -> str | None:
    """The site that serves a line fastest, then cheapest, then by id; one of its allowed sites if it names any."""
    region = context.order_of(line).region
    ways = [
        (lane.transit_days, lane.freight, lane.origin)
        for lane in context.facts.lanes
        if lane.destination == region and (not line.allowed_sites or lane.origin in line.allowed_sites)
    ]
    if ways:
        return min(ways)[2]
    sites = sorted(line.allowed_sites) or sorted(site.id for site in context.facts.sites)
    return sites[0] if sites else None


def _forecast(context: ToolContext, sku: str, site: str, until: date) -> int:
    """Units expected to be asked from today's week to the week of `until`."""
    first = context.facts.today - timedelta(days=6)
    return sum(
        max(signal.forecast, signal.run_rate)
        for signal in context.facts.demand
        if (signal.sku, signal.site) == (sku, site) and first <= signal.week <= until
    )
