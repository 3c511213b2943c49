"""Who gives which units to whom: the difference between an allocation and what is reserved now, as independent trees.

A tree is everything that must be true together. Any subset of trees is feasible: each draws its own part of the free
units, and every unit it takes from a loser goes to a winner of the same tree; what a loser gets instead is in it too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from domain.allocation.types import AllocationPlan, Demand, Problem
from domain.errors import IntegrityBroken

Amounts = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Draw:
    """`quantity` units of `supply` for `winner` (None: nobody, a line only swaps), from `loser` (None: free units)."""

    supply: str
    quantity: int
    winner: str | None
    loser: str | None


@dataclass
class Tree:
    """All draws that hang together; `roots` are the lines it is for."""

    roots: tuple[str, ...]
    draws: list[Draw] = field(default_factory=list)


class _Book:
    """What is still to be matched: gains per line (roots and fallbacks apart), losses per line, free units."""

    def __init__(
        self, problem: Problem, plan: AllocationPlan, loser_key: dict[str, tuple[bool, int, int, str]]
    ) -> None:
        self.demand = {line.id: line for line in problem.demand}
        self.available = {supply.id: supply.available for supply in problem.supply}
        self.loser_key = loser_key
        self.order = sorted(self.demand)
        self.free = {supply.id: supply.quantity for supply in problem.supply}
        self.losses: Amounts = defaultdict(dict)
        self.roots: Amounts = defaultdict(dict)
        self.fallbacks: Amounts = defaultdict(dict)
        target: Amounts = defaultdict(lambda: defaultdict(int))
        self.arrives: dict[tuple[str, str], str] = {}
        for grant in plan.grants:
            target[grant.line][grant.supply] += grant.quantity
            self.arrives[grant.line, grant.supply] = grant.arrives.isoformat()
        for line in problem.demand:
            held = _held(line)
            for supply, quantity in held.items():
                self.free[supply] -= quantity
            gains = {s: q - held.get(s, 0) for s, q in target[line.id].items() if q > held.get(s, 0)}
            losses = {s: q - target[line.id].get(s, 0) for s, q in held.items() if q > target[line.id].get(s, 0)}
            self.losses[line.id] = losses
            self._split(line.id, gains, sum(gains.values()) - sum(losses.values()))

    def _split(self, line: str, gains: dict[str, int], net: int) -> None:
        """The earliest `net` units of a line's gains are roots; the rest replaces what it loses."""
        for supply in sorted(gains, key=lambda s: (self.arrives[line, s], s)):
            root = min(max(net, 0), gains[supply])
            net -= root
            if root:
                self.roots[line][supply] = root
            if gains[supply] - root:
                self.fallbacks[line][supply] = gains[supply] - root

    def draw(self, winner: str, supply: str, quantity: int, out: list[Draw]) -> None:
        """Find `quantity` units of `supply` for `winner`: free ones first, then from losers in their written order."""
        take = min(self.free[supply], quantity)
        if take > 0:
            self.free[supply] -= take
            out.append(Draw(supply, take, winner, None))
            quantity -= take
        holders = [line for line, lost in self.losses.items() if lost.get(supply, 0)]
        losers = sorted(holders, key=lambda line: self.loser_key[line])
        for loser in losers:
            take = min(self.losses[loser][supply], quantity)
            if take <= 0:
                continue  # served meanwhile by a chain that began here
            self.losses[loser][supply] -= take
            quantity -= take
            out.append(Draw(supply, take, winner, loser))
            self.replace(loser, take, out)
        if quantity:
            raise IntegrityBroken(f"the allocation grants {quantity} units of {supply} that nobody has", field="grants")

    def replace(self, line: str, quantity: int, out: list[Draw]) -> None:
        """Give a loser up to `quantity` of the units that the allocation means for it instead."""
        for supply in sorted(self.fallbacks[line], key=lambda s: (self.arrives[line, s], s)):
            take = min(self.fallbacks[line].get(supply, 0), quantity)
            if take > 0:
                self.fallbacks[line][supply] -= take
                quantity -= take
                self.draw(line, supply, take, out)

    def exchange(self, line: str, out: list[Draw]) -> None:
        """Deal with one other line at a time: it gives `line` earlier units and takes later ones of `line` for them."""
        for supply in sorted(self.fallbacks[line], key=lambda s: (self.arrives[line, s], s)):
            holders = [other for other, lost in self.losses.items() if lost.get(supply, 0)]
            for other in sorted(holders, key=lambda name: self.loser_key[name]):
                for later in sorted(self.losses[line]):
                    if self.available[later] <= self.available[supply]:
                        continue
                    units = min(
                        self.fallbacks[line][supply],
                        self.losses[other][supply],
                        self.losses[line][later],
                        self.fallbacks[other].get(later, 0),
                    )
                    if units > 0:
                        self.fallbacks[line][supply] -= units
                        self.losses[other][supply] -= units
                        self.losses[line][later] -= units
                        self.fallbacks[other][later] -= units
                        out += [Draw(supply, units, line, other), Draw(later, units, other, line)]

    def swap(self, line: str, quantity: int, out: list[Draw]) -> None:
        """A line that has just got `quantity` units gives as many back: to lines that want those, else to nobody."""
        for supply in sorted(self.losses[line]):
            while quantity and self.losses[line][supply]:
                taker = next((name for name in self.order if self.fallbacks[name].get(supply, 0)), None)
                wanted = quantity if taker is None else self.fallbacks[taker][supply]
                give = min(quantity, self.losses[line][supply], wanted)
                self.losses[line][supply] -= give
                quantity -= give
                out.append(Draw(supply, give, taker, line))
                if taker is not None:
                    self.fallbacks[taker][supply] -= give
                    self.swap(taker, give, out)


def _held(line: Demand) -> dict[str, int]:
    held: dict[str, int] = defaultdict(int)
    for holding in line.holdings:
        held[holding.supply] += holding.quantity
    return dict(held)


def trees(problem: Problem, plan: AllocationPlan, released: frozenset[str]) -> list[Tree]:
    """The trees of a plan: one per winning line (or per order that ships complete), then swaps nobody else needs.

    Exchanges between two lines come first, because they are the smallest thing a person can decide.

    `released`: lines in released waves; they are asked to give last. Winners are served by strict rank, tier, due date
    and id; losers are asked in the opposite order. Raises IntegrityBroken when grants exceed supply.
    """
    key = {line.id: (line.rank, line.tier, line.due.isoformat(), line.ordered, line.id) for line in problem.demand}
    loser_key = {line.id: (line.id in released, -line.rank, -line.tier, line.id) for line in problem.demand}
    book = _Book(problem, plan, loser_key)
    grown: dict[str, Tree] = {}

    def tree_of(line: str) -> Tree:
        demand = book.demand[line]
        tree = grown.setdefault(demand.order if demand.order_atomic else line, Tree(()))
        if line not in tree.roots:
            tree.roots += (line,)
        return tree

    for line in sorted(book.fallbacks, key=lambda name: key[name]):
        dealt: list[Draw] = []
        book.exchange(line, dealt)
        if dealt:
            tree_of(line).draws += dealt
    for line in sorted(book.roots, key=lambda name: key[name]):
        tree = tree_of(line)
        for supply in sorted(book.roots[line], key=lambda s: (book.arrives[line, s], s)):
            book.draw(line, supply, book.roots[line][supply], tree.draws)
    for line in sorted(book.fallbacks, key=lambda name: key[name]):
        left = sum(book.fallbacks[line].values())
        if left:
            tree = tree_of(line)
            chain: list[Draw] = []
            book.replace(line, left, chain)
            got = sum(draw.quantity for draw in chain if draw.winner == line)
            gave = sum(draw.quantity for draw in chain if draw.loser == line)
            book.swap(line, max(0, got - gave), chain)
            tree.draws += chain
    return sorted(grown.values(), key=lambda tree: key[tree.roots[0]])
