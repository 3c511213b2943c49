"""The first SKUs by revenue, units or margin: a list that is made once and then stands in the policy."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from domain.errors import BadInput
from domain.facts import Facts
from domain.orders import LineState
from guardrails.policy.autonomy import Pilot, Top

BY = ("revenue", "units", "margin")


def pilot_of_top(facts: Facts, count: int, by: str, sites: Collection[str] = ()) -> Pilot:
    """A pilot of the first `count` SKUs of all order lines the ERP lists, cancelled ones left out, at these sites.

    revenue = units ordered x price in the base currency; margin = units x (price - unit cost). Ties go by SKU id.
    BadInput for an unknown measure or site, and when no order asks for anything.
    """
    if by not in BY:
        raise BadInput(f"there is no measure '{by[:40]}'", field="by", fix=f"use one of {', '.join(BY)}")
    if count < 1:
        raise BadInput("a pilot has at least one SKU", field="top", fix="write 50")
    known = {site.id for site in facts.sites}
    if strange := sorted(set(sites) - known):
        raise BadInput(f"there is no site '{strange[0]}'", field="sites", fix=f"use some of {', '.join(sorted(known))}")
    worth: dict[str, Decimal] = {}
    for order in facts.orders:
        rate = facts.rate(order.currency)
        for line in order.lines:
            if line.state is LineState.CANCELLED or not facts.has("sku", line.sku):
                continue
            price = line.unit_price * rate
            each = {"revenue": price, "units": Decimal(1), "margin": price - facts.sku(line.sku).unit_cost}[by]
            worth[line.sku] = worth.get(line.sku, Decimal(0)) + line.quantity * each
    if not worth:
        raise BadInput("no order asks for anything", field="top", fix="name the SKUs yourself under pilot.skus")
    first = sorted(worth, key=lambda sku: (-worth[sku], sku))[:count]
    top = Top.model_validate({"by": by, "count": count, "as_of": facts.today})
    return Pilot(skus=tuple(sorted(first)), sites=tuple(sorted(set(sites))), top_skus=top)
