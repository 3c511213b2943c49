"""What makes a move unfit whatever the policy says: broken needs, contradictions, units taken that nobody gets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from domain.facts import Facts
from domain.noun import MOST_UNITS
from domain.plans import Move
from guardrails.supply import given

_Supply = tuple[str, str, str | None]
"""SKU, site, and the inbound supply (None: stock)."""


Returns = Sequence[tuple[str, str, str, int]]
"""(SKU, site, inbound supply or "", units) that may go back to free supply; see `domain.cases.Scope`."""


def faults(move: Move, facts: Facts, returns: Returns = ()) -> tuple[str, ...]:
    """The faults of a move as sentences, in written order; `returns`: units that nobody has to get."""
    return (*_needs(move), *_names(move, facts), *_amounts(move, facts), *_order(move), *balance(move, returns))


def _needs(move: Move) -> Iterator[str]:
    if not move.actions:
        yield "the move has no action"
    seen: set[str] = set()
    for action in move.actions:
        if action.id in seen:
            yield f"two actions have the id {action.id}"
        for need in action.needs:
            if need not in seen:
                yield f"action {action.id} needs {need}, which does not stand before it"
        seen.add(action.id)


def _names(move: Move, facts: Facts) -> Iterator[str]:
    """Ids that contradict each other: a line of another SKU, supply at another site, an order of another customer."""
    for action in move.actions:
        fields = vars(action)
        line, sku, inbound = fields.get("line"), fields.get("sku"), fields.get("inbound")
        if line is not None and sku is not None and facts.has("line", line) and facts.line(line).sku != sku:
            yield f"action {action.id} says SKU {sku}, but line {line} is of {facts.line(line).sku}"
        if inbound is not None and facts.has("inbound", inbound):
            supply = facts.inbound_supply(inbound)
            if (supply.sku, supply.site) != (action.sku, action.site):  # type: ignore[union-attr]
                yield f"action {action.id} names inbound supply {inbound}, which is {supply.sku} at {supply.site}"
        order, customer = fields.get("order"), fields.get("customer")
        if order is not None and facts.has("order", order) and facts.order(order).customer != customer:
            yield f"action {action.id} names customer {customer}, but order {order} is of another"
        wave = fields.get("wave")
        if wave is not None and facts.has("wave", wave) and facts.wave(wave).site != fields.get("site"):
            yield f"action {action.id} names another site than that of wave {wave}"


def _amounts(move: Move, facts: Facts) -> Iterator[str]:
    """More units of a supply, all actions together, than a quantity can say."""
    for (sku, site, _), units in sorted(given(move, facts).items(), key=str):
        if units > MOST_UNITS:
            yield f"{units} units of {sku} at {site} are more than there can be"


def _order(move: Move) -> Iterator[str]:
    """A reserve that draws on released units must need their release, so that it never runs before it."""
    releases: dict[tuple[str, str, str | None], list[str]] = {}
    needs = _closure(move)
    for action in move.actions:
        if action.kind == "release_reservation":
            releases.setdefault((action.sku, action.site, action.inbound), []).append(action.id)
        elif action.kind == "reserve":
            for release in releases.get((action.sku, action.site, action.inbound), ()):
                if release not in needs[action.id]:
                    yield f"action {action.id} reserves units that {release} releases, but does not need it"


def _closure(move: Move) -> dict[str, set[str]]:
    needs: dict[str, set[str]] = {}
    for action in move.actions:
        needs[action.id] = set(action.needs).union(*(needs.get(need, set()) for need in action.needs))
    return needs


def balance(move: Move, returns: Returns = ()) -> tuple[str, ...]:
    """Units the move takes from somebody and gives to nobody, per supply: a loser must have a winner.

    `returns` may go back to free supply. A line that gets other units in this move may let go of as many of its own:
    that is a swap, nobody loses by it.
    """
    released: dict[_Supply, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    given: dict[_Supply, int] = defaultdict(int)
    gained: dict[str, int] = defaultdict(int)
    for action in move.actions:
        if action.kind == "release_reservation":
            released[action.sku, action.site, action.inbound][action.line] += action.quantity
        elif action.kind == "reserve":
            given[action.sku, action.site, action.inbound] += action.quantity
            gained[action.line] += action.quantity
        elif action.kind == "transfer":
            given[action.sku, action.from_site, None] += action.quantity
        elif action.kind == "substitute":
            gained[action.line] += action.quantity
    allowed: dict[_Supply, int] = defaultdict(int)
    for sku, site, inbound, units in returns:
        allowed[sku, site, inbound or None] += units
    found = []
    for supply in sorted(released, key=str):
        freed = sum(released[supply].values()) - given[supply] - allowed[supply]
        for line, units in sorted(released[supply].items()):
            swapped = max(0, min(freed, units, gained[line]))
            gained[line] -= swapped
            freed -= swapped
        if freed > 0:
            found.append(f"{freed} units of {supply[0]} are taken and nobody gets them")
    return tuple(found)
