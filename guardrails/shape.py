"""What makes a move unfit whatever the policy says: broken needs, contradictions, units taken that nobody gets."""

from __future__ import annotations

from collections.abc import Iterator

from domain.actions import Action
from domain.facts import Facts
from domain.plans import Move


def faults(move: Move, facts: Facts) -> tuple[str, ...]:
    """The faults of a move as sentences, in written order."""
    return (*_needs(move), *_names(move, facts), *_order(move), *balance(move))


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
        line, sku, inbound = (getattr(action, name, None) for name in ("line", "sku", "inbound"))
        if line is not None and sku is not None and facts.has("line", line) and facts.line(line).sku != sku:
            yield f"action {action.id} says SKU {sku}, but line {line} is of {facts.line(line).sku}"
        if inbound is not None and facts.has("inbound", inbound):
            supply = facts.inbound_supply(inbound)
            if (supply.sku, supply.site) != (action.sku, action.site):  # type: ignore[union-attr]
                yield f"action {action.id} names inbound supply {inbound}, which is {supply.sku} at {supply.site}"
        order, customer = getattr(action, "order", None), getattr(action, "customer", None)
        if order is not None and facts.has("order", order) and facts.order(order).customer != customer:
            yield f"action {action.id} names customer {customer}, but order {order} is of another"
        wave = getattr(action, "wave", None)
        if wave is not None and facts.has("wave", wave) and facts.wave(wave).site != getattr(action, "site", None):
            yield f"action {action.id} names another site than that of wave {wave}"


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


def balance(move: Move) -> tuple[str, ...]:
    """SKUs of which the move takes more units than it gives: a loser must have a winner."""
    taken: dict[str, int] = {}
    for action in move.actions:
        for sku, units in _units(action):
            taken[sku] = taken.get(sku, 0) + units
    return tuple(
        f"{units} units of {sku} are taken and nobody gets them" for sku, units in sorted(taken.items()) if units > 0
    )


def _units(action: Action) -> tuple[tuple[str, int], ...]:
    """(SKU, units taken): negative when the action gives them to somebody."""
    if action.kind == "release_reservation":
        return ((action.sku, action.quantity),)
    if action.kind in ("reserve", "transfer"):
        return ((action.sku, -action.quantity),)
    if action.kind == "substitute":
        return ((action.alternative, -action.quantity),)
    return ()
