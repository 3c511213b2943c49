"""Money of an end state, from first principles (notes/field.md section 4, written out here a second time).

For every reserved unit of a line, with everything in the base currency and per unit:

    margin    = price * fx - unit cost
    penalty   = penalty share * unit cost * P(on time), for lines under a contract in force on their due date
                P(on time) = 0 when the units arrive after the due date, else 1 for stock, the reliability for inbound
    lateness  = min(cap, days late * rate) * unit cost, for lines without a contract
    tier      = tier bonus * price * fx
    aging     = min(cap, days since ordered * rate) * price * fx
    freight   = freight of the lane
    value     = margin + penalty - lateness + tier + aging - freight

and for every unit that a line held before and no longer holds as early: break cost * price * fx. A granted transfer
unit is worth the request's value. Fractions are kept exact; only the totals are rounded, half-even, to cents.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

from domain.facts import Facts
from domain.noun import Money, Noun
from domain.orders import OrderLine
from domain.requests import Rates
from evals.accounting.arrivals import best_lane
from evals.accounting.books import Bucket, held

PARTS = ("margin", "penalty", "lateness", "tier", "aging", "freight")


class Statement(Noun):
    """What an end state is worth, and of what that is made. `units` are reserved units, `sku_value` adds up to `value`
    less `broken` and `transfers`; `strict_units` those of lines under a strict contract, `strict_on_time` those of them
    that arrive by the date they are due. Units of a line on hold are worth nothing and serve no contract: they must
    not ship."""

    units: int
    strict_units: int
    strict_on_time: int
    margin: Money
    penalty: Money
    lateness: Money
    tier: Money
    aging: Money
    freight: Money
    transfers: Money
    broken: Money
    value: Money
    sku_value: tuple[tuple[str, Money], ...] = ()


def statement(after: Facts, rates: Rates, before: Facts | None = None) -> Statement:
    """The value of what is reserved in `after`; with `before`, less the cost of confirmed units taken away."""
    total: dict[str, Decimal] = dict.fromkeys(PARTS, Decimal(0))
    by_sku: dict[str, Decimal] = defaultdict(Decimal)
    units = 0
    for (key, bucket), quantity in sorted(held(after).items()):
        if not after.has("line", key):
            continue
        units += quantity
        if _on_hold(after, key):
            continue
        parts = worth(after, after.line(key), bucket, rates)
        for name in PARTS:
            total[name] += quantity * parts[name]
        by_sku[bucket[0]] += quantity * _sum(parts)
    strict = {key: count for key, count in held(after).items() if _strict(after, key[0])}
    granted = _granted(before, after)
    broken = _broken(before, after, rates) if before is not None else Decimal(0)
    return Statement(
        units=units,
        strict_units=sum(strict.values()),
        strict_on_time=sum(count for (line, bucket), count in strict.items() if _on_time(after, line, bucket)),
        margin=total["margin"],
        penalty=total["penalty"],
        lateness=total["lateness"],
        tier=total["tier"],
        aging=total["aging"],
        freight=total["freight"],
        transfers=granted,
        broken=broken,
        value=_sum(total) + granted - broken,
        sku_value=tuple(sorted(by_sku.items())),
    )


def _sum(parts: dict[str, Decimal]) -> Decimal:
    return parts["margin"] + parts["penalty"] + parts["tier"] + parts["aging"] - parts["lateness"] - parts["freight"]


def worth(facts: Facts, line: OrderLine, bucket: Bucket, rates: Rates) -> dict[str, Decimal]:
    """The parts of one unit's value (base currency, exact) when it comes from this bucket."""
    order = facts.order(line.order)
    customer = facts.customer(order.customer)
    price = line.unit_price * facts.rate(order.currency)
    cost = facts.sku(bucket[0]).unit_cost
    way = best_lane(facts, order.region, bucket)
    late = max(0, (way[1] - line.due).days) if way else 0
    contract = customer.contract
    covered = contract is not None and contract.starts <= line.due <= contract.ends
    sure = facts.inbound_supply(bucket[2]).reliability if bucket[2] and way else Decimal(1)
    age = max(0, (facts.today - order.ordered_at.date()).days)
    return {
        "margin": price - cost,
        "penalty": contract.penalty_share * cost * sure if covered and contract and way and not late else Decimal(0),
        "lateness": (Decimal(0) if covered else min(rates.late_penalty_cap, late * rates.late_penalty_per_day) * cost),
        "tier": dict(rates.tier_bonus).get(customer.tier.value, Decimal(0)) * price,
        "aging": min(rates.aging_bonus_cap, age * rates.aging_bonus_per_day) * price,
        "freight": way[0].freight if way else Decimal(0),
    }


def _strict(facts: Facts, line: str) -> bool:
    if not facts.has("line", line) or _on_hold(facts, line):
        return False
    contract = facts.customer(facts.order(facts.line(line).order).customer).contract
    return contract is not None and contract.strict


def _on_hold(facts: Facts, line: str) -> bool:
    order = facts.order(facts.line(line).order)
    return bool(order.holds) or facts.customer(order.customer).on_credit_hold


def _on_time(facts: Facts, key: str, bucket: Bucket) -> bool:
    line = facts.line(key)
    way = best_lane(facts, facts.order(line.order).region, bucket)
    return way is not None and way[1] <= line.due


def _granted(before: Facts | None, after: Facts) -> Decimal:
    """Value of what transfer requests have been granted; one that is no longer listed has been granted whole."""
    listed = {item.id for item in after.transfers}
    gone = [item for item in before.transfers if item.id not in listed] if before else []
    open_ = sum((item.granted * item.value for item in after.transfers), Decimal(0))
    return open_ + sum((item.quantity * item.value for item in gone), Decimal(0))


def _broken(before: Facts, after: Facts, rates: Rates) -> Decimal:
    """Break cost of the units that lines held before and for which they now hold none that arrives as early.

    Both sides arrive by the later facts' calendar, so that a supplier's delay alone breaks nothing.
    """
    cost = Decimal(0)
    had, has = _arriving(before, after), _arriving(after, after)
    for key in sorted(had):
        lost = max(
            sum(had[key][day] for day in had[key] if day <= by) - sum(has[key][day] for day in has[key] if day <= by)
            for by in had[key]
        )
        if lost > 0:
            line = after.line(key)
            cost += lost * rates.break_cost * line.unit_price * after.rate(after.order(line.order).currency)
    return cost


def _arriving(facts: Facts, calendar: Facts) -> dict[str, Counter[date]]:
    """Units per line and arrival day; what cannot arrive counts as arriving at the end of time."""
    result: dict[str, Counter[date]] = defaultdict(Counter)
    for (key, bucket), units in held(facts).items():
        if calendar.has("line", key):
            way = best_lane(calendar, calendar.order(calendar.line(key).order).region, bucket)
            result[key][way[1] if way else date.max] += units
    return result
