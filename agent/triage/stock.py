"""Detectors of stock: commitments beyond supply, items that are short, that run out, and counts that differ. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from agent.triage.books import Books
from agent.triage.shortage import short_of
from agent.triage.worth import worth_of_missing
from domain.atp import AtpBucket, available
from domain.calendar import end_of
from domain.canonical import digest
from domain.cases import Scope
from domain.facts import Facts
from domain.inventory import DemandSignal, Position
from domain.signals import Signal, SignalKind, Thresholds
from domain.wording import counted


def mark(kind: SignalKind, basis: object) -> str:
    """The same facts about the same thing make the same mark."""
    return f"{kind}:{digest(f'triage/{kind}/1', basis)[:16]}"


def atp_below_commitments(books: Books, _: Facts | None, limits: Thresholds) -> Iterator[Signal]:
    """A place whose projected ATP (`domain.atp`) falls below zero within the horizon.

    At stake: the units beyond supply, at the worth of the lines of the SKU that are worth most.
    """
    facts = books.facts
    last = facts.today + timedelta(days=limits.horizon_days)
    for sku in sorted({item.sku for item in facts.positions}):
        mine = books.about(sku)
        for site in sorted(item.site for item in mine.positions):
            ahead = [bucket for bucket in available(mine, sku, site) if bucket.day <= last]
            worst = -min(bucket.projected for bucket in ahead)
            if worst >= limits.oversold_units:
                yield _oversold(books, sku, site, worst, ahead)


def _oversold(books: Books, sku: str, site: str, worst: int, ahead: list[AtpBucket]) -> Signal:
    since = next(bucket.day for bucket in ahead if bucket.projected < 0)
    flows = [(bucket.day, bucket.receipts, bucket.commitments) for bucket in ahead]
    return Signal(
        kind="atp_below_commitments",
        subject=f"{sku}@{site}",
        mark=mark("atp_below_commitments", [sku, site, flows]),
        title=f"{sku} at {site}: {counted(worst, 'unit')} committed beyond supply from {since}",
        scope=Scope(skus=(sku,), sites=(site,)),
        value_at_stake=worth_of_missing(books.facts, books.lines_of[sku], worst),
        deadline=end_of(since),
        detail=f"Reservations and promises exceed stock and receipts by {worst} from {since} on.",
        figures=(("units", worst),),
    )


def shortage(books: Books, _: Facts | None, limits: Thresholds) -> Iterator[Signal]:
    """A SKU whose open demand is not covered in time over all sites (`agent.triage.shortage`)."""
    for sku in sorted(item.id for item in books.facts.skus):
        short = short_of(books.facts, sku, books.lines_of[sku], books.coming[sku])
        if short is not None and short.units >= limits.shortage_units:
            yield Signal(
                kind="shortage",
                subject=sku,
                mark=short.mark,
                title=f"Shortage: {sku}",
                scope=Scope(skus=(sku,)),
                value_at_stake=worth_of_missing(books.facts, books.lines_of[sku], short.units),
                deadline=end_of(short.since),
                detail=(
                    f"{short.demand} units are asked for, {short.stock} are in stock and {short.inbound} on their way; "
                    f"{short.units} are missing from {short.since} on."
                ),
                figures=(("units", short.units),),
            )


def stock_out_ahead(books: Books, _: Facts | None, limits: Thresholds) -> Iterator[Signal]:  # noqa: ARG001
    """Sellable stock of a place is used up before the supplier could deliver, and nothing is on its way or asked for.

    Use per day: a seventh of the larger of forecast and run rate of the week; the last known week goes on. At stake:
    the unmet use at unit cost, for there is no order with a price.
    """
    facts = books.facts
    coming = {(supply.sku, supply.site) for supply in facts.inbound}
    coming |= {(asked.sku, asked.site) for asked in facts.purchases}
    signals: dict[tuple[str, str], list[DemandSignal]] = defaultdict(list)
    for item in sorted(facts.demand, key=lambda item: (item.sku, item.site, item.week)):
        signals[item.sku, item.site].append(item)
    for place in sorted(facts.positions, key=lambda item: (item.sku, item.site)):
        key = (place.sku, place.site)
        sku = facts.sku(place.sku)
        known = sku.supplier is not None and facts.has("supplier", sku.supplier)
        if key in coming or not known or not signals[key]:
            continue
        lead = facts.supplier(sku.supplier or "").lead_time_days
        used = _used(signals[key], facts.today, lead)
        if used and used[-1] > 7 * place.sellable:
            yield _runs_out(facts, place, lead, used)


def _used(weeks: list[DemandSignal], today: date, days: int) -> list[int]:
    """Sevenths of a unit used up by the end of each of the next days."""
    used, total, rate, ahead = [], 0, 0, list(weeks)
    for day in (today + timedelta(days=n) for n in range(days)):
        while ahead and ahead[0].week <= day:
            week = ahead.pop(0)
            rate = max(week.forecast, week.run_rate)
        total += rate
        used.append(total)
    return used


def _runs_out(facts: Facts, place: Position, lead: int, used: list[int]) -> Signal:
    out = facts.today + timedelta(days=next(n for n, sevenths in enumerate(used) if sevenths > 7 * place.sellable))
    missing = -(-(used[-1] - 7 * place.sellable) // 7)
    cost = facts.sku(place.sku).unit_cost
    return Signal(
        kind="stock_out_ahead",
        subject=f"{place.sku}@{place.site}",
        mark=mark("stock_out_ahead", [place.sku, place.site, place.sellable, used]),
        title=f"{place.sku} at {place.site} runs out on {out}, before new supply can be there",
        scope=Scope(skus=(place.sku,), sites=(place.site,)),
        value_at_stake=missing * cost,
        deadline=end_of(out),
        detail=f"{place.sellable} sellable units do not last {lead} days of lead time; nothing is on its way.",
        figures=(("units", missing),),
    )


def inventory_discrepancy(books: Books, _: Facts | None, limits: Thresholds) -> Iterator[Signal]:
    """ERP and WMS count differently, by enough units and by enough of the larger count. At stake: the units at cost."""
    facts = books.facts
    counts = {(item.sku, item.site): item.on_hand for item in facts.warehouse_positions}
    for place in sorted(facts.positions, key=lambda item: (item.sku, item.site)):
        wms = counts.get((place.sku, place.site))
        if wms is None:
            continue
        off, larger = abs(place.on_hand - wms), max(place.on_hand, wms)
        if off < limits.discrepancy_units or off < limits.discrepancy_share * larger:
            continue
        due = [line.due for line in books.lines_of[place.sku]]
        yield Signal(
            kind="inventory_discrepancy",
            subject=f"{place.sku}@{place.site}",
            mark=mark("inventory_discrepancy", [place.sku, place.site, place.on_hand, wms]),
            title=f"{place.sku} at {place.site}: ERP has {place.on_hand}, the warehouse {wms}",
            scope=Scope(skus=(place.sku,), sites=(place.site,)),
            value_at_stake=Decimal(off) * facts.sku(place.sku).unit_cost,
            deadline=end_of(min(due)) if due else None,
            detail=f"The counts are {counted(off, 'unit')} apart.",
            figures=(("erp_units", place.on_hand), ("wms_units", wms), ("units", off)),
        )
