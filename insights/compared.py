"""One plan beside what people did with the same shortage: line by line, move by move, in money. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from domain.cases import Case
from domain.facts import Facts
from domain.noun import Id, Money, Noun, Text, Units
from domain.plans import Move
from domain.requests import Rates
from guardrails.policy.autonomy import Level
from guardrails.subject import describe
from guardrails.supply import Bucket
from insights.doings import Changes, done, granted, planned, sent, summed
from insights.hindsight import errors
from insights.worth import Worth

Key = tuple[str, bool]
"""(line or transfer request, whether the units are inbound)."""


class LineCompared(Noun):
    """Units of one line (or transfer request) from stock, or from supply on its way: planned and done, more or fewer.

    `price` is the sales value of a unit, unrounded (of a request its stated value); the values are what the changes of
    the whole line are worth, and stand at one of its two entries.
    """

    line: Id
    inbound: bool
    sku: Id
    sku_class: Id
    site: Id
    segment: Text
    planned: int
    done: int
    price: Decimal
    plan_value: Money = Decimal("0.00")
    people_value: Money = Decimal("0.00")

    @property
    def agreed(self) -> int:
        """Units that both changed in one direction."""
        return min(abs(self.planned), abs(self.done)) if self.planned * self.done > 0 else 0

    @property
    def either(self) -> int:
        """Units that the plan or people changed, each counted once where both did."""
        return abs(self.planned) + abs(self.done) - self.agreed


class MoveCompared(Noun):
    """A planned move. `same`: people did all of it; None when it moves no units that could be compared.

    `errors` are why it would have been wrong as later facts show; `units` and `money` (sales value) are what it gives.
    """

    move: Id
    level: Level
    sku_classes: tuple[Id, ...]
    sites: tuple[Id, ...]
    segments: tuple[Text, ...]
    same: bool | None
    units: Units
    money: Money
    errors: tuple[Text, ...] = ()


class Compared(Noun):
    """A plan beside what people did. `facts` are the snapshots of the plan and of the look; `left_out` counts moves
    that a rule would have stopped anyway."""

    case: Id
    run: Id
    case_kind: Id
    planned_at: datetime
    looked_at: datetime
    currency: Id
    facts: tuple[Id, Id]
    policy: Id
    lines: tuple[LineCompared, ...]
    moves: tuple[MoveCompared, ...]
    left_out: Units = 0


def compare_moves(
    moves: Sequence[Move],
    levels: Mapping[str, Level],
    case: Case,
    then: Facts,
    later: Facts,
    rates: Rates,
    extent: Collection[str],
) -> tuple[tuple[LineCompared, ...], tuple[MoveCompared, ...]]:
    """The plan's moves beside what happened to lines of these SKUs (`extent`) between the two snapshots."""
    people, requests = done(then, later, extent), granted(then, later, extent)
    plan = summed([planned(move) for move in moves])
    asked: dict[str, int] = defaultdict(int)
    for move in moves:
        for key, units in sent(move).items():
            asked[key] += units
    lines = _lines(then, Worth(then, extent, rates), (plan, people), (asked, requests))
    left = {(line.line, line.inbound): line.done for line in lines}
    return lines, tuple(_move(move, levels[move.id], case, then, later, left) for move in moves)


def _lines(
    then: Facts, worth: Worth, changes: tuple[Changes, Changes], requests: tuple[Mapping[str, int], Mapping[str, int]]
) -> tuple[LineCompared, ...]:
    by_key: tuple[dict[Key, dict[Bucket, int]], ...] = (defaultdict(dict), defaultdict(dict))
    for side, changed in zip(by_key, changes, strict=True):
        for (line, bucket), count in changed.items():
            side[line, bucket[2] is not None][bucket] = count
    values = [worth.of(changed) for changed in changes]
    found, valued = [], set()
    for key in sorted(by_key[0].keys() | by_key[1].keys()):
        line, inbound = key
        ours, theirs = by_key[0].get(key, {}), by_key[1].get(key, {})
        units = (sum(ours.values()), sum(theirs.values()))
        first = line not in valued
        valued.add(line)
        worths = [value.get(line, Decimal(0)) if first else Decimal(0) for value in values]
        if any(units) or any(worths):
            found.append(_line(then, line, inbound, _site(ours or theirs), units, worths))
    for key_of in sorted(requests[0].keys() | requests[1].keys()):
        counts = (requests[0].get(key_of, 0), requests[1].get(key_of, 0))
        found.append(_request(then, key_of, counts, [worth.granted(key_of, count) for count in counts]))
    return tuple(found)


def _site(changed: Mapping[Bucket, int]) -> str:
    """The site of most units."""
    return min(changed, key=lambda bucket: (-abs(changed[bucket]), bucket[1], bucket[2] or ""))[1]


def _line(
    then: Facts, key: str, inbound: bool, site: str, units: tuple[int, int], worths: Sequence[Decimal]
) -> LineCompared:
    line = then.line(key)
    order = then.order(line.order)
    return LineCompared(
        line=key,
        inbound=inbound,
        sku=line.sku,
        sku_class=then.sku(line.sku).abc_class,
        site=site,
        segment=then.customer(order.customer).segment,
        planned=units[0],
        done=units[1],
        price=line.unit_price * then.rate(order.currency),
        plan_value=worths[0],
        people_value=worths[1],
    )


def _request(then: Facts, key: str, units: tuple[int, int], worths: Sequence[Decimal]) -> LineCompared:
    item = then.transfer(key)
    return LineCompared(
        line=key,
        inbound=False,
        sku=item.sku,
        sku_class=then.sku(item.sku).abc_class,
        site=item.to_site,
        segment="",
        planned=units[0],
        done=units[1],
        price=item.value,
        plan_value=worths[0],
        people_value=worths[1],
    )


def _move(move: Move, level: Level, case: Case, then: Facts, later: Facts, left: dict[Key, int]) -> MoveCompared:
    subject = describe(move, then, case)
    units, money = subject.facts["units_moved"], subject.facts["value_moved"]
    assert isinstance(units, int) and isinstance(money, Decimal)
    return MoveCompared(
        move=move.id,
        level=level,
        sku_classes=subject.touched.sku_classes,
        sites=subject.touched.sites,
        segments=subject.touched.segments,
        same=_same(move, left),
        units=units,
        money=money,
        errors=errors(move, then, later, case),
    )


def _same(move: Move, left: dict[Key, int]) -> bool | None:
    """Whether what people did, and no earlier move of the plan has used up, covers every line of the move."""
    wanted: dict[Key, int] = defaultdict(int)
    for (line, bucket), units in planned(move).items():
        wanted[line, bucket[2] is not None] += units
    for request, units in sent(move).items():
        wanted[request, False] += units
    wanted = {key: units for key, units in wanted.items() if units}
    if not wanted:
        return None
    if any(left.get(key, 0) * units <= 0 or abs(left[key]) < abs(units) for key, units in wanted.items()):
        return False
    for key, units in wanted.items():
        left[key] -= units
    return True
