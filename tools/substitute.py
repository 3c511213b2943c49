"""Propose to serve what an allocation leaves short with another SKU, where line and item list allow it and it pays."""

from __future__ import annotations

from decimal import Decimal

from domain.actions import SubstituteItem
from domain.inventory import Substitute
from domain.noun import Id, Noun
from domain.orders import OrderLine
from domain.plans import Move
from tools.context import Proposal, ToolContext, effect_on, is_fixed, propose


class SubstituteArgs(Noun):
    """An allocation of this run, and the lines to look at (every short line when empty)."""

    allocation_id: Id
    lines: tuple[Id, ...] = ()


class _Way(Noun):
    """One alternative at one site: `value` per unit of the line (base currency), `free` in units of the alternative."""

    alternative: Id
    site: Id
    value: Decimal
    free: int
    ratio: int


Pool = dict[tuple[str, str], int]
"""(alternative, site) -> free units that earlier lines of this call have not taken."""


def substitute(context: ToolContext, args: SubstituteArgs) -> Proposal:
    """One move per line, most valuable first; every line takes from what the earlier ones left.

    Value per unit = price + penalty avoided - ratio x (cost of the alternative + freight). Free units of an alternative
    are net of what its own open lines still lack. BadInput when the allocation is not of this run.
    """
    plan = context.allocation(args.allocation_id)
    facts = context.facts
    for key in args.lines:
        facts.line(key)
    short: dict[str, int] = {}
    for item in plan.shortages:
        if item.constraint not in ("hold", "frozen") and facts.has("line", item.line):
            short[item.line] = short.get(item.line, 0) + item.units
    lines = [facts.line(key) for key in short if not args.lines or key in args.lines]
    lines = [line for line in lines if line.substitutes_ok and not is_fixed(line) and not context.on_hold(line)]
    lines.sort(key=lambda line: (-(context.margin(line) + context.penalty(line)), line.id))
    granted = {sku: _granted(context, args.allocation_id, sku) for sku in plan.skus}
    pool: Pool = {}
    moves = [move for line in lines if (move := _move(context, line, short[line.id], pool, granted)) is not None]
    return Proposal(moves=tuple(moves), note="" if moves else "no short line has a substitute that is free and pays")


def _granted(context: ToolContext, allocation: str, sku: str) -> int:
    """Units of a SKU that the allocation hands out beyond what is reserved for those lines now."""
    got: dict[str, int] = {}
    for grant in context.allocation(allocation).grants:
        if context.facts.has("line", grant.line) and context.facts.line(grant.line).sku == sku:
            got[grant.line] = got.get(grant.line, 0) + grant.quantity
    return sum(max(0, units - context.held(line)) for line, units in got.items())


def _move(context: ToolContext, line: OrderLine, short: int, pool: Pool, granted: dict[str, int]) -> Move | None:
    pairs = [pair for pair in context.facts.substitutes if pair.sku == line.sku]
    ways = [way for pair in pairs for way in _ways(context, line, pair, granted) if way.value > 0]
    ways.sort(key=lambda way: (-way.value, way.alternative, way.site))
    actions: list[SubstituteItem] = []
    worth, left, taken = Decimal(0), short, dict(pool)
    for way in ways:
        free = taken.get((way.alternative, way.site), way.free)
        units = min(left, free // way.ratio)
        if not units:
            continue
        taken[way.alternative, way.site] = free - units * way.ratio
        left -= units
        worth += units * way.value
        actions.append(
            SubstituteItem(
                id=f"a{len(actions) + 1}",
                line=line.id,
                sku=line.sku,
                alternative=way.alternative,
                site=way.site,
                quantity=units,
            )
        )
    complete = line.ship_complete or context.order_of(line).ship_complete
    if not actions or (complete and left):
        return None
    pool.update(taken)
    return _proposed(context, line, short, short - left, actions, worth)


def _proposed(
    context: ToolContext, line: OrderLine, short: int, served: int, actions: list[SubstituteItem], worth: Decimal
) -> Move:
    names, currency = ", ".join(sorted({action.alternative for action in actions})), context.facts.base_currency
    return propose(
        "reserve",
        f"Serve {served} of {line.id} with {names} instead of {line.sku}",
        f"{line.id} stays {short} short of {line.sku} and accepts substitutes; {served} units can be served with "
        f"{names}. Price + penalty avoided - cost and freight of the substitute = {worth:.2f} {currency}.",
        actions,
        effects=[effect_on(context, line, served, f"+{served} as {names}")],
        evidence=(line.id, *sorted({action.alternative for action in actions})),
        value=worth,
        value_at_stake=worth,
    )


def _ways(context: ToolContext, line: OrderLine, pair: Substitute, granted: dict[str, int]) -> list[_Way]:
    facts = context.facts
    other = facts.sku(pair.alternative)
    region = context.order_of(line).region
    price = line.unit_price * facts.rate(context.order_of(line).currency)
    own_need = sum(context.uncovered(mine) for mine in facts.lines_of_sku(other.id) if not context.on_hold(mine))
    reserve_for_own = max(own_need, granted.get(other.id, 0))
    ways = []
    for site in sorted(facts.sites, key=lambda item: item.id):
        if line.allowed_sites and site.id not in line.allowed_sites:
            continue
        freight = [lane.freight for lane in facts.lanes if (lane.origin, lane.destination) == (site.id, region)]
        if not freight:
            continue
        free = context.free(other.id, site.id)
        kept = min(free, reserve_for_own)
        reserve_for_own -= kept
        value = price + context.penalty(line) - pair.ratio * (other.unit_cost + min(freight))
        ways.append(_Way(alternative=other.id, site=site.id, value=value, free=free - kept, ratio=pair.ratio))
    return ways
