"""The places that a move touches: its order lines, and the orders, SKUs and sites that no line of it stands for."""

from __future__ import annotations

from domain.actions import Action
from domain.facts import Facts
from domain.orders import Order
from domain.plans import Move
from guardrails.policy.scopes import Place

_SITES = ("site", "from_site", "to_site")


def places(move: Move, facts: Facts) -> tuple[Place, ...]:
    """Every place the move touches, in a fixed order; one without any name when it touches none.

    What it does for an order stands at the lines of that order which it touches, and at the order when there is none; a
    substitute stands at its line with the class of either SKU. Ids that the facts do not know are left out: they are
    faults of the move.
    """
    lines = {(effect.line, facts.line(effect.line).sku) for effect in move.effects if facts.has("line", effect.line)}
    lines |= {pair for action in move.actions for pair in _lines(action, facts)}
    found = {_of_order(facts.order(facts.line(line).order), _class(sku, facts), facts) for line, sku in lines}
    told = {facts.line(line).order for line, _ in lines}
    for action in move.actions:
        if (order := vars(action).get("order")) is not None:
            if order not in told and facts.has("order", order):
                found.add(_of_order(facts.order(order), "", facts))
        elif vars(action).get("line") is None:
            found |= _at_sites(action, facts)
    return tuple(sorted(found)) or (Place(),)


def _lines(action: Action, facts: Facts) -> set[tuple[str, str]]:
    """(Line, SKU) of an action on a line: the SKU ordered, and the one that serves for it."""
    line = vars(action).get("line")
    if line is None or not facts.has("line", line):
        return set()
    return {(line, facts.line(line).sku), (line, vars(action).get("alternative", facts.line(line).sku))}


def _of_order(order: Order, sku_class: str, facts: Facts) -> Place:
    segment = facts.customer(order.customer).segment if facts.has("customer", order.customer) else ""
    return Place(order.region, order.channel.value, segment, order.customer, sku_class)


def _at_sites(action: Action, facts: Facts) -> set[Place]:
    sites = [site for name in _SITES if (site := vars(action).get(name)) and facts.has("site", site)]
    sku_class = _class(vars(action).get("sku", ""), facts)
    return {Place(region=facts.site(site).region, sku_class=sku_class) for site in sites}


def _class(sku: str, facts: Facts) -> str:
    return facts.sku(sku).abc_class if facts.has("sku", sku) else ""
