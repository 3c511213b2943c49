"""Compose the moves of a response: one per winner with its losers, their new promises, wave holds and notices; then the
promises that several moves change together, and those that break for lines nobody moves."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from domain.allocation.types import AllocationPlan, Problem
from domain.facts import Facts
from domain.noun import from_minor
from domain.plans import Move
from domain.response.actions import ActionList
from domain.response.effects import effects_of, reason, serves, title
from domain.response.flows import Tree, trees
from domain.response.promising import add_promises, slipped, together
from domain.response.setting import Setting, setting_of


def compose(facts: Facts, problem: Problem, plan: AllocationPlan, prefix: str) -> tuple[Move, ...]:
    """The moves that carry `plan` out, best first, with ids `{prefix}/m1`, ...

    Every subset of them can be executed alone, and every promise told is then true. Swaps that gain nothing are left
    out, and no line gives up a unit that nobody takes. Rejected moves are kept out by the allocation itself.
    """
    setting = setting_of(facts, problem, plan)
    grown = [tree for tree in trees(problem, plan, _released(setting)) if _worth_doing(setting, tree)]
    touching: dict[str, list[int]] = defaultdict(list)
    for number, tree in enumerate(grown):
        for line in {name for draw in tree.draws for name in (draw.winner, draw.loser) if name is not None}:
            touching[line].append(number)
    shared = {
        line: None
        if setting.demand[line].is_transfer
        else setting.promise_after(line, [draw for number in numbers for draw in grown[number].draws])
        for line, numbers in touching.items()
        if len(numbers) > 1
    }
    moves = [_move(setting, tree, shared, f"{prefix}/m{number}") for number, tree in enumerate(grown, 1)]
    for line in sorted(setting.demand):
        key = f"{prefix}/m{len(moves) + 1}"
        if line in shared:
            promise = together(setting, line, [(moves[number], grown[number]) for number in touching[line]], key)
        else:
            promise = None if line in touching else slipped(setting, line, key)
        if promise is not None:
            moves.append(promise)
    return tuple(moves)


def _released(setting: Setting) -> frozenset[str]:
    return frozenset(line for line, _ in setting.released)


def _worth_doing(setting: Setting, tree: Tree) -> bool:
    """A swap without a loser, or one that leaves units to nobody, is done for money, or for a line in a strict rank
    that gets more of them or gets some of them sooner."""
    idle = any(draw.winner is None for draw in tree.draws)
    loses = any(draw.loser not in (None, *tree.roots) for draw in tree.draws)
    gains = any(draw.winner is not None and draw.loser is None for draw in tree.draws)
    if not idle and (loses or gains):
        return True
    strict = [root for root in tree.roots if setting.demand[root].rank == 0]
    return _worth(setting, tree) > 0 or any(serves(setting, tree, root) for root in strict)


def _move(setting: Setting, tree: Tree, shared: dict[str, date | None], key: str) -> Move:
    actions = ActionList(key)
    _add_stock_actions(setting, tree, actions)
    worth = _worth(setting, tree)
    losers = sorted({draw.loser for draw in tree.draws if draw.loser and draw.winner} - set(tree.roots))
    effects = effects_of(setting, tree, shared)
    add_promises(setting, tree, effects, shared, actions)
    at_stake = sum(
        draw.quantity * max(0, setting.values.get((draw.winner, draw.supply), 0))
        for draw in tree.draws
        if draw.winner in tree.roots and draw.winner is not None
    )
    transfer = any(setting.demand[root].is_transfer for root in tree.roots)
    return Move(
        id=key,
        kind="transfer" if transfer else ("reallocate" if losers else "reserve"),
        title=title(setting, tree, losers),
        reason=reason(setting, tree, losers, worth),
        actions=tuple(actions.built),
        effects=effects,
        value=from_minor(worth),
        value_at_stake=from_minor(at_stake),
        evidence=(setting.plan.id, setting.facts.id, *sorted({draw.supply for draw in tree.draws})),
    )


def _add_stock_actions(setting: Setting, tree: Tree, actions: ActionList) -> None:
    """Holds, then releases, then reserves; transfers instead of reserves where a site asked."""
    for draw in tree.draws:
        if draw.loser is not None:
            supply = setting.supply[draw.supply]
            waves = setting.released.get((draw.loser, supply.site), ()) if supply.inbound is None else ()
            actions.release(draw.loser, supply, draw.quantity, waves)
    for draw in tree.draws:
        if draw.winner is None:
            continue
        supply = setting.supply[draw.supply]
        demand = setting.demand[draw.winner]
        if not demand.is_transfer:
            actions.reserve(draw.winner, supply, draw.quantity)
        elif supply.inbound is None:
            to_site = setting.facts.transfer(demand.id).to_site
            actions.transfer(demand.id, supply, to_site, draw.quantity)


def _worth(setting: Setting, tree: Tree) -> int:
    """Objective after minus before (minor units): values gained, less values lost, less break cost of net losses."""
    worth = 0
    net: dict[str, int] = {}
    for draw in tree.draws:
        if draw.winner is not None:
            worth += draw.quantity * setting.values.get((draw.winner, draw.supply), 0)
            net[draw.winner] = net.get(draw.winner, 0) + draw.quantity
        if draw.loser is not None:
            worth -= draw.quantity * setting.values.get((draw.loser, draw.supply), 0)
            net[draw.loser] = net.get(draw.loser, 0) - draw.quantity
    return worth + sum(setting.demand[line].break_cost * units for line, units in net.items() if units < 0)
