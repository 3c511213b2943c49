"""What an override costs, recounted: the optimum by HiGHS, and by HiGHS again with the person's quantities fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.allocation.types import Problem
from evals.oracle import best


@dataclass(frozen=True)
class GivenUp:
    """Minor units of the objective; units of contract floors and of strict ranks that are traded away.

    `cost` is never negative: what a person gains by setting a rule aside (a rank, a whole order) is no saving.
    """

    optimum: int
    chosen: int
    floors: int
    ranked: int

    @property
    def cost(self) -> int:
        """The value given up."""
        return max(0, self.optimum - self.chosen)


def given_up(problem: Problem, fixed: Mapping[tuple[str, str], int]) -> GivenUp:
    """The cost of fixing these units per (line, supply). Raises OracleFailed when no plan contains them."""
    free, bound = best(problem), best(problem, fixed)
    units = zip(free.ranks, bound.ranks, strict=True)
    return GivenUp(
        optimum=free.money,
        chosen=bound.money,
        floors=max(0, free.floors - bound.floors),
        ranked=sum(max(0, before[0] - after[0]) for before, after in units),
    )
