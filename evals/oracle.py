"""The exact optimum of an allocation problem by a mixed-integer program (HiGHS), to judge `allocate` by.

Solved place after place, each fixed before the next: units of floors met; for every strict rank (all ranks above the
lowest in use, and rank 0 always) its units, then its units that arrive no later than they are due; money. It shares
with the judged engine nothing but the nouns of the problem.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from domain.allocation.types import AllocationPlan, Demand, Problem
from evals.accounting.grants import value

Row = dict[int, float]


class OracleFailed(AssertionError):
    """HiGHS found no optimum: the problem contradicts itself, or the oracle does."""


@dataclass(frozen=True)
class Best:
    """What no allocation can beat, place after place, and one that reaches it."""

    floors: int
    ranks: tuple[tuple[int, int], ...]
    """(units, units on time) of every strict rank"""
    money: int
    grants: dict[tuple[str, str], int]

    @property
    def places(self) -> tuple[int, ...]:
        """Floors; units and units on time of each rank; money: compare as tuples."""
        return (self.floors, *(count for rank in self.ranks for count in rank), self.money)


def best(problem: Problem, fixed: Mapping[tuple[str, str], int] | None = None) -> Best:
    """The optimum of `problem` (its `policy` is not looked at). Raises OracleFailed when there is none.

    `fixed`: units per (line, supply) that a person has set. They stand above the rules of those lines: packs and limits
    bind only what is left, and lines and orders that ship complete may then be in part.
    """
    fixed = fixed or {}
    program = _Program()
    broken: list[int] = []
    met: Row = {}
    fill: dict[int, Row] = defaultdict(dict)
    timely: dict[int, Row] = defaultdict(dict)
    money: Row = {}
    columns: dict[tuple[str, str], int] = {}
    for line in problem.demand:
        own = _line(program, line, {supply: units for (name, supply), units in fixed.items() if name == line.id})
        columns |= {(line.id, supply): column for supply, column in own.items()}
        money |= {own[arc.supply]: arc.value for arc in line.arcs}
        if not line.blocked:
            fill[line.rank] |= dict.fromkeys(own.values(), 1.0)
            timely[line.rank] |= {own[supply]: 1.0 for supply in _in_time(line)}
        if line.floor and not line.blocked:
            met[_floor(program, line, own)] = 1.0
        if line.holdings:
            broken.append(_broken(program, line, own))
            money[broken[-1]] = -line.break_cost
    _supplies(program, problem, columns)
    _orders(program, problem, columns, fixed)
    _budget(program, problem, broken)
    floors = program.fix(met)
    ranks = tuple((program.fix(fill[rank]), program.fix(timely[rank])) for rank in range(_strict(problem)))
    top = program.maximise(money)
    solution = program.solution
    grants = {key: round(solution[column]) for key, column in columns.items() if round(solution[column])}
    return Best(floors, ranks, top, grants)


def places(problem: Problem, plan: AllocationPlan) -> tuple[int, ...]:
    """What a plan reaches, in the places of `Best.places`."""
    got: dict[str, int] = defaultdict(int)
    timely: dict[str, int] = defaultdict(int)
    in_time = {(line.id, supply) for line in problem.demand for supply in _in_time(line)}
    for grant in plan.grants:
        got[grant.line] += grant.quantity
        timely[grant.line] += grant.quantity if (grant.line, grant.supply) in in_time else 0
    alive = [line for line in problem.demand if not line.blocked]
    ranks = [
        sum(units[line.id] for line in alive if line.rank == rank)
        for rank in range(_strict(problem))
        for units in (got, timely)
    ]
    return (sum(min(line.floor, got[line.id]) for line in alive), *ranks, value(problem, plan))


def _in_time(line: Demand) -> set[str]:
    """The supplies that reach a line no later than it is due."""
    return {arc.supply for arc in line.arcs if arc.arrives.toordinal() <= line.due.toordinal()}


def _strict(problem: Problem) -> int:
    return max([1, *(line.rank for line in problem.demand)]) if problem.rules.strict_ranks else 0


@dataclass
class _Program:
    """A program under construction: columns with bounds, rows `low <= sum <= high`."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    rows: list[tuple[Row, float, float]] = field(default_factory=list)
    solution: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def column(self, low: float, high: float) -> int:
        self.lower.append(low)
        self.upper.append(high)
        return len(self.lower) - 1

    def row(self, row: Row, low: float, high: float) -> None:
        self.rows.append((row, low, high))

    def maximise(self, goal: Row) -> int:
        """The largest value of `goal` (a whole number, as all its numbers are)."""
        size = len(self.lower)
        if not size:
            return 0
        matrix = np.zeros((len(self.rows), size))
        for number, (row, _, _) in enumerate(self.rows):
            for column, factor in row.items():
                matrix[number, column] = factor
        cost = np.zeros(size)
        for column, factor in goal.items():
            cost[column] = -factor
        limits = [LinearConstraint(matrix, [low for _, low, _ in self.rows], [high for _, _, high in self.rows])]
        answer = milp(
            cost,
            integrality=np.ones(size),
            bounds=Bounds(np.array(self.lower), np.array(self.upper)),
            constraints=limits if self.rows else [],
            options={"mip_rel_gap": 0.0},
        )
        if answer.x is None or answer.status != 0:
            raise OracleFailed(f"HiGHS: {answer.message}")
        self.solution = np.asarray(answer.x)
        whole = (int(factor) * round(self.solution[column]) for column, factor in goal.items())
        return sum(whole)

    def fix(self, goal: Row) -> int:
        """Maximise `goal`, and keep it at its maximum from now on."""
        if not goal:
            return 0
        reached = self.maximise(goal)
        self.row(goal, reached, np.inf)
        return reached


def _line(program: _Program, line: Demand, fixed: Mapping[str, int]) -> dict[str, int]:
    """Columns of one line per supply, with its own limits: holds, frozen and locked units, completeness, packs."""
    held = {item.supply: item for item in line.holdings}
    own: dict[str, int] = {}
    for supply in {arc.supply for arc in line.arcs} | held.keys():
        own[supply] = program.column(*((fixed[supply],) * 2 if supply in fixed else _limits(line, supply)))
    if line.frozen:
        return own
    total = dict.fromkeys(own.values(), 1.0)
    program.row(total, 0, line.quantity)
    if line.atomic and not line.blocked and not fixed:
        locked = sum(item.locked for item in line.holdings)
        program.row(total | {program.column(0, 1): -float(line.quantity - locked)}, locked, locked)
    if line.pack > 1:
        free = {supply: column for supply, column in own.items() if supply not in fixed}
        _packs(program, line, free, line.quantity - sum(fixed.values()))
    return own


def _packs(program: _Program, line: Demand, own: dict[str, int], quantity: int) -> None:
    """Whole packs from every supply; one of them may bring the end of `quantity`, when that completes it."""
    whole, rest = divmod(quantity, line.pack)
    lasts: Row = {}
    for column in own.values():
        packs, last = program.column(0, whole), program.column(0, 1 if rest else 0)
        program.row({column: 1.0, packs: -float(line.pack), last: -float(rest)}, 0, 0)
        lasts[last] = 1.0
    program.row(lasts, 0, 1)
    complete = dict.fromkeys(own.values(), 1.0) | dict.fromkeys(lasts, -float(quantity))
    program.row(complete, 0, np.inf)


def _limits(line: Demand, supply: str) -> tuple[int, int]:
    """Least and most units of a supply for a line."""
    held = {item.supply: item.quantity for item in line.holdings}.get(supply, 0)
    locked = {item.supply: item.locked for item in line.holdings}.get(supply, 0)
    if line.frozen:
        return held, held
    ways = [arc for arc in line.arcs if arc.supply == supply]
    high = line.quantity if ways else locked
    if ways and ways[0].limit is not None:
        high = min(high, max(ways[0].limit, locked))
    if line.blocked:
        high = min(high, held)
    return locked, high


def _floor(program: _Program, line: Demand, own: dict[str, int]) -> int:
    """A column for the units of a floor that are met."""
    column = program.column(0, line.floor)
    program.row(dict.fromkeys(own.values(), 1.0) | {column: -1.0}, 0, np.inf)
    return column


def _broken(program: _Program, line: Demand, own: dict[str, int]) -> int:
    """A column for held units with no granted unit that arrives as early: at least the shortfall by every date."""
    column = program.column(0, sum(item.quantity for item in line.holdings))
    arrives = {arc.supply: arc.arrives.toordinal() for arc in line.arcs}
    far = 10**7
    for day in sorted({arrives.get(item.supply, far) for item in line.holdings}):
        due = sum(item.quantity for item in line.holdings if arrives.get(item.supply, far) <= day)
        due = min(due, line.quantity)
        there = {own[supply]: 1.0 for supply in own if arrives.get(supply, far) <= day}
        program.row(there | {column: 1.0}, due, np.inf)
    return column


def _supplies(program: _Program, problem: Problem, columns: dict[tuple[str, str], int]) -> None:
    for supply in problem.supply:
        row = {column: 1.0 for (_, name), column in columns.items() if name == supply.id}
        if row:
            program.row(row, 0, supply.quantity)


def _orders(
    program: _Program, problem: Problem, columns: dict[tuple[str, str], int], fixed: Mapping[tuple[str, str], int]
) -> None:
    """An order that ships complete: one switch for its lines, off for good when one is on hold or frozen short. One in
    which a person has set units may ship in part."""
    touched = {name for name, _ in fixed}
    partly = {line.order for line in problem.demand if line.id in touched}
    orders: dict[str, list[Demand]] = defaultdict(list)
    for line in problem.demand:
        if line.order_atomic and line.order not in partly:
            orders[line.order].append(line)
    for lines in orders.values():
        stuck = any(
            line.blocked or (line.frozen and sum(item.quantity for item in line.holdings) < line.quantity)
            for line in lines
        )
        switch = program.column(0, 0 if stuck else 1)
        for line in lines:
            if line.frozen or line.blocked:
                continue
            row = {column: 1.0 for (name, _), column in columns.items() if name == line.id}
            locked = sum(item.locked for item in line.holdings)
            program.row(row | {switch: -float(line.quantity - locked)}, locked, locked)


def _budget(program: _Program, problem: Problem, broken: Iterable[int]) -> None:
    """Units moved off confirmed orders stay within the budget, or what supply breaks anyway if that is more."""
    row = dict.fromkeys(broken, 1.0)
    if problem.rules.budget is None or not row:
        return
    least = -program.maximise(dict.fromkeys(row, -1.0))
    program.row(row, 0, max(least, problem.rules.budget))
