"""Promises: those of a move itself, those that hold once several moves are carried out, and those that simply break."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from domain.plans import Effect, Move
from domain.response.actions import ActionList
from domain.response.effects import worse
from domain.response.flows import Tree
from domain.response.setting import Setting


def add_promises(
    setting: Setting, tree: Tree, effects: Sequence[Effect], shared: Collection[str], actions: ActionList
) -> None:
    """New dates for lines of a move whose date changes, and a notice for each that gets a later one.

    A date told by a move is true once this move alone is carried out. A line that other moves touch too is told by this
    one only what gets worse by it; what all of them make possible is told by a move of its own (`together`).
    """
    for effect in effects:
        line, after = effect.line, effect.promise_after
        if setting.demand[line].is_transfer or after is None or after == effect.promise_before:
            continue
        if line in shared and not worse(setting, tree, line):
            continue
        tell(setting, actions, line, effect.promise_before, after)


def tell(setting: Setting, actions: ActionList, line: str, before: date | None, after: date) -> None:
    """A new date in the ERP, and a task to tell the customer when it is later."""
    demand = setting.demand[line]
    actions.promise(line, demand.sku, before, after)
    if before is not None and after > before:
        actions.notice(demand.customer, demand.order, line, before, after)


def together(setting: Setting, line: str, by: Sequence[tuple[Move, Tree]], key: str) -> Move | None:
    """The date of a line once all moves that touch it are carried out, where the last one told would be another."""
    if setting.demand[line].is_transfer:
        return None
    after = setting.promise_after(line, [draw for _, tree in by for draw in tree.draws])
    before = setting.promise_now(line)
    dates = [a.new_date for move, _ in by for a in move.actions if a.kind == "update_promise" and a.line == line]
    told: set[date | None] = set(dates) or {before}
    if after is None or told == {after}:
        return None
    reason = f"With all moves that touch {line} carried out, its last units are there on {after}."
    return _promise(setting, line, before, after, reason, tuple(move.id for move, _ in by), key)


def slipped(setting: Setting, line: str, key: str) -> Move | None:
    """A promise that can no longer be kept although nothing of the line moves."""
    demand = setting.demand[line]
    if demand.is_transfer or demand.blocked:
        return None
    before, after = setting.promise_now(line), setting.promise_after(line)
    if before is None or after is None or after <= before:
        return None
    days = (after - before).days
    reason = f"The units for {line} cannot be there on {before}; they are there on {after}, {days} days later."
    return _promise(setting, line, before, after, reason, (), key)


def _promise(
    setting: Setting, line: str, before: date | None, after: date, reason: str, needs: tuple[str, ...], key: str
) -> Move:
    demand = setting.demand[line]
    actions = ActionList(key)
    tell(setting, actions, line, before, after)
    effect = Effect(
        line=line,
        order=demand.order,
        customer=demand.customer,
        sku=demand.sku,
        units=0,
        promise_before=before,
        promise_after=after,
        why="all its units together" if needs else "the units it waits for come later",
    )
    return Move(
        id=key,
        kind="promise",
        title=f"Promise {line} for {after}" + (f" instead of {before}" if before else ""),
        reason=reason,
        actions=tuple(actions.built),
        effects=(effect,),
        needs=needs,
        evidence=(setting.plan.id, setting.facts.id),
    )
