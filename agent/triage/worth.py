"""What an exception puts at stake, and until when; all in the base currency."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from domain.facts import Facts
from domain.orders import OrderLine
from domain.scoring import contract_for, unit_price

NOTHING = Decimal(0)


def unit_worth(facts: Facts, line: OrderLine) -> Decimal:
    """A unit of a line: margin (price less unit cost) and the contract's penalty share of unit cost; not below 0."""
    cost = facts.sku(line.sku).unit_cost
    contract = contract_for(facts, line)
    return max(NOTHING, unit_price(facts, line) - cost + (contract.penalty_share * cost if contract else NOTHING))


def worth_of(facts: Facts, units: Iterable[tuple[OrderLine, int]]) -> Decimal:
    """So many units of each line."""
    return sum((unit_worth(facts, line) * count for line, count in units), NOTHING)


def worth_of_missing(facts: Facts, lines: Iterable[OrderLine], units: int) -> Decimal:
    """`units` that these lines will not all get: those worth most are at stake first."""
    total, left = NOTHING, units
    for line in sorted(lines, key=lambda item: (-unit_worth(facts, item), item.id)):
        taken = min(left, line.open_quantity)
        total += unit_worth(facts, line) * taken
        left -= taken
    return total


def days_left(now: datetime, day: date) -> int:
    """Whole days from today to a day; negative when it is past."""
    return (day - now.date()).days
