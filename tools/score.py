"""What a unit is worth to a line, factor by factor: the numbers the allocation maximises."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.errors import BadInput
from domain.noun import Id, Noun, Text, from_minor
from domain.orders import OrderLine
from domain.scoring import Score, score_line
from tools.context import ToolContext


class ScoreArgs(Noun):
    """Lines, or every open line of a SKU; from stock of `site` or from `inbound`, else from the best stock."""

    lines: tuple[Id, ...] = ()
    sku: Id | None = None
    site: Id | None = None
    inbound: Id | None = None


class FactorRow(Noun):
    """One reason why a unit is worth more or less (base currency)."""

    name: Id
    amount: Decimal
    text: Text


class LineScore(Noun):
    """Value of one unit for a line (base currency), what it is made of, and when it would arrive."""

    line: Id
    order: Id
    customer: Id
    sku: Id
    site: Id
    inbound: Id | None = None
    score: Decimal
    arrives: date
    factors: tuple[FactorRow, ...]


class ScoreReport(Noun):
    """Scores, highest first, then by line; lines that no site can reach stand in `unreachable`."""

    lines: tuple[LineScore, ...]
    unreachable: tuple[Id, ...] = ()


def score(context: ToolContext, args: ScoreArgs) -> ScoreReport:
    """Scores of lines. BadInput when neither lines nor a SKU are named; UnknownReference when an id is unknown."""
    facts = context.facts
    if not args.lines and args.sku is None:
        raise BadInput("there is nothing to score", field="lines", fix="name lines or a SKU")
    lines = [facts.line(key) for key in sorted(set(args.lines))]
    if args.sku is not None:
        facts.sku(args.sku)
        lines += [line for line in facts.lines_of_sku(args.sku) if line.id not in args.lines]
    rows = {line.id: _best(context, args, line) for line in lines}
    scored = [row for row in rows.values() if row is not None]
    scored.sort(key=lambda row: (-row.score, row.line))
    return ScoreReport(lines=tuple(scored), unreachable=tuple(sorted(key for key, row in rows.items() if row is None)))


def _best(context: ToolContext, args: ScoreArgs, line: OrderLine) -> LineScore | None:
    facts, rates = context.facts, context.request.rates
    places: list[tuple[str, str | None]]
    if args.inbound is not None:
        supply = facts.inbound_supply(args.inbound)
        places = [(supply.site, args.inbound)]
    elif args.site is not None:
        places = [(facts.site(args.site).id, None)]
    else:
        places = [(site.id, None) for site in facts.sites if not line.allowed_sites or site.id in line.allowed_sites]
    found = [
        (value, site, inbound)
        for site, inbound in sorted(places, key=lambda place: place[0])
        if (value := score_line(facts, line.id, site, inbound, rates)) is not None
    ]
    if not found:
        return None
    return _row(context, line, *max(found, key=lambda item: item[0].total_minor))


def _row(context: ToolContext, line: OrderLine, value: Score, site: str, inbound: str | None) -> LineScore:
    return LineScore(
        line=line.id,
        order=line.order,
        customer=context.order_of(line).customer,
        sku=line.sku,
        site=site,
        inbound=inbound,
        score=from_minor(value.total_minor),
        arrives=value.arrives,
        factors=tuple(
            FactorRow(name=factor.name, amount=from_minor(factor.minor), text=factor.text) for factor in value.factors
        ),
    )
