"""Why an order, line, SKU or customer gets nothing, or less than it asked for."""

from __future__ import annotations

from datetime import date

from agent.planners.rules.notebook import Notebook
from agent.planners.rules.questions.linked import Mentions
from domain.requests import Answer
from domain.wording import counted
from tools.explain import Explanation, LineExplanation
from tools.inventory import InventoryReport
from tools.orders import OrdersReport

COLUMNS = ("line", "SKU", "asked", "reserved", "plan gives", "short", "why")
MOST = 20
"""Lines that a table shows at most."""


def why(book: Notebook, _: str, named: Mentions) -> Answer:
    """Explains the first thing the question names: line before order before SKU before customer."""
    if lines := named.of("line"):
        return _explained(lines[0], [book.look(Explanation, "explain", line=lines[0])])
    if orders := named.of("order"):
        return _explained(orders[0], [book.look(Explanation, "explain", order=orders[0])])
    if skus := named.of("sku"):
        return _sku(book, skus[0])
    customer = named.of("customer")[0]
    report = book.look(OrdersReport, "orders", customer=customer)
    keys = [row.line for row in report.lines[:MOST]]
    return _explained(customer, [book.look(Explanation, "explain", line=key) for key in keys])


def _explained(subject: str, found: list[Explanation]) -> Answer:
    lines = [line for explanation in found for line in explanation.lines]
    if not lines:
        return Answer(intent="why", text=f"{subject} has no open line: nothing is left to ship.", evidence=())
    return Answer(
        intent="why",
        text=" ".join((_verdict(subject, lines), *(_sentence(line) for line in lines[:5]))),
        columns=COLUMNS,
        rows=tuple(_row(line) for line in lines[:MOST]),
        evidence=_evidence(found),
    )


def _verdict(subject: str, lines: list[LineExplanation]) -> str:
    """Says first whether the question is right: who got something is told so."""
    asked, held = sum(line.open for line in lines), sum(line.held for line in lines)
    if held >= asked:
        return f"{subject} did get what it asked for: {held} of {asked} units are reserved."
    if held:
        return f"{subject} did get something: {held} of {asked} units are reserved, {asked - held} are not."
    return f"{subject} has nothing reserved of {asked} units."


def _sentence(line: LineExplanation) -> str:
    has = f"{line.line}: what it has reserved is there on {_day(line.held_arrives, line.due)}" if line.held else ""
    if line.short == 0:
        if line.held >= line.granted:
            better = line.arrives is not None and line.held_arrives is not None and line.arrives < line.held_arrives
            return f"{has}; the best allocation has it on {line.arrives}." if better else f"{has}."
        holders = ", ".join(f"{holder.line} {holder.units}" for holder in line.holders)
        now = f" Now {line.sku} is held by {holders}." if holders else ""
        what = f"all {line.granted} units, there on {_day(line.arrives, line.due)}"
        return f"{line.line}: the best allocation gives it {what}; not reserved yet.{now}"
    lead = f"{has}, but the best allocation gives it {line.granted}: " if line.held else f"{line.line}: "
    text = f"{lead}{line.reason.rstrip('.')}."
    if line.rivals:
        first = line.rivals[0]
        text += f" First before it: {first.line} of {first.customer} ({first.tier}), {first.units} units."
    if line.granted > line.held:
        text += f" The best allocation would still give it {line.granted}."
    return text


def _day(day: date | None, due: date) -> str:
    """A day, and how late it is."""
    if day is None:
        return "a day that nobody knows yet"
    return f"{day}, {counted((day - due).days, 'day')} after it was due" if day > due else str(day)


def _row(line: LineExplanation) -> tuple[str, ...]:
    reason = line.reason or ("frozen or picked" if line.fixed else "covered")
    return (line.line, line.sku, str(line.open), str(line.held), str(line.granted), str(line.short), reason)


def _evidence(found: list[Explanation]) -> tuple[str, ...]:
    keys: list[str] = []
    for explanation in found:
        if explanation.lines:
            keys.append(explanation.allocation)
        for line in explanation.lines:
            keys += [line.line, line.order, *(rival.line for rival in line.rivals[:5])]
    return tuple(dict.fromkeys(keys))


def _sku(book: Notebook, sku: str) -> Answer:
    """Demand against supply of a SKU, and what comes late."""
    stock = book.look(InventoryReport, "inventory", sku=sku)
    lines = book.look(OrdersReport, "orders", sku=sku, limit=10000)
    late = [row for row in stock.inbound if row.late_days > 0]
    sellable = sum(row.sellable for row in stock.stock)
    coming = sum(row.quantity for row in stock.inbound)
    text = (
        f"{lines.open_units} units of {sku} are asked for, {sellable} can be sold from stock and {coming} are on their "
        f"way; {lines.uncovered_units} asked units have nothing reserved and {stock.free_now} are free now."
    )
    if late:
        told = "; ".join(
            f"{row.inbound} with {row.quantity} units on {row.eta}, {row.late_days} days late" for row in late
        )
        text += f" Late: {told}."
    short = [row for row in lines.lines if row.uncovered]
    return Answer(
        intent="why",
        text=text,
        columns=("line", "customer", "asked", "reserved", "uncovered", "wanted"),
        rows=tuple(
            (row.line, row.customer, str(row.open), str(row.reserved), str(row.uncovered), str(row.requested))
            for row in short[:MOST]
        ),
        evidence=(sku, *(row.inbound for row in late), *(row.line for row in short[:MOST])),
    )
