"""Branch and bound over what is whole or not at all: lines that ship complete."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from domain.allocation.fixed import Rest
from domain.allocation.model import SkuModel, Solved

WORK = 150_000
"""Nodes x arcs that a search may cost before it stops and says so."""


@dataclass(frozen=True)
class Found:
    """The best solution found, and `bound` >= the worth of every solution (equal when `proven`)."""

    solved: Solved
    bound: int
    proven: bool
    banned: frozenset[str]
    forced: frozenset[str]


def search(model: SkuModel, banned: frozenset[str], forced: frozenset[str]) -> Found | None:
    """The best solution in which lines that ship complete are full or empty; None when `forced` cannot be filled.

    Best first: a node is a set of lines decided out or in; its relaxation lets the others ship in part, so it is worth
    at least as much as every solution below it. The largest worth among open nodes is therefore a bound at any time.
    A line that ships complete keeps nothing when it is not complete.
    """
    whole = [item for item in model.rest if (item.line.atomic or item.line.order_atomic) and not item.line.blocked]
    root = model.solve(banned, forced)
    if root is None:
        return None
    best = _dive(model, whole, banned, forced)
    limit = max(12, WORK // max(1, model.size))
    heap = [(-root.worth, 0, banned, forced, root)]
    count = 1
    while heap:
        worth, _, out, into, solved = heapq.heappop(heap)
        if best is not None and -worth <= best.solved.worth:
            return Found(best.solved, best.solved.worth, True, best.banned, best.forced)
        broken = _broken(model, whole, solved)
        if broken is None:
            return Found(solved, -worth, True, out, into)
        if count >= limit and best is not None:
            return Found(best.solved, -worth, False, best.banned, best.forced)
        for child_out, child_in in ((out, into | {broken}), (out | {broken}, into)):
            child = model.solve(child_out, child_in)
            if child is not None and (best is None or child.worth > best.solved.worth):
                count += 1
                heapq.heappush(heap, (-child.worth, count, child_out, child_in, child))
    if best is None:
        return None
    return Found(best.solved, best.solved.worth, True, best.banned, best.forced)


def _taken(solved: Solved) -> dict[str, int]:
    taken: dict[str, int] = {}
    for (line, _), units in solved.grants.items():
        taken[line] = taken.get(line, 0) + units
    return taken


def _broken(model: SkuModel, whole: list[Rest], solved: Solved) -> str | None:
    """The line to decide next: the fullest of those filled in part, in the written order."""
    taken = _taken(solved)
    part = [
        (-(taken[item.line.id] * 1_000_000 // model.full(item)), -model.weights.places[item.line.id], item.line.id)
        for item in whole
        if 0 < taken.get(item.line.id, 0) < model.full(item)
    ]
    return min(part)[2] if part else None


def _dive(model: SkuModel, whole: list[Rest], banned: frozenset[str], forced: frozenset[str]) -> Found | None:
    """A first solution: again and again leave out the least filled line that is filled in part."""
    out = banned
    for _ in range(len(whole) + 1):
        solved = model.solve(out, forced)
        if solved is None:
            return None
        taken = _taken(solved)
        part = [
            (taken[item.line.id] * 1_000_000 // model.full(item), model.weights.places[item.line.id], item.line.id)
            for item in whole
            if 0 < taken.get(item.line.id, 0) < model.full(item)
        ]
        if not part:
            return Found(solved, solved.worth, False, out, forced)
        out = out | {min(part)[2]}
    return None
