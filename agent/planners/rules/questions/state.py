"""How things stand: what can be promised, where an order is, what waits."""

from __future__ import annotations

from agent.planners.rules.notebook import Notebook
from agent.planners.rules.questions.linked import Mentions
from domain.requests import Answer
from domain.wording import counted
from tools.atp import AtpReport
from tools.inventory import InventoryReport
from tools.orders import LineRow, OrdersReport
from tools.waves import WavesReport

MOST = 20
"""Rows that a table shows at most."""


def atp(book: Notebook, _: str, named: Mentions) -> Answer:
    """Units that can be promised, by site and day."""
    sku, sites = named.of("sku")[0], named.of("site")
    report = book.look(AtpReport, "atp", sku=sku, **({"site": sites[0]} if len(sites) == 1 else {}))
    there = ", ".join(f"{row.now} at {row.site}" for row in report.sites if row.now)
    sold = sum(row.oversold for row in report.sites)
    text = (
        f"{report.now} units of {sku} can be promised today{f' ({there})' if there else ''}, {report.later} by "
        f"{report.until}, without robbing a later commitment."
        + (f" Commitments exceed supply by {sold} units." if sold else "")
    )
    return Answer(
        intent="atp",
        text=text,
        columns=("site", "day", "comes", "committed", "can be promised"),
        rows=tuple(
            (row.site, str(bucket.day), str(bucket.receipts), str(bucket.commitments), str(bucket.cumulative))
            for row in report.sites
            for bucket in row.buckets
            if bucket.receipts or bucket.commitments or bucket.cumulative
        )[:MOST],
        evidence=(sku, *(row.site for row in report.sites)),
    )


def status(book: Notebook, _: str, named: Mentions) -> Answer:
    """Lines of the order, line, customer, wave, inbound supply or SKU that the question names first."""
    if named.of("line", "order", "customer"):
        lines, orders = named.of("line"), named.of("order")
        which = (
            {"line": lines[0]} if lines else {"order": orders[0]} if orders else {"customer": named.of("customer")[0]}
        )
        report = book.look(OrdersReport, "orders", **which)
        return _lines(next(iter(which.values())), report)
    if waves := named.of("wave"):
        return _wave(book, waves[0])
    if inbound := named.of("inbound"):
        return _inbound(book, inbound[0])
    sku = named.of("sku")[0]
    return _lines(sku, book.look(OrdersReport, "orders", sku=sku))


def _lines(subject: str, report: OrdersReport) -> Answer:
    if not report.lines:
        return Answer(intent="status", text=f"{subject} has no open line.", evidence=())
    held = sorted({hold for row in report.lines for hold in row.holds})
    text = (
        f"{subject}: {report.open_units} units open on {counted(len(report.lines) + report.left_out, 'line')}, "
        f"{report.open_units - report.uncovered_units} reserved, {report.uncovered_units} uncovered."
    )
    if held:
        text += f" On hold: {', '.join(held)}."
    return Answer(
        intent="status",
        text=text,
        columns=("line", "SKU", "state", "open", "reserved", "wanted", "promised", "from"),
        rows=tuple(
            (
                row.line, row.sku, row.state, str(row.open), str(row.reserved), str(row.requested),
                str(row.promised or "not yet"), _sources(row),
            )
            for row in report.lines[:MOST]
        ),
        evidence=tuple(row.line for row in report.lines[:MOST]),
    )  # fmt: skip


def _sources(row: LineRow) -> str:
    parts = [
        f"{held.quantity} on {held.inbound}" if held.inbound else f"{held.quantity} at {held.site}"
        for held in row.holdings
    ]
    return ", ".join(parts) or "nothing reserved"


def _wave(book: Notebook, key: str) -> Answer:
    found = book.look(WavesReport, "waves", wave=key).waves
    if not found:
        return Answer(intent="status", text=f"{key} is done.", evidence=(key,))
    row = found[0]
    return Answer(
        intent="status",
        text=(
            f"{row.wave} at {row.site} is {row.state}, leaves with {row.carrier}, cutoff "
            f"{row.cutoff_at:%Y-%m-%d %H:%M} UTC; {row.open_units} units are still to be picked."
        ),
        columns=("task", "line", "customer", "SKU", "units", "state"),
        rows=tuple((t.task, t.line, t.customer, t.sku, str(t.quantity), t.state) for t in row.tasks[:MOST]),
        evidence=(key, *(task.line for task in row.tasks[:MOST])),
    )


def _inbound(book: Notebook, key: str) -> Answer:
    supply = book.facts.inbound_supply(key)
    stock = book.look(InventoryReport, "inventory", sku=supply.sku, site=supply.site)
    row = next(item for item in stock.inbound if item.inbound == key)
    late = f"{row.late_days} days late" if row.late_days > 0 else "on time"
    faster = " It can be expedited." if row.can_expedite else ""
    return Answer(
        intent="status",
        text=f"{key} brings {row.quantity} {supply.sku} to {row.site} on {row.eta}, {late}; {row.free} free.{faster}",
        evidence=(key, supply.sku),
    )


def waits(book: Notebook, _: str, __: Mentions) -> Answer:
    """Units that other plans have claimed while they wait for a decision, and lines with nothing reserved."""
    claims = sorted(book.facts.claims, key=lambda claim: (claim.case, claim.move, claim.sku, claim.site))
    report = book.look(OrdersReport, "orders", uncovered_only=True)
    cases = sorted({claim.case for claim in claims})
    units = sum(claim.quantity for claim in claims)
    plans = (
        f"{counted(len(cases), 'case')} waiting for a decision: {units} units are claimed until then."
        if claims
        else "No plan of another case claims units."
    )
    return Answer(
        intent="waits",
        text=f"{plans} {report.uncovered_units} units are missing on "
        f"{counted(len(report.lines) + report.left_out, 'open line')}.",
        columns=("case", "move", "SKU", "from", "units", "until"),
        rows=tuple(
            (c.case, c.move, c.sku, c.inbound or c.site, str(c.quantity), f"{c.expires_at:%Y-%m-%d %H:%M}")
            for c in claims[:MOST]
        ),
        evidence=tuple(dict.fromkeys((*cases, *(claim.move for claim in claims[:MOST])))),
    )
