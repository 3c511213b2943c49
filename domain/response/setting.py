"""What composing looks at: the facts, the allocation, and look-ups into both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from domain.allocation.types import AllocationPlan, Demand, Problem, Supply
from domain.execution import TaskState, WaveState
from domain.facts import Facts
from domain.response.flows import Draw
from domain.response.promises import complete_on


@dataclass(frozen=True)
class Setting:
    """What composing looks at, with its look-ups."""

    facts: Facts
    plan: AllocationPlan
    demand: dict[str, Demand]
    supply: dict[str, Supply]
    values: dict[tuple[str, str], int]
    arrives: dict[tuple[str, str], date]
    released: dict[tuple[str, str], tuple[str, ...]]
    """(line, site) -> released waves with an open pick of it"""

    def arrival(self, line: str, supply: str) -> date:
        """When units of a supply reach a line; when they are available, if there is no way at all."""
        return self.arrives.get((line, supply), self.supply[supply].available)

    def promise_after(self, line: str, draws: Iterable[Draw] = ()) -> date | None:
        """The promise date of a line once these draws are carried out, and nothing else."""
        arrivals: dict[date, int] = defaultdict(int)
        for holding in self.demand[line].holdings:
            arrivals[self.arrival(line, holding.supply)] += holding.quantity
        for draw in draws:
            for name, sign in ((draw.winner, 1), (draw.loser, -1)):
                if name == line:
                    arrivals[self.arrival(line, draw.supply)] += sign * draw.quantity
        return complete_on(self.facts, self.demand[line], arrivals)

    def promise_now(self, line: str) -> date | None:
        """The promise date of a line in the ERP."""
        promise = self.facts.line(line).promise
        return promise.current if promise else None


def setting_of(facts: Facts, problem: Problem, plan: AllocationPlan) -> Setting:
    """The setting of one allocation."""
    released: dict[tuple[str, str], tuple[str, ...]] = {}
    for wave in facts.waves:
        if wave.state is WaveState.RELEASED:
            for line in sorted({task.line for task in wave.tasks if task.state is TaskState.OPEN}):
                released[line, wave.site] = (*released.get((line, wave.site), ()), wave.id)
    return Setting(
        facts=facts,
        plan=plan,
        demand={demand.id: demand for demand in problem.demand},
        supply={supply.id: supply for supply in problem.supply},
        values={(demand.id, arc.supply): arc.value for demand in problem.demand for arc in demand.arcs},
        arrives={(demand.id, arc.supply): arc.arrives for demand in problem.demand for arc in demand.arcs},
        released=released,
    )
