"""What would it take to serve a line in full by a date: each lever alone, its smallest change and its cost, each
verified by solving the changed problem again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Literal

from domain.allocation.build import build
from domain.allocation.evaluate import value
from domain.allocation.levers import (
    Change,
    expedites,
    in_rank,
    later,
    other_sites,
    raised,
    substitutes,
    wanted_by,
    without_holds,
    worth_more,
)
from domain.allocation.solve import allocate
from domain.allocation.types import AllocationPlan, Problem
from domain.errors import BadInput
from domain.facts import Facts
from domain.noun import Id, Noun, Text, Units, from_minor
from domain.orders import OrderLine
from domain.requests import Request

LeverKind = Literal[
    "already", "release_hold", "reallocate", "other_site", "expedite", "substitute", "later_date", "rank", "value"
]


class Lever(Noun):
    """One way, alone. `works`: verified by solving again. `cost`: what the objective loses plus what is paid, in minor
    units (negative: it gains). `losers`: (line, units) that get less than in the plan as it stands. `complete_on`: when
    the line is then complete. `text` says what to change, or why it does not help."""

    kind: LeverKind
    works: bool
    cost: int = 0
    losers: tuple[tuple[Id, Units], ...] = ()
    complete_on: date | None = None
    text: Text


def what_would_it_take(facts: Facts, line_id: str, by_date: date, request: Request) -> tuple[Lever, ...]:
    """Every lever searched, those that work first (cheapest first), then those that do not, with the reason.

    Raises UnknownReference for an unknown line, BadInput for one that is not open.
    """
    line = facts.line(line_id)
    if not line.open_quantity:
        raise BadInput(f"line {line_id} is not open", field="line", fix="ask about a line that is still to ship")
    search = _Search(facts, line, by_date, request)
    if search.done(search.plan):
        when = search.complete(search.plan)
        return (Lever(kind="already", works=True, complete_on=when, text=f"the plan serves it in full on {when}"),)
    if search.mine is not None and search.mine.frozen:
        return (
            Lever(kind="reallocate", works=False, text="the line is frozen: it is picked or locked, nothing moves"),
        )
    if search.mine is not None and search.mine.blocked:
        return (search.hold(),)
    levers = [
        search.reallocate(),
        search.first(
            "other_site", other_sites(facts, line, request, search.plan), "no other site can serve it in time"
        ),
        search.first("expedite", expedites(facts, line, request), "no inbound supply that can be expedited helps"),
        search.substitute(),
        search.later_date(),
        search.rank(),
        search.value(),
    ]
    return tuple(sorted(levers, key=lambda lever: (not lever.works, lever.cost if lever.works else 0, lever.kind)))


class _Search:
    """One question: the plan as it stands, and each lever tried against it."""

    def __init__(self, facts: Facts, line: OrderLine, by: date, request: Request) -> None:
        self.facts = facts
        self.line = line
        self.by = by
        self.request = request
        self.problem = build(facts, [line.sku], request)
        self.plan = allocate(self.problem)
        self.mine = next((item for item in self.problem.demand if item.id == line.id), None)

    def complete(self, plan: AllocationPlan) -> date | None:
        """When the line is complete under a plan; None when it is short."""
        grants = [grant for grant in plan.grants if grant.line == self.line.id]
        if any(short.line == self.line.id for short in plan.shortages):
            return None
        return max((grant.arrives for grant in grants), default=self.facts.today)

    def done(self, plan: AllocationPlan, by: date | None = None) -> bool:
        """Whether the line is complete in time."""
        when = self.complete(plan)
        return when is not None and when <= (by or self.by)

    def _try(self, problem: Problem, by: date | None = None) -> AllocationPlan | None:
        """The plan of a changed problem when it serves the line in time, by ways that arrive in time."""
        plan = allocate(wanted_by(problem, self.line.id, by or self.by))
        return plan if self.done(plan, by) else None

    def _works(self, kind: LeverKind, plan: AllocationPlan, cost: int, text: str) -> Lever:
        losers = self._losers(plan)
        if losers:
            text += ": from " + ", ".join(f"{name} {units}" for name, units in losers)
        when = self.complete(plan)
        return Lever(
            kind=kind,
            works=True,
            cost=cost,
            losers=losers,
            complete_on=when,
            text=f"{text}; complete on {when}, {'costs' if cost >= 0 else 'gains'} {from_minor(abs(cost))}",
        )

    def _losers(self, plan: AllocationPlan) -> tuple[tuple[str, int], ...]:
        before, after = _units(self.plan), _units(plan)
        less = {name: before[name] - after[name] for name in before if name != self.line.id}
        return tuple(sorted((name, units) for name, units in less.items() if units > 0))

    def _loss(self, plan: AllocationPlan) -> int:
        """What the objective loses by `plan` against the plan as it stands, in the values of the problem as it is."""
        grants = {(grant.line, grant.supply): grant.quantity for grant in plan.grants}
        return self.plan.value - value(self.problem, grants)

    def hold(self) -> Lever:
        """Release the hold, and nothing else."""
        released = build(without_holds(self.facts, self.line), [self.line.sku], self.request)
        reason = self.mine.blocked if self.mine else ""
        plan = self._try(released)
        if plan is None:
            text = f"on hold ({reason}); even released it would not be complete by {self.by}"
            return Lever(kind="release_hold", works=False, text=text)
        return self._works("release_hold", plan, self.plan.value - plan.value, f"release the hold ({reason})")

    def reallocate(self) -> Lever:
        """Serve the line before all others but contract floors; who then gets less is who it is taken from."""
        plan = self._try(raised(self.problem, self.line.id))
        if plan is None:
            return Lever(kind="reallocate", works=False, text=self._too_little())
        return self._works("reallocate", plan, self._loss(plan), "take the units from others")

    def _too_little(self) -> str:
        arcs = {arc.supply for arc in self.mine.arcs if arc.arrives <= self.by} if self.mine else set()
        there = sum(item.quantity for item in self.problem.supply if item.id in arcs)
        return f"by {self.by} at most {there} units can reach it, contract floors and frozen lines included"

    def first(self, kind: LeverKind, changes: Iterable[Change], otherwise: str) -> Lever:
        """The cheapest of several changes that works."""
        found: list[Lever] = []
        for change in changes:
            plan = self._try(change.problem)
            if plan is not None:
                used = sum(g.quantity for g in plan.grants if g.line == self.line.id and g.supply == change.via)
                cost = self.plan.value - plan.value + change.paid + used * change.per_unit
                found.append(self._works(kind, plan, cost, change.what))
        return min(
            found, key=lambda lever: (lever.cost, lever.text), default=Lever(kind=kind, works=False, text=otherwise)
        )

    def substitute(self) -> Lever:
        """Serve the whole line with another SKU."""
        found: list[Lever] = []
        for sku, units, swapped in substitutes(self.facts, self.line):
            both = [self.line.sku, sku]
            before = allocate(build(self.facts, both, self.request))
            after = self._try(build(swapped, both, self.request))
            if after is not None:
                text = f"send {units} units of {sku} instead"
                found.append(self._works("substitute", after, before.value - after.value, text))
        why = "no substitute has enough in time" if self.line.substitutes_ok else "the line accepts no substitute"
        none = Lever(kind="substitute", works=False, text=why)
        return min(found, key=lambda lever: (lever.cost, lever.text), default=none)

    def later_date(self) -> Lever:
        """The first later day on which the plan completes the line, with nothing taken from others for it."""
        for day, change in later(self.facts, self.line, self.request, self.by):
            plan = self._try(change.problem, day)
            if plan is not None:
                return self._works("later_date", plan, self.plan.value - plan.value, f"accept {day}")
        return Lever(kind="later_date", works=False, text="the plan completes it on no day within the horizon")

    def rank(self) -> Lever:
        """Put the line into the strict rank of contracts."""
        if self.mine is not None and self.mine.rank == 0:
            return Lever(kind="rank", works=False, text="it is in the highest rank already")
        plan = self._try(in_rank(self.problem, self.line.id, 0))
        if plan is None:
            return Lever(kind="rank", works=False, text="in the strict rank it would not be complete in time either")
        return self._works("rank", plan, self._loss(plan), "put it into the strict rank")

    def value(self) -> Lever:
        """The least a unit would have to be worth more, by bisection."""
        high = 1 + 2 * max([0, *(abs(arc.value) for item in self.problem.demand for arc in item.arcs)])
        low, best = 0, self._try(worth_more(self.problem, self.line.id, high))
        if best is None:
            return Lever(kind="value", works=False, text="no price brings it: floors, ranks or supply stand against it")
        while high - low > 1:
            middle = (low + high) // 2
            plan = self._try(worth_more(self.problem, self.line.id, middle))
            low, high, best = (low, middle, plan) if plan is not None else (middle, high, best)
        return self._works("value", best, self._loss(best), f"each unit would have to be worth {from_minor(high)} more")


def _units(plan: AllocationPlan) -> Counter[str]:
    units: Counter[str] = Counter()
    for grant in plan.grants:
        units[grant.line] += grant.quantity
    return units
