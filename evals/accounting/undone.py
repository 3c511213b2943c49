"""Audit an undo: the facts before a move, right before its undo and after it, and what both of them carried out.

Laws: units only go back where they came from, never more than were taken, and never twice; nobody loses a unit that
neither its former holder gets nor free supply it was drawn from; goods stay; where nothing else has happened, everybody
holds what they held, and no promise is earlier than it was or later than it was without need.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.actions import Action, ReleaseReservation, Reserve
from domain.facts import Facts
from evals.accounting import floor, stock
from evals.accounting.audit import audit
from evals.accounting.books import Bucket, Finding, earmarked, held


@dataclass(frozen=True)
class Taking:
    """What is audited. `start` before the move, `middle` right before the undo, `end` after it."""

    start: Facts
    middle: Facts
    end: Facts
    done: tuple[Action, ...]
    undone: tuple[Action, ...]


def audit_undo(
    start: Facts, middle: Facts, end: Facts, done: Sequence[Action], undone: Sequence[Action], *, alone: bool
) -> tuple[Finding, ...]:
    """Every broken law, sorted. `alone`: nothing happened between the move and its undo, so all must be as it was."""
    taking = Taking(start, middle, end, tuple(done), tuple(undone))
    found = [*_goods(taking), *_opposite(taking), *_no_loser(taking), *_earmarks(taking)]
    if alone:
        found += [*_as_before(taking), *_promises(taking)]
    return tuple(sorted(set(found)))


def _net(actions: Sequence[Action]) -> dict[tuple[str, str, str], int]:
    """Units per (line, SKU, site); supply that has arrived since counts as stock of its site."""
    net: Counter[tuple[str, str, str]] = Counter()
    for action in actions:
        if isinstance(action, Reserve):
            net[action.line, action.sku, action.site] += action.quantity
        elif isinstance(action, ReleaseReservation):
            net[action.line, action.sku, action.site] -= action.quantity
    return dict(net)


def _goods(taking: Taking) -> Iterator[Finding]:
    """The undo alone: goods conserved, holdings changed by its actions only, nothing oversold or overgranted."""
    idle = {"loser_without_winner", "promise"}
    found = audit(taking.middle, taking.end, [taking.undone])
    yield from (finding for finding in found if finding.law not in idle)
    yield from stock.conserved(taking.middle, taking.end, taking.undone, ())
    yield from floor.picks_covered(taking.end)


def _opposite(taking: Taking) -> Iterator[Finding]:
    """Against the direction of the move, and at most as far."""
    done, back = _net(taking.done), _net(taking.undone)
    for key in sorted(back):
        units, was = back[key], done.get(key, 0)
        if units * was > 0 or abs(units) > abs(was):
            yield Finding("undo", " ".join(key), f"the move changed it by {was}, the undo by {units}")


def _no_loser(taking: Taking) -> Iterator[Finding]:
    """What is given up in a place is got by others there, or the move had drawn as much from free supply."""
    done, back = _net(taking.done), _net(taking.undone)
    for place in sorted({key[1:] for key in back}):
        lost = -sum(units for key, units in back.items() if key[1:] == place)
        drawn = max(0, sum(units for key, units in done.items() if key[1:] == place))
        if lost > drawn:
            yield Finding("loser_without_winner", " ".join(place), f"{lost} given up, {drawn} came from free supply")


def _earmarks(taking: Taking) -> Iterator[Finding]:
    before = earmarked(taking.middle)
    for bucket, units in sorted(earmarked(taking.end).items()):
        if units > before.get(bucket, 0):
            yield Finding("loser_without_winner", " ".join(bucket).strip(), f"{units} units stay earmarked for nobody")


def _as_before(taking: Taking) -> Iterator[Finding]:
    old, new = held(taking.start), held(taking.end)
    keys: set[tuple[str, Bucket]] = {*old, *new}
    touched = {line for line, _, _ in _net(taking.done)}
    if any(_on_hold(line, taking.end) for line in touched):
        return  # what a hold keeps from its former holder stays where it is
    for line, bucket in sorted(keys):
        was, has = old.get((line, bucket), 0), new.get((line, bucket), 0)
        if line in touched and was != has:
            yield Finding("undo", f"{line} on {' '.join(bucket).strip()}", f"held {was} before the move, has {has}")


def _on_hold(line: str, facts: Facts) -> bool:
    order = facts.order(facts.line(line).order)
    return bool(order.holds) or facts.customer(order.customer).on_credit_hold


def _promises(taking: Taking) -> Iterator[Finding]:
    """A date that the move changed is what it was, or later because the units cannot be there sooner."""
    told = {action.line for action in taking.done if action.kind == "update_promise"}
    possible = {finding.where for finding in floor.promises_possible(taking.middle, taking.end)}
    for key in sorted(told):
        before, after = taking.start.line(key).promise, taking.end.line(key).promise
        if before is None or after is None:
            continue
        if after.current < before.current:
            yield Finding("promise", key, f"was promised {before.current}, the undo says {after.current}")
        if key in possible:
            yield Finding("promise", key, f"newly promised {after.current}, which cannot be kept")
