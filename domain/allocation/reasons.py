"""Why a line is short: the constraint that binds, what a further unit would have had to be worth, and who got it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from domain.allocation.evaluate import ways
from domain.allocation.fixed import Grants
from domain.allocation.types import Arc, Demand, NonGrant, Problem
from domain.allocation.weights import strict_ranks
from domain.noun import from_minor


@dataclass(frozen=True)
class Outcome:
    """What a policy decided: grants, a bound in money, prices per supply, and what it would be without the budget.

    `settled`: no plan has more above money (floors, strict ranks, units on time), whatever that would cost.
    """

    grants: Grants
    bound: int
    settled: bool
    prices: dict[str, int]
    without_budget: Grants | None
    notes: tuple[str, ...]


def shortages(problem: Problem, outcome: Outcome) -> tuple[NonGrant, ...]:
    """One reason for every line that does not get all it asks for, by line id."""
    inquest = _Inquest(problem, outcome)
    return tuple(
        inquest.reason(line, short) for line in problem.demand if (short := line.quantity - inquest.taken[line.id]) > 0
    )


class _Inquest:
    def __init__(self, problem: Problem, outcome: Outcome) -> None:
        self.outcome = outcome
        self.strict = strict_ranks(problem)
        self.optimal = problem.rules.policy == "optimal"
        self.demand = {line.id: line for line in problem.demand}
        self.supply = {supply.id: supply for supply in problem.supply}
        self.taken: dict[str, int] = defaultdict(int)
        self.users: dict[str, dict[str, int]] = defaultdict(dict)
        self.left = {supply.id: supply.quantity for supply in problem.supply}
        for (name, supply), units in outcome.grants.items():
            self.taken[name] += units
            self.users[supply][name] = units
            self.left[supply] -= units
        self.full: dict[str, bool] = defaultdict(lambda: True)
        for line in problem.demand:
            if line.order_atomic:
                self.full[line.order] &= self.taken[line.id] >= line.quantity

    def reason(self, line: Demand, short: int) -> NonGrant:
        """The first that applies of: hold, frozen, nothing can reach it, refused, budget, ships complete, only at a
        loss, pack, a strict rank or a floor, worth less than others."""
        lead = f"{short} of {line.quantity} units short"
        if line.blocked:
            return NonGrant(line=line.id, units=short, constraint="hold", text=f"{lead}: on hold, {line.blocked}")
        if line.frozen:
            text = f"{lead}: the line is frozen, it keeps the {self.taken[line.id]} units it holds and gets no others"
            return NonGrant(line=line.id, units=short, constraint="frozen", text=text)
        reach = [arc for arc in line.arcs if self.supply[arc.supply].quantity]
        if not reach:
            text = f"{lead}: no supply can reach it within the horizon"
            return NonGrant(line=line.id, units=short, constraint="no_supply", text=text)
        spare = [arc for arc in reach if self.left[arc.supply] > 0]
        units = sum(self.left[arc.supply] for arc in spare)
        barred = [arc for arc in reach if arc.limit is not None and self._from(line, arc) >= arc.limit]
        if barred and (len(barred) == len(reach) or any(arc in spare for arc in barred)):
            return self._rejected(line, short, lead, barred)
        if self.outcome.without_budget is not None and self._cut_by_budget(line):
            return self._budget(line, short, lead)
        whole = line.atomic or line.order_atomic
        if whole and self.taken[line.id] < line.quantity and units < short:
            return self._whole(line, short, lead, reach, units)
        if line.order_atomic and not self.full[line.order] and units >= short:
            text = f"{lead}: its order {line.order} ships complete, and another line of it cannot be filled"
            return NonGrant(line=line.id, units=short, constraint="atomic", text=text)
        if spare and max(arc.value for arc in spare) < 0 and (line.rank >= self.strict or not self.optimal):
            return self._late(line, short, lead, spare, reach)
        if spare and line.pack > 1:
            text = f"{lead}: {units} units are left, but it is allocated in packs of {line.pack}"
            return NonGrant(line=line.id, units=short, constraint="pack", text=text)
        return self._displaced(line, short, lead, reach)

    def _from(self, line: Demand, arc: Arc) -> int:
        return self.outcome.grants.get((line.id, arc.supply), 0)

    def _cut_by_budget(self, line: Demand) -> bool:
        free = self.outcome.without_budget or {}
        return sum(units for (name, _), units in free.items() if name == line.id) > self.taken[line.id]

    def _budget(self, line: Demand, short: int, lead: str) -> NonGrant:
        free = self.outcome.without_budget or {}
        more = sum(units for (name, _), units in free.items() if name == line.id) - self.taken[line.id]
        users = self._displacers(line, list(line.arcs))
        text = (
            f"{lead}: {more} more would be taken from {_names(users)}, but no more units may be moved off confirmed"
            " orders"
        )
        return NonGrant(line=line.id, units=short, constraint="budget", displaced_by=users, text=text)

    def _rejected(self, line: Demand, short: int, lead: str, barred: list[Arc]) -> NonGrant:
        where = " and ".join(self._place(arc) for arc in barred)
        text = f"{lead}: taking units from other lines for it at {where} was refused"
        users = self._displacers(line, barred)
        return NonGrant(line=line.id, units=short, constraint="rejected", displaced_by=users, text=text)

    def _whole(self, line: Demand, short: int, lead: str, reach: list[Arc], spare: int) -> NonGrant:
        users = self._displacers(line, reach)
        what = f"its order {line.order}" if line.order_atomic else "it"
        price, own = self._price(reach)
        total = sum(self.supply[arc.supply].quantity for arc in reach)
        if total < line.quantity:
            text = f"{lead}: {what} ships complete, and everything that can reach it is {total} units"
        else:
            text = (
                f"{lead}: {what} ships complete, and {spare} units are left after lines worth more ({_names(users)});"
                f" it would have to displace {short - spare} more"
            )
        return NonGrant(
            line=line.id, units=short, constraint="atomic", price=price, own_value=own, displaced_by=users, text=text
        )

    def _late(self, line: Demand, short: int, lead: str, spare: list[Arc], reach: list[Arc]) -> NonGrant:
        """Only units at a loss are left: 'rank' where higher ranks or floors took all that would have paid."""
        best = max(spare, key=lambda arc: (arc.value, arc.supply))
        text = (
            f"{self._place(best)} has units, arriving {best.arrives} against due {line.due}, but each would lose"
            f" {from_minor(-best.value)}"
        )
        paying = [arc for arc in reach if arc.value >= 0]
        users = self._displacers(line, paying)
        if users and self.optimal and all(self._stands_above(self.demand[name], line) for name in users):
            price, own = self._price(paying)
            why = f"lines of a higher rank or with a contract floor take all that pays ({self._got(users, paying)})"
            if price <= own:
                return NonGrant(
                    line=line.id,
                    units=short,
                    constraint="rank",
                    price=price,
                    own_value=own,
                    displaced_by=users,
                    text=f"{lead}: {why}; {text}",
                )
        return NonGrant(line=line.id, units=short, constraint="late", own_value=best.value, text=f"{lead}: {text}")

    def _displaced(self, line: Demand, short: int, lead: str, reach: list[Arc]) -> NonGrant:
        users = self._displacers(line, reach)
        price, own = self._price(reach)
        takers = [self.demand[name] for name in users]
        above = [taker for taker in takers if self.optimal and self._stands_above(taker, line)]
        if takers and len(above) == len(takers) and price <= own:
            constraint, why = "rank", "lines of a higher rank or with a contract floor take all that can reach it"
        else:
            constraint, why = "displaced", "lines worth more take all that can reach it"
        worth = f" A further unit earns {from_minor(price)} elsewhere, {from_minor(own)} here." if price > own else ""
        if not self.optimal:
            constraint, why, worth = "displaced", "lines served before it take all that can reach it", ""
        return NonGrant(
            line=line.id,
            units=short,
            constraint="rank" if constraint == "rank" else "displaced",
            price=price,
            own_value=own,
            displaced_by=users,
            text=f"{lead}: {why} ({self._got(users, reach)}).{worth}",
        )

    def _stands_above(self, taker: Demand, line: Demand) -> bool:
        strictly = taker.rank < line.rank and taker.rank < self.strict
        return taker.frozen or strictly or taker.floor >= self.taken[taker.id] > 0

    def _price(self, reach: list[Arc]) -> tuple[int, int]:
        """(price, own value) of the arc on which a further unit comes closest to paying."""
        prices = self.outcome.prices
        best = min(reach, key=lambda arc: (prices.get(arc.supply, 0) - arc.value, arc.supply))
        return prices.get(best.supply, 0), best.value

    def _displacers(self, line: Demand, reach: list[Arc]) -> tuple[str, ...]:
        """Lines that got what this one could have used, most valuable unit first, then by id."""
        best: dict[str, int] = {}
        for arc in reach:
            for name in self.users[arc.supply]:
                if name != line.id:
                    worth = ways(self.demand[name])[arc.supply].value
                    best[name] = max(worth, best.get(name, worth))
        return tuple(sorted(best, key=lambda name: (-best[name], name)))

    def _got(self, users: tuple[str, ...], reach: list[Arc]) -> str:
        """Who got how many of these units, in words."""
        units = {name: sum(self.users[arc.supply].get(name, 0) for arc in reach) for name in users[:4]}
        more = f" and {len(users) - 4} others" if len(users) > 4 else ""
        return "; ".join(f"{name} {count}" for name, count in units.items()) + more

    def _place(self, arc: Arc) -> str:
        supply = self.supply[arc.supply]
        return f"inbound {supply.inbound} at {supply.site}" if supply.inbound else f"stock at {supply.site}"


def _names(users: tuple[str, ...]) -> str:
    return ", ".join(users[:4]) + (f" and {len(users) - 4} others" if len(users) > 4 else "") or "no other line"
