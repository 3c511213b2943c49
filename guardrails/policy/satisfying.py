"""Whether formulas over variables with few values can all hold: an exact search, with the values that are left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Literal:
    """A variable has one of the values of `mask` (bit i: value number i)."""

    variable: str
    mask: int


@dataclass(frozen=True)
class All:
    """Every part holds; without parts it holds."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True)
class Some:
    """At least one part holds; without parts it does not."""

    parts: tuple[Formula, ...]


Formula = Literal | All | Some
Domains = Mapping[str, int]
"""Variable -> the values it may have, as bits."""


def negated(formula: Formula, domains: Domains) -> Formula:
    """What holds when `formula` does not; `domains` are the values that there are."""
    match formula:
        case Literal(variable, mask):
            return Literal(variable, domains[variable] & ~mask)
        case All(parts):
            return Some(tuple(negated(part, domains) for part in parts))
        case Some(parts):
            return All(tuple(negated(part, domains) for part in parts))


def solve(domains: Domains, formulas: Iterable[Formula]) -> Domains | None:
    """Values under which all formulas hold, whichever of the values left is taken; None when there are none."""
    return _search(domains, dict(domains), list(formulas))


def _search(every: Domains, left: dict[str, int], todo: list[Formula]) -> Domains | None:
    open_ = _narrowed(left, todo)
    if open_ is None:
        return None
    if not open_:
        return left
    first, *others = min(open_, key=lambda one: len(one.parts)).parts
    rest: list[Formula] = [one for one in open_ if one.parts != (first, *others)]
    found = _search(every, dict(left), [first, *rest])
    if found is not None:
        return found
    return _search(every, left, [negated(first, every), Some(tuple(others)), *rest])


def _narrowed(left: dict[str, int], todo: list[Formula]) -> list[Some] | None:
    """Narrow the values left until only choices are open; None when something cannot hold."""
    waiting: list[Some] = []
    while todo:
        while todo:
            match todo.pop():
                case Literal(variable, mask):
                    left[variable] &= mask
                    if not left[variable]:
                        return None
                case All(parts):
                    todo.extend(parts)
                case Some() as choice:
                    waiting.append(choice)
        still: list[Some] = []
        for choice in waiting:
            match _open_parts(choice, left):
                case None:
                    continue
                case ():
                    return None
                case (only,):
                    todo.append(only)
                case parts:
                    still.append(Some(parts))
        waiting = still
    return list(dict.fromkeys(waiting))


def _open_parts(choice: Some, left: Domains) -> tuple[Formula, ...] | None:
    """The parts that may hold still; None when one holds already."""
    parts = []
    for part in choice.parts:
        state = _state(part, left)
        if state:
            return None
        if state is None:
            parts.append(part)
    return tuple(parts)


def _state(formula: Formula, left: Domains) -> bool | None:
    """Whether a formula holds under every value left (True), under none (False), or that is open (None)."""
    if isinstance(formula, Literal):
        values = left[formula.variable]
        if not values & formula.mask:
            return False
        return None if values & ~formula.mask else True
    states = {_state(part, left) for part in formula.parts}
    decisive = isinstance(formula, Some)
    if decisive in states:
        return decisive
    return None if None in states else not decisive
