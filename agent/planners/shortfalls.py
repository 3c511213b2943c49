"""The lines an allocation leaves short, in the words of a plan; the same for every planner."""

from __future__ import annotations

from domain.allocation.types import AllocationPlan, NonGrant
from domain.facts import Facts
from domain.noun import from_minor
from domain.plans import Shortage


def shortages(facts: Facts, plan: AllocationPlan) -> list[Shortage]:
    """Each line (or transfer request) that stays short, with its computed reason, by line and constraint."""
    rows = []
    for item in sorted(plan.shortages, key=lambda short: (short.line, short.constraint)):
        if facts.has("line", item.line):
            line = facts.line(item.line)
            order, customer, sku = line.order, facts.order(line.order).customer, line.sku
        else:
            asked = facts.transfer(item.line)
            order, customer, sku = asked.id, asked.to_site, asked.sku
        rows.append(
            Shortage(line=item.line, order=order, customer=customer, sku=sku, short=item.units, reason=_because(item))
        )
    return rows


def _because(item: NonGrant) -> str:
    price = f" A further unit would have to be worth more than {from_minor(item.price)}." if item.price else ""
    return f"{item.text}{price}"
