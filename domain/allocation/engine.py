"""The exact engine: SKUs one by one, tied together only by orders that ship complete.

Why the bound is valid. (1) Per SKU, a solution of `branch.search` is worth at most the bound it returns. (2) SKUs share
no supply, so the sum of these bounds holds for every plan that respects the decided orders. (3) A node of the search
over orders leaves out that undecided orders are whole, so its sum bounds every plan below it, and the largest sum
among open nodes bounds every plan. (4) Money: a plan with the same floors, strict ranks and units on time as ours,
worth v in money, is worth at least `above_money + money * v` on the scale of the weights (what stands below money is
never negative), hence v <= (bound - above_money) / money.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass

from domain.allocation.branch import search
from domain.allocation.fixed import Decided, Grants, Rest
from domain.allocation.model import SkuModel
from domain.allocation.packs import even, in_units, worth
from domain.allocation.types import Problem
from domain.allocation.weights import Weights
from domain.errors import IntegrityBroken

ORDER_NODES = 60
"""Nodes of the search over orders that ship complete before it stops and says so."""

Ids = frozenset[str]


@dataclass(frozen=True)
class SkuAnswer:
    """The best found for one SKU under decided lines: grants in units, worth, a bound on it, and supply prices."""

    grants: Grants
    worth: int
    bound: int
    prices: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Answer:
    """The best found for all SKUs. `bound` >= the worth of every feasible plan on the scale of the weights."""

    grants: Grants
    worth: int
    bound: int
    prices: tuple[tuple[str, int], ...]


class Engine:
    """Solves the undecided rest of a problem; `extra` is a price on every broken holding (see `budget`)."""

    def __init__(self, problem: Problem, decided: Decided, weights: Weights, extra: int = 0) -> None:
        self.weights = weights
        self.extra = extra
        self._rest: dict[str, list[Rest]] = defaultdict(list)
        for item in decided.rest:
            self._rest[item.line.sku].append(item)
        self._supply: dict[str, dict[str, int]] = defaultdict(dict)
        for supply in problem.supply:
            self._supply[supply.sku][supply.id] = decided.supply[supply.id]
        self._packed: dict[str, SkuModel] = {}
        self._loose: dict[str, SkuModel] = {}
        self._known: dict[tuple[str, Ids, Ids], SkuAnswer | None] = {}
        self._orders, self._never = self._group(problem)

    def _group(self, problem: Problem) -> tuple[dict[str, list[Rest]], Ids]:
        """Orders that ship complete, and lines of those that cannot: part of them is on hold or frozen short."""
        orders: dict[str, list[Rest]] = defaultdict(list)
        for items in self._rest.values():
            for item in items:
                if item.line.order_atomic and not item.line.blocked:
                    orders[item.line.order].append(item)
        stuck = {line.order for line in problem.demand if line.order_atomic and line.blocked}
        for line in problem.demand:
            if line.order_atomic and line.frozen and sum(h.quantity for h in line.holdings) < line.quantity:
                stuck.add(line.order)
        never = frozenset(item.line.id for order in stuck for item in orders.get(order, ()))
        return {key: items for key, items in orders.items() if key not in stuck and len(items) > 1}, never

    def _sku(self, sku: str, banned: Ids, forced: Ids) -> SkuAnswer | None:
        mine = {item.line.id for item in self._rest[sku]}
        key = (sku, banned & mine, forced & mine)
        if key not in self._known:
            self._known[key] = self._solve_sku(*key)
        return self._known[key]

    def _solve_sku(self, sku: str, banned: Ids, forced: Ids) -> SkuAnswer | None:
        rest, supply, pack = self._rest[sku], self._supply[sku], self._rest[sku][0].line.pack
        if sku not in self._packed:
            self._packed[sku] = SkuModel(rest, supply, self.weights, pack, self.extra)
        model = self._packed[sku]
        found = search(model, banned, forced)
        if found is None:
            return None
        model.solve(found.banned, found.forced)
        prices = tuple(sorted(model.prices().items()))
        if pack == 1:
            return SkuAnswer(found.solved.grants, found.solved.worth, found.bound, prices)
        grants = in_units(rest, found.solved.grants, pack, supply, len(self.weights.ranks), banned)
        exact = worth(rest, grants, self.weights, self.extra)
        bound = found.bound
        if not even(rest, pack):
            loose = self._loose.setdefault(sku, SkuModel(rest, supply, self.weights, 1, self.extra))
            relaxed = loose.solve(banned, forced)
            bound = exact if relaxed is None else relaxed.worth
        return SkuAnswer(grants, exact, max(bound, exact), prices)

    def _node(self, banned: Ids, forced: Ids) -> Answer | None:
        grants: Grants = {}
        prices: list[tuple[str, int]] = []
        total = bound = 0
        for sku in sorted(self._rest):
            answer = self._sku(sku, banned, forced)
            if answer is None:
                return None
            grants |= answer.grants
            prices += answer.prices
            total += answer.worth
            bound += answer.bound
        return Answer(grants, total, bound, tuple(prices))

    def solve(self) -> Answer:
        """Best first over orders that ship complete: in (all lines full) or out (none)."""
        root = self._node(self._never, frozenset())
        if root is None:
            raise IntegrityBroken("nothing is forced at the root, so it can be solved")
        best = self._dive(root)
        heap = [(-root.bound, 0, self._never, frozenset[str](), root)]
        count = 1
        while heap:
            bound, _, banned, forced, node = heapq.heappop(heap)
            if -bound <= best.worth:
                return best
            order = self._torn(node, banned)
            if order is None and node.worth > best.worth:
                best = Answer(node.grants, node.worth, best.bound, node.prices)
            if order is None or count >= ORDER_NODES:
                return Answer(best.grants, best.worth, -bound, best.prices)
            lines = frozenset(item.line.id for item in self._orders[order])
            for child_banned, child_forced in ((banned, forced | lines), (banned | lines, forced)):
                child = self._node(child_banned, child_forced)
                if child is not None and child.bound > best.worth:
                    count += 1
                    heapq.heappush(heap, (-child.bound, count, child_banned, child_forced, child))
        return Answer(best.grants, best.worth, best.worth, best.prices)

    def _dive(self, node: Answer) -> Answer:
        """A first whole plan: again and again leave out the least complete torn order."""
        banned = self._never
        while (order := self._torn(node, banned, least=True)) is not None:
            banned |= {item.line.id for item in self._orders[order]}
            child = self._node(banned, frozenset())
            if child is None:
                raise IntegrityBroken("leaving lines out cannot make a plan impossible")
            node = child
        return Answer(node.grants, node.worth, node.worth, node.prices)

    def _torn(self, node: Answer, banned: Ids, *, least: bool = False) -> str | None:
        """The order to decide next: of those filled in part, the most (least) complete; ties by id."""
        taken: dict[str, int] = defaultdict(int)
        for (line, _), units in node.grants.items():
            taken[line] += units
        torn: list[tuple[int, str]] = []
        for order, items in self._orders.items():
            full = sum(taken[item.line.id] >= item.quantity for item in items)
            some = any(taken[item.line.id] for item in items)
            if some and full < len(items) and not banned.issuperset(item.line.id for item in items):
                share = full * 1_000_000 // len(items)
                torn.append((share if least else -share, order))
        return min(torn)[1] if torn else None
