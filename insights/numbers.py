"""A measured number: its value, unit, formula in words, over how many it was taken, and the ledger lines behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from domain.noun import Id, Noun, Text

TENTH = Decimal("0.1")
ONE = Decimal(1)


class Part(Noun):
    """The same number for one part of what was measured, such as one role or one rule."""

    label: Text
    value: Decimal | None
    count: int
    entries: tuple[int, ...] = ()


class Number(Noun):
    """One number. `value` is None, and `count` 0, when there was nothing to measure; 0 is a measured zero.

    `count`: over how many things the value was taken. `entries`: seqs of the ledger lines behind it, those inside the
    period. `unit`: minutes, percent, units, moves, questions, cases, entries, or a currency.
    """

    key: Id
    title: Text
    value: Decimal | None
    unit: Text
    formula: Text
    count: int
    entries: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()


class Metrics(Noun):
    """The numbers of the period from `since` (in it) to `until` (not in it); None is an open end. `at`: measured when.

    Everything is counted at the one moment it ended, so the counts of the parts of a period add up to its own; only
    `stalled_now` looks at one moment, the end of the period.
    """

    since: datetime | None
    until: datetime | None
    at: datetime
    numbers: tuple[Number, ...]

    def number(self, key: str) -> Number:
        """The number with this key; KeyError when there is none."""
        for number in self.numbers:
            if number.key == key:
                return number
        raise KeyError(key)


@dataclass(frozen=True)
class Item:
    """One thing that was measured: what part it belongs to, its amount, and the ledger lines behind it."""

    label: str
    amount: Decimal
    entries: tuple[int, ...]


Sum = Callable[[Sequence[Decimal]], Decimal | None]


@dataclass(frozen=True)
class Telling:
    """How a number is told: key, title, unit, and its formula in words."""

    key: str
    title: str
    unit: str
    formula: str

    def number(self, value: Decimal | None, count: int, entries: Iterable[int], parts: Iterable[Part] = ()) -> Number:
        """The number; without anything measured it has no value."""
        return Number(
            key=self.key,
            title=self.title,
            unit=self.unit,
            formula=self.formula,
            value=value if count else None,
            count=count,
            entries=seqs(entries),
            parts=tuple(parts),
        )

    def of(self, items: Sequence[Item], over: Sum, count: int | None = None) -> Number:
        """The number over all items and, by label, over those of each part; `count` when more was looked at."""
        values = [item.amount for item in items]
        entries = (seq for item in items for seq in item.entries)
        value = over(values)
        if value is None and count:
            value = Decimal(0)
        return self.number(value, len(items) if count is None else count, entries, parts_of(items, over))


def parts_of(items: Sequence[Item], over: Sum) -> tuple[Part, ...]:
    """Items by label, in the order of the labels."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.label, []).append(item)
    return tuple(
        Part(
            label=label,
            value=over([item.amount for item in mine]),
            count=len(mine),
            entries=seqs(seq for item in mine for seq in item.entries),
        )
        for label, mine in sorted(found.items())
    )


def seqs(entries: Iterable[int]) -> tuple[int, ...]:
    """Ledger lines, each once, in order."""
    return tuple(sorted(set(entries)))


def total(values: Sequence[Decimal]) -> Decimal | None:
    """The sum; None of nothing."""
    return sum(values, Decimal(0)) if values else None


def median(values: Sequence[Decimal]) -> Decimal | None:
    """The middle value, or the mean of the two in the middle, to one place; None of nothing."""
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return middle.quantize(TENTH, ROUND_HALF_EVEN)


def p90(values: Sequence[Decimal]) -> Decimal | None:
    """The 90th percentile by nearest rank: the value in place ceil(0.9 n); None of nothing."""
    return sorted(values)[-(-len(values) * 9 // 10) - 1] if values else None


def percent(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """A share in percent to one place; None of nothing."""
    return (Decimal(part) * 100 / Decimal(whole)).quantize(TENTH, ROUND_HALF_EVEN) if whole else None


def minutes(began: datetime, ended: datetime) -> Decimal:
    """Minutes from one moment to another, to one place, half-even."""
    passed = ended - began
    millionths = (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
    return (Decimal(millionths) / 60_000_000).quantize(TENTH, ROUND_HALF_EVEN)


def durations(key: str, title: str, formula: str, items: Sequence[Item]) -> tuple[Number, Number]:
    """Median and 90th percentile of how long things took."""
    middle = Telling(f"{key}_median", f"{title}, median", "minutes", f"Median of: {formula}")
    late = Telling(
        f"{key}_p90", f"{title}, 90th percentile", "minutes", f"90th percentile (nearest rank) of: {formula}"
    )
    return middle.of(items, median), late.of(items, p90)


def within(entries: Iterable[int], period: Collection[int]) -> tuple[int, ...]:
    """Those of some ledger lines that lie in the period."""
    return seqs(seq for seq in entries if seq in period)
