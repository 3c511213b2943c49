"""The written order of the allocation: what counts first, and how ties are broken down to the last id.

From first to last: units of floors met; for each strict rank, highest first, its units and then those of them that
arrive by the line's due date; money; units that stay where they are; and then who comes first by rank, tier, due date,
order date, order id and line id, served by the earliest arrival.
One integer carries them all: each place is worth more than everything below it can add up to, so that comparing two
such integers compares the places one after the other, exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.allocation.types import Arc, Demand, Problem


def standing(line: Demand) -> tuple[int, int, str, str, str, str]:
    """The written order of lines; ids make it total."""
    return (line.rank, line.tier, line.due.isoformat(), line.ordered, line.order, line.id)


def arrival_order(arc: Arc) -> tuple[str, int, str]:
    """The written order of one line's arcs: earliest, then most valuable, then by supply id."""
    return (arc.arrives.isoformat(), -arc.value, arc.supply)


@dataclass(frozen=True)
class Weights:
    """What one unit is worth at each place. `ranks` and `timely` hold one weight per strict rank, highest first: of a
    unit, and of its being there on time.

    `places` maps a line id to its tie-break weight, which `step` arrivals would use up; `top` is more than any plan can
    be worth, `least` less than one unit above money is worth whatever it costs.
    """

    floor: int
    ranks: tuple[int, ...]
    timely: tuple[int, ...]
    money: int
    kept: int
    step: int
    places: dict[str, int]
    top: int
    least: int

    def haste(self, line: Demand) -> int:
        """What one place later in the order of arrivals takes from a unit's tie-break: most from who comes first."""
        return self.places[line.id] // self.step

    def rank(self, line: Demand) -> int:
        """Weight of a unit for this line by its strict rank; 0 in the rank where money decides, and under a hold."""
        return self.ranks[line.rank] if line.rank < len(self.ranks) and not line.blocked else 0

    def prompt(self, line: Demand, arc: Arc) -> int:
        """What a unit by this way earns on top where it is on time for a line of a strict rank; else 0."""
        return self.timely[line.rank] if arc.arrives <= line.due and self.rank(line) else 0


def strict_ranks(problem: Problem) -> int:
    """How many ranks are strict: all above the lowest one in use, and rank 0 always; none when policy says so."""
    if not problem.rules.strict_ranks:
        return 0
    return max([1, *(line.rank for line in problem.demand)])


def weigh(problem: Problem, *, price: int | None = None) -> Weights:
    """Weights for this problem. With `price`, a unit of a floor or strict rank, and a unit there on time, are each
    worth that many minor units instead of more than all money (for bounds)."""
    lines = sorted(problem.demand, key=standing)
    units = 1 + sum(line.quantity + sum(held.quantity for held in line.holdings) for line in lines)
    step = 1 + max((len(line.arcs) for line in lines), default=0)
    places = {line.id: (len(lines) - place) * step for place, line in enumerate(lines)}
    kept = units * (len(lines) + 1) * step + 1
    money = kept * (units + 1)
    stakes = [0, *(abs(arc.value) for line in lines for arc in line.arcs)]
    breaks = max((line.break_cost for line in lines), default=0)
    weight = money * (2 * units * (max(stakes) + breaks) + 2)
    least = weight // 2
    strict: list[int] = []
    for _ in range(2 * strict_ranks(problem)):
        strict.append(weight if price is None else price * money)
        weight *= 2 * units
    floor = weight if price is None else price * money
    top = 2 * units * (weight + sum(strict) + money * (max(stakes) + breaks) + kept + max([1, *places.values()]))
    strict.reverse()
    return Weights(floor, tuple(strict[::2]), tuple(strict[1::2]), money, kept, step, places, top, least)


def above_money(
    weights: Weights, lines: Iterable[Demand], grants: Mapping[tuple[str, str], int], floors: Mapping[str, int]
) -> int:
    """What floors, strict ranks and being on time are worth in `grants` (units per line and supply) of these lines;
    `floors` holds what each must get."""
    granted: Counter[str] = Counter()
    for (name, _), units in grants.items():
        granted[name] += units
    total = 0
    for line in lines:
        units = granted[line.id]
        total += weights.rank(line) * units + weights.floor * min(units, floors.get(line.id, 0))
        total += sum(weights.prompt(line, arc) * grants.get((line.id, arc.supply), 0) for arc in line.arcs)
    return total
