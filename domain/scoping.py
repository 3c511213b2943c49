"""What is connected to SKUs: the scope of a case about them."""

from __future__ import annotations

from collections.abc import Collection

from domain.cases import Scope
from domain.facts import Facts


def scope_of(facts: Facts, skus: tuple[str, ...]) -> Scope:
    """The scope of a case: `skus` and their substitutes, and the orders, customers, sites, waves and supply of them."""
    return connected(facts, {*skus, *(pair.alternative for pair in facts.substitutes if pair.sku in skus)})


def connected(facts: Facts, wanted: Collection[str]) -> Scope:
    """`wanted` SKUs, and the orders, customers, sites, waves and inbound supply of them."""
    orders = [order for order in facts.orders if any(line.sku in wanted for line in order.lines)]
    inbound = [supply for supply in facts.inbound if supply.sku in wanted]
    waves = [wave for wave in facts.waves if any(task.sku in wanted for task in wave.tasks)]
    sites = {
        *(position.site for position in facts.positions if position.sku in wanted),
        *(supply.site for supply in inbound),
        *(wave.site for wave in waves),
        *(request.to_site for request in facts.transfers if request.sku in wanted),
    }
    return Scope(
        skus=tuple(sorted(wanted)),
        orders=tuple(sorted(order.id for order in orders)),
        customers=tuple(sorted({order.customer for order in orders})),
        sites=tuple(sorted(sites)),
        waves=tuple(sorted(wave.id for wave in waves)),
        inbound=tuple(sorted(supply.id for supply in inbound)),
    )
