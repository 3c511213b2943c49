"""Promise dates that an allocation implies."""

from __future__ import annotations

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


def implied(facts: Facts, plan: AllocationPlan, demand: Demand) -> date | None:
    """The date on which the whole line is there under `plan`; for units the plan leaves short, after restocking.

    Never before the requested date. None when part of it has no date at all.
    """
    requested = facts.line(demand.id).requested
    grants = [grant for grant in plan.grants if grant.line == demand.id]
    arrivals = [grant.arrives for grant in grants]
    if sum(grant.quantity for grant in grants) < demand.quantity:
        again = restock(facts, demand.sku)
        if again is None:
            return None
        arrivals.append(again)
    return max([*arrivals, requested])
