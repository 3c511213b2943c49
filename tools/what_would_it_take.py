"""What it would take to serve a line or order by a day: every lever alone, verified, and what it costs whom."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.allocation.what_if import Lever
from domain.allocation.what_if import what_would_it_take as levers_for
from domain.errors import BadInput
from domain.noun import Id, Noun, Text, from_minor
from domain.orders import OrderLine
from tools.context import ToolContext


class WhatArgs(Noun):
    """A line, or every open line of an order, and the day it is to be there."""

    by: date
    line: Id | None = None
    order: Id | None = None


class Way(Noun):
    """One lever, alone. `works` is verified by solving again; `cost` in base currency (negative: it gains).

    `losers` are (line, units) that get less; `complete_on` is when the line is then complete.
    """

    kind: Id
    works: bool
    cost: Decimal
    losers: tuple[tuple[Id, int], ...] = ()
    complete_on: date | None = None
    text: Text


class WhatRow(Noun):
    """One line with its levers, those that work first, cheapest first.

    `on_track`: nothing has to be done beyond carrying out the best allocation (all is reserved when held = open).
    """

    line: Id
    customer: Id
    open: int
    held: int
    on_track: bool
    ways: tuple[Way, ...]


class WhatReport(Noun):
    """Rows by line id; lines that are not open are left out."""

    by: date
    rows: tuple[WhatRow, ...]


def what_would_it_take(context: ToolContext, args: WhatArgs) -> WhatReport:
    """Levers per line. BadInput when neither line nor order is named or the day is past; UnknownReference otherwise."""
    facts = context.facts
    if args.by < facts.today:
        raise BadInput(f"{args.by} is in the past", field="by", fix=f"name a day from {facts.today} on")
    if args.line is not None:
        lines = [facts.line(args.line)]
    elif args.order is not None:
        lines = sorted(facts.order(args.order).lines, key=lambda line: line.id)
    else:
        raise BadInput("there is nothing to serve", field="line", fix="name a line or an order")
    return WhatReport(by=args.by, rows=tuple(_row(context, line, args.by) for line in lines if line.open_quantity))


def _row(context: ToolContext, line: OrderLine, by: date) -> WhatRow:
    levers = levers_for(context.facts, line.id, by, context.request)
    return WhatRow(
        line=line.id,
        customer=context.order_of(line).customer,
        open=line.open_quantity,
        held=context.held(line.id),
        on_track=any(lever.kind == "already" for lever in levers),
        ways=tuple(_way(lever) for lever in levers),
    )


def _way(lever: Lever) -> Way:
    return Way(
        kind=lever.kind,
        works=lever.works,
        cost=from_minor(lever.cost),
        losers=lever.losers,
        complete_on=lever.complete_on,
        text=lever.text,
    )
