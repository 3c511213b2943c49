"""What of a problem is already decided: frozen lines, locked units; and what is left to decide."""

from __future__ import annotations

from dataclasses import dataclass

from domain.allocation.types import Arc, Demand, Problem
from domain.errors import BadInput

Grants = dict[tuple[str, str], int]
"""Units per (line id, supply id); no zeros."""


@dataclass(frozen=True)
class Rest:
    """A line that may still win or lose: `quantity` units are open, `held` (units per supply) may be taken away.

    `floor` is what of its floor is not met by fixed units.
    """

    line: Demand
    quantity: int
    floor: int
    held: dict[str, int]

    def room(self, way: Arc) -> int:
        """Units that may still come by this way, whatever the supply: its limit less what is locked there."""
        if way.limit is None:
            return self.quantity
        locked = sum(held.locked for held in self.line.holdings if held.supply == way.supply)
        return min(self.quantity, max(0, way.limit - locked))


@dataclass(frozen=True)
class Decided:
    """Fixed grants, the lines that are left and what each supply still has."""

    grants: Grants
    rest: tuple[Rest, ...]
    supply: dict[str, int]


def decide(problem: Problem) -> Decided:
    """Split a checked problem. Raises BadInput when frozen and locked units alone exceed a supply."""
    grants: Grants = {}
    rest: list[Rest] = []
    left = {supply.id: supply.quantity for supply in problem.supply}
    for line in problem.demand:
        held = {held.supply: held.quantity for held in line.holdings}
        keep = held if line.frozen else {held.supply: held.locked for held in line.holdings}
        open_units = line.quantity - sum(keep.values())
        for supply, units in keep.items():
            if units:
                grants[line.id, supply] = units
                left[supply] -= units
        if not line.frozen and open_units > 0:
            free = {supply: units - keep[supply] for supply, units in held.items() if units > keep[supply]}
            floor = 0 if line.blocked else max(0, line.floor - sum(keep.values()))
            rest.append(Rest(line, open_units, min(floor, open_units), free))
    for supply, units in left.items():
        if units < 0:
            who = sorted(name for name, held_supply in grants if held_supply == supply)
            raise BadInput(
                f"frozen and locked units of {', '.join(who)} exceed supply {supply} by {-units}",
                field="supply",
                fix="count the supply again, or unfreeze one of these lines",
            )
    return Decided(grants, tuple(rest), left)
