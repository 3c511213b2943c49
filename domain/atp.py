"""Available to promise: what of a SKU at a site is still uncommitted, by date.

Receipts are sellable stock today and inbound supply on its ETA; commitments are reservations, claims of waiting plans,
and promised units that nothing is reserved for yet. Projected(t) = receipts up to t - commitments up to t. Cumulative
ATP with look-ahead is the running minimum over the future [ASCM; Infor LN]: ATP(t) = max(0, min over u >= t of
projected(u)), so that a promise never takes what a later commitment needs. Discrete ATP is what each date adds to it;
the sum of the discrete values up to t is ATP(t).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from domain.facts import Facts
from domain.noun import Id, Noun, PositiveUnits, Units
from domain.orders import OrderLine
from domain.scoring import way_to


class AtpBucket(Noun):
    """A date on which something comes or is committed. `projected` may be negative: then units are oversold."""

    day: date
    receipts: Units
    commitments: Units
    projected: int
    discrete: Units
    cumulative: Units


class Promisable(Noun):
    """Whether `quantity` can be promised `by` a day: (site id, units) per site, and the first day on which it can."""

    sku: Id
    quantity: PositiveUnits
    by: date
    units: Units
    sites: tuple[tuple[Id, Units], ...]
    ok: bool
    earliest: date | None


def available(facts: Facts, sku: str, site: str, case: str = "") -> tuple[AtpBucket, ...]:
    """ATP of a SKU at a site, by date, today first. Claims of `case` itself do not count against it.

    What was due before today counts today. Raises UnknownReference for an unknown SKU or site.
    """
    facts.sku(sku)
    facts.site(site)
    receipts, commitments = _receipts(facts, sku, site), _commitments(facts, sku, site, case)
    days = sorted({facts.today, *receipts, *commitments})
    projected: list[int] = []
    level = 0
    for day in days:
        level += receipts.get(day, 0) - commitments.get(day, 0)
        projected.append(level)
    ahead: list[int] = []
    for level in reversed(projected):
        ahead.append(min(level, ahead[-1]) if ahead else level)
    cumulative = [max(0, level) for level in reversed(ahead)]
    return tuple(
        AtpBucket(
            day=day,
            receipts=receipts.get(day, 0),
            commitments=commitments.get(day, 0),
            projected=projected[place],
            discrete=cumulative[place] - (cumulative[place - 1] if place else 0),
            cumulative=cumulative[place],
        )
        for place, day in enumerate(days)
    )


def promisable_on(buckets: tuple[AtpBucket, ...], day: date) -> int:
    """Cumulative ATP on any day; 0 before the first bucket."""
    past = [bucket for bucket in buckets if bucket.day <= day]
    return past[-1].cumulative if past else 0


def can_promise(facts: Facts, sku: str, quantity: int, by: date, case: str = "") -> Promisable:
    """Whether `quantity` units of a SKU can leave our sites by a day, largest site first, then by id.

    Days are days of leaving: transit is not in it. Raises UnknownReference for an unknown SKU.
    """
    buckets = {site.id: available(facts, sku, site.id, case) for site in facts.sites}
    at_hand = {site: promisable_on(rows, by) for site, rows in buckets.items()}
    left, used = quantity, []
    for site in sorted(at_hand, key=lambda key: (-at_hand[key], key)):
        units = min(left, at_hand[site])
        left -= units
        if units:
            used.append((site, units))
    days = sorted({bucket.day for rows in buckets.values() for bucket in rows})
    enough = (day for day in days if sum(promisable_on(rows, day) for rows in buckets.values()) >= quantity)
    return Promisable(
        sku=sku,
        quantity=quantity,
        by=by,
        units=sum(at_hand.values()),
        sites=tuple(used),
        ok=left == 0,
        earliest=next(enough, None),
    )


def _receipts(facts: Facts, sku: str, site: str) -> dict[date, int]:
    result: dict[date, int] = defaultdict(int)
    position = facts.position(sku, site)
    if position is not None:
        result[facts.today] += position.sellable
    for item in facts.inbound:
        if item.sku == sku and item.site == site:
            result[max(facts.today, item.eta)] += item.quantity
    return result


def _commitments(facts: Facts, sku: str, site: str, case: str) -> dict[date, int]:
    result: dict[date, int] = defaultdict(int)

    def commit(inbound: str | None, units: int) -> None:
        eta = facts.inbound_supply(inbound).eta if inbound and facts.has("inbound", inbound) else facts.today
        result[max(facts.today, eta)] += units

    for reservation in facts.reservations:
        if reservation.sku == sku and reservation.site == site:
            commit(reservation.inbound, reservation.quantity)
    for claim in facts.claims:
        if claim.sku == sku and claim.site == site and claim.case != case:
            commit(claim.inbound, claim.quantity)
    for line in facts.lines_of_sku(sku):
        waiting = line.open_quantity - _reserved(facts, line)
        if line.promise is not None and waiting > 0:
            home = _home(facts, line)
            if home is not None and home[0] == site:
                result[max(facts.today, line.promise.current - timedelta(days=home[1]))] += waiting
    return result


def _reserved(facts: Facts, line: OrderLine) -> int:
    return sum(item.quantity for item in facts.reservations if item.line == line.id and item.sku == line.sku)


def _home(facts: Facts, line: OrderLine) -> tuple[str, int] | None:
    """(site, days under way) that a promised line without a reservation is expected from: of the sites it may ship from
    the one that is there first from stock, ties by id; None when no lane leads to it."""
    region = facts.order(line.order).region
    options = []
    for site in facts.sites:
        if not line.allowed_sites or site.id in line.allowed_sites:
            way = way_to(facts, region, site.id, None)
            if way is not None:
                options.append((way.arrives, site.id, (way.arrives - way.ships).days))
    return min(options)[1:] if options else None
