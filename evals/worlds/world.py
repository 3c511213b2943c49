"""What a generated world is, and the dice it is made with."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, TypeVar

from domain.events import Event
from domain.facts import Facts
from domain.noun import Id, Noun

T = TypeVar("T")


class World(Noun):
    """A distributor at one moment and what happens to it next. Synthetic: nobody's real data.

    `hot` names the SKU that runs short when `events` have happened.
    """

    name: Id
    label: Literal["synthetic"] = "synthetic"
    seed: int
    hot: Id
    facts: Facts
    events: tuple[Event, ...]


class Dice:
    """Seeded choices, one independent stream per part of a world: a change in one part leaves the others alone."""

    def __init__(self, seed: int, part: str) -> None:
        self._random = random.Random(f"quartermaster/worlds/1/{seed}/{part}")

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return self._random.randint(low, high)

    def pick(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[self._random.randrange(len(options))]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """`count` different ones, in a random order."""
        return self._random.sample(list(options), min(count, len(options)))

    def chance(self, percent: int) -> bool:
        """True in `percent` of 100 throws."""
        return self._random.randrange(100) < percent

    def weighted(self, options: Sequence[tuple[T, int]]) -> T:
        """One of them, by whole-number weight."""
        throw = self._random.randrange(sum(weight for _, weight in options))
        for option, weight in options:
            if throw < weight:
                return option
            throw -= weight
        raise AssertionError("weights add up")


def next_workday(day: date, workdays: Sequence[int], holidays: Sequence[date] = ()) -> date:
    """`day` itself when it is worked, else the first worked day after it."""
    while day.isoweekday() not in workdays or day in holidays:
        day += timedelta(days=1)
    return day
