"""Which SKUs are in trouble without anybody having said so."""

from __future__ import annotations

from agent.planners.rules.notebook import Notebook
from domain.wording import counted
from tools.orders import LineRow, OrdersReport


def skus_in_trouble(book: Notebook) -> frozenset[str]:
    """SKUs of the scope (all when it names none) with a line that lacks units or waits for late supply, or a transfer
    request that is not met."""
    scope = frozenset(book.request.scope.skus)
    report = book.look(OrdersReport, "orders", limit=10000)
    asked = frozenset(item.sku for item in book.facts.transfers if item.quantity > item.granted)
    late = asked | frozenset(
        line.sku
        for line in report.lines
        if not line.fixed and not line.holds and (line.uncovered or _waits(book, line))
    )
    chosen = late & scope if scope else late
    book.say(f"{counted(len(chosen), 'SKU')} with lines or sites that lack units or wait for late supply.")
    return chosen


def _waits(book: Notebook, line: LineRow) -> bool:
    """True when a supply that the line has reserved comes after the date it was promised for."""
    due = line.promised or line.requested
    return any(
        held.inbound is not None
        and book.facts.has("inbound", held.inbound)
        and book.facts.inbound_supply(held.inbound).eta > due
        for held in line.holdings
    )
