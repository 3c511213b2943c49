"""Who holds a SKU, and who should get the last of it."""

from __future__ import annotations

from agent.planners.rules.notebook import Notebook
from agent.planners.rules.questions.linked import Mentions
from domain.allocation.types import AllocationPlan
from domain.facts import Facts
from domain.noun import from_minor
from domain.requests import Answer
from tools.holdings import HoldingEntry, HoldingsReport
from tools.inventory import InventoryReport

MOST = 20
"""Rows that a table shows at most."""


def who_holds(book: Notebook, _: str, named: Mentions) -> Answer:
    """Reservations and claims of the SKU (of each SKU of an order, when one is named instead)."""
    skus = named.of("sku") or _skus_of(book.facts, named)
    sites = named.of("site")
    found = [
        book.look(HoldingsReport, "holdings", sku=sku, **({"site": sites[0]} if len(sites) == 1 else {}))
        for sku in skus
    ]
    rows = [(report.sku, entry) for report in found for entry in report.holders]
    text = " ".join(_held(report) for report in found)
    keys = [key for _, entry in rows[:MOST] for key in (entry.line, entry.case) if key]
    return Answer(
        intent="who_holds",
        text=text,
        columns=("SKU", "holder", "customer", "units", "from", "kind", "since (days)", "can move"),
        rows=tuple(_holder_row(sku, entry) for sku, entry in rows[:MOST]),
        evidence=tuple(dict.fromkeys((*skus, *keys))),
    )


def _skus_of(facts: Facts, named: Mentions) -> tuple[str, ...]:
    lines = [facts.line(key) for key in named.of("line")]
    lines += [line for key in named.of("order") for line in facts.order(key).lines]
    return tuple(sorted({line.sku for line in lines}))


def _held(report: HoldingsReport) -> str:
    if not report.holders:
        return f"Nobody holds {report.sku}; {report.free_units} units are free."
    first = report.holders[0]
    name = f"{first.line} of {first.customer}" if first.customer else (first.line or f"case {first.case}")
    holders = len(report.holders)
    return (
        f"{report.held_units} units of {report.sku} are held in {holders} place{'s' if holders > 1 else ''}, "
        f"most by {name} ({first.quantity}); {report.free_units} units are free."
    )


def _holder_row(sku: str, entry: HoldingEntry) -> tuple[str, ...]:
    holder = entry.line or (f"claim of case {entry.case}" if entry.case else "earmarked for a move")
    place = f"{entry.inbound} for {entry.site}" if entry.inbound else entry.site
    age = "" if entry.age_days is None else str(entry.age_days)
    movable = "yes" if entry.movable else "no"
    return (sku, holder, entry.customer or "", str(entry.quantity), place, entry.kind, age, movable)


def who_should_get(book: Notebook, _: str, named: Mentions) -> Answer:
    """Shares the last units of stock out among all who ask, as if nobody held any; says who gets none and why."""
    sku = named.of("sku")[0]
    sites = named.of("site")
    where: dict[str, object] = {"site": sites[0]} if len(sites) == 1 else {}
    stock = book.look(InventoryReport, "inventory", sku=sku, **where)
    sellable = sum(row.sellable for row in stock.stock)
    asked = named.numbers[0] if named.numbers else sellable
    if asked <= 0 or sellable == 0:
        return Answer(intent="who_should_get", text=f"There is no unit of {sku} to give.", evidence=(sku,))
    plan = book.look(AllocationPlan, "allocate", skus=(sku,), units=min(asked, sellable), **where)
    names = {key: _name(book.facts, key) for key in (*(g.line for g in plan.grants), *(s.line for s in plan.shortages))}
    given = sum(grant.quantity for grant in plan.grants)
    winners = [(grant.line, grant.quantity) for grant in plan.grants]
    got = "; ".join(f"{units} to {key} ({names[key]})" for key, units in _summed(winners)[:6]) or "nobody"
    empty = [item for item in plan.shortages if item.line not in {key for key, _ in winners}]
    lost = "".join(f" Nothing for {item.line} ({names[item.line]}): {item.text.rstrip('.')}." for item in empty[:3])
    fewer = f" Only {sellable} are sellable, not {asked}." if asked > sellable else ""
    left = f" {min(asked, sellable) - given} stay free." if given < min(asked, sellable) else ""
    return Answer(
        intent="who_should_get",
        text=f"Of the last {min(asked, sellable)} of {sku}: {got}.{fewer}{left}{lost}",
        columns=("line", "customer", "gets", "value per unit", "short", "why"),
        rows=_rows(plan, names),
        evidence=tuple(dict.fromkeys((plan.id, sku, *names))),
    )


def _summed(winners: list[tuple[str, int]]) -> list[tuple[str, int]]:
    total: dict[str, int] = {}
    for key, units in winners:
        total[key] = total.get(key, 0) + units
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))


def _rows(plan: AllocationPlan, names: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    got = dict(_summed([(grant.line, grant.quantity) for grant in plan.grants]))
    value = {grant.line: grant.value for grant in plan.grants}
    short = {item.line: item for item in plan.shortages}
    rows = []
    for key in sorted(names, key=lambda name: (-got.get(name, 0), name))[:MOST]:
        item = short.get(key)
        worth = str(from_minor(value[key])) if key in value else str(from_minor(item.own_value)) if item else ""
        rows.append(
            (
                key,
                names[key],
                str(got.get(key, 0)),
                worth,
                str(item.units if item else 0),
                item.text if item else "full",
            )
        )
    return tuple(rows)


def _name(facts: Facts, key: str) -> str:
    if facts.has("line", key):
        customer = facts.customer(facts.order(facts.line(key).order).customer)
        return f"{customer.id}, {customer.tier.value}"
    return f"transfer to {facts.transfer(key).to_site}"
