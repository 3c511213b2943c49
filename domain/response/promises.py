"""Promise dates that units on their way imply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_CEILING

from domain.allocation.types import AllocationPlan, Demand
from domain.facts import Facts


def restock(facts: Facts, sku: str) -> date | None:
    """When a purchase placed today should be here: lead time plus one standard deviation (days, rounded up).

    None when the SKU has no known supplier.
    """
    item = facts.sku(sku)
    if item.supplier is None or not facts.has("supplier", item.supplier):
        return None
    supplier = facts.supplier(item.supplier)
    spread = int(supplier.lead_time_sd.to_integral_value(rounding=ROUND_CEILING))
    return facts.today + timedelta(days=supplier.lead_time_days + spread)


def complete_on(facts: Facts, demand: Demand, arrivals: Mapping[date, int]) -> date | None:
    """The date on which the whole line is there, when `arrivals` units reach it on these days (the rest: restocked).

    Never before the requested date. None when part of it has no date at all.
    """
    days = [day for day, units in arrivals.items() if units > 0]
    if sum(arrivals.values()) < demand.quantity:
        again = restock(facts, demand.sku)
        if again is None:
            return None
        days.append(again)
    return max([*days, facts.line(demand.id).requested])


def implied(facts: Facts, plan: AllocationPlan, demand: Demand) -> date | None:
    """The date on which the whole line is there under a whole plan; see `complete_on`."""
    arrivals: dict[date, int] = defaultdict(int)
    for grant in plan.grants:
        if grant.line == demand.id:
            arrivals[grant.arrives] += grant.quantity
    return complete_on(facts, demand, arrivals)
