"""Compose the moves of a response: one per winner with its losers, their new promises, wave holds and notices; then the
promises that break for lines nobody moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.allocation.types import AllocationPlan, Demand, Problem, Supply
from domain.execution import TaskState, WaveState
from domain.facts import Facts
from domain.noun import from_minor
from domain.plans import Effect, Move
from domain.response.actions import ActionList
from domain.response.flows import Tree, trees
from domain.response.promises import implied


@dataclass(frozen=True)
class Setting:
    """What composing looks at, with its look-ups."""

    facts: Facts
    plan: AllocationPlan
    demand: dict[str, Demand]
    supply: dict[str, Supply]
    values: dict[tuple[str, str], int]
    arrives: dict[tuple[str, str], date]
    released: dict[tuple[str, str], tuple[str, ...]]
    """(line, site) -> released waves with an open pick of it"""

    def arrival(self, line: str, supply: str) -> date:
        """When units of a supply reach a line; when they are available, if there is no way at all."""
        return self.arrives.get((line, supply), self.supply[supply].available)

    def promise_after(self, line: str) -> date | None:
        """The promise date of a line under the plan."""
        return implied(self.facts, self.plan, self.demand[line])

    def promise_now(self, line: str) -> date | None:
        """The promise date of a line in the ERP."""
        promise = self.facts.line(line).promise
        return promise.current if promise else None


def compose(facts: Facts, problem: Problem, plan: AllocationPlan, prefix: str) -> tuple[Move, ...]:
    """The moves that carry `plan` out, best first, with ids `{prefix}/m1`, ...

    Every subset of them can be executed alone. Moves that are worth nothing (a swap at no gain) are left out, and no
    line gives up a unit that nobody takes. Rejected moves are kept out by the allocation itself.
    """
    setting = _setting(facts, problem, plan)
    moves: list[Move] = []
    touched: set[str] = set()
    for tree in trees(problem, plan, frozenset(line for line, _ in setting.released)):
        move = _move(setting, tree, f"{prefix}/m{len(moves) + 1}")
        if move is not None:
            moves.append(move)
            touched |= {effect.line for effect in move.effects}
    for line in sorted(set(setting.demand) - touched):
        move = _slipped(setting, line, f"{prefix}/m{len(moves) + 1}")
        if move is not None:
            moves.append(move)
    return tuple(moves)


def _setting(facts: Facts, problem: Problem, plan: AllocationPlan) -> Setting:
    released: dict[tuple[str, str], tuple[str, ...]] = {}
    for wave in facts.waves:
        if wave.state is WaveState.RELEASED:
            for line in sorted({task.line for task in wave.tasks if task.state is TaskState.OPEN}):
                released[line, wave.site] = (*released.get((line, wave.site), ()), wave.id)
    return Setting(
        facts=facts,
        plan=plan,
        demand={demand.id: demand for demand in problem.demand},
        supply={supply.id: supply for supply in problem.supply},
        values={(demand.id, arc.supply): arc.value for demand in problem.demand for arc in demand.arcs},
        arrives={(demand.id, arc.supply): arc.arrives for demand in problem.demand for arc in demand.arcs},
        released=released,
    )


def _move(setting: Setting, tree: Tree, key: str) -> Move | None:
    actions = ActionList(key)
    _add_stock_actions(setting, tree, actions)
    if not actions.built:
        return None
    worth = _worth(setting, tree)
    losers = sorted({draw.loser for draw in tree.draws if draw.loser and draw.winner} - set(tree.roots))
    if worth <= 0 and not losers and all(draw.winner is None or draw.loser for draw in tree.draws):
        return None
    if worth <= 0 and any(draw.winner is None for draw in tree.draws):
        return None
    effects = _effects(setting, tree)
    _add_promises(setting, effects, actions)
    at_stake = sum(
        draw.quantity * max(0, setting.values.get((draw.winner, draw.supply), 0))
        for draw in tree.draws
        if draw.winner in tree.roots and draw.winner is not None
    )
    transfer = any(setting.demand[root].is_transfer for root in tree.roots)
    return Move(
        id=key,
        kind="transfer" if transfer else ("reallocate" if losers else "reserve"),
        title=_title(setting, tree, losers),
        reason=_reason(setting, tree, losers, worth),
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


def _effects(setting: Setting, tree: Tree) -> tuple[Effect, ...]:
    net: dict[str, int] = {}
    for draw in tree.draws:
        for line, sign in ((draw.winner, 1), (draw.loser, -1)):
            if line is not None:
                net[line] = net.get(line, 0) + sign * draw.quantity
    result = []
    for line in sorted(net, key=lambda key: (-net[key], key)):
        demand = setting.demand[line]
        if demand.is_transfer:
            before = after = None
        else:
            before, after = setting.promise_now(line), setting.promise_after(line)
        result.append(
            Effect(
                line=line,
                order=demand.order,
                customer=demand.customer,
                sku=demand.sku,
                units=net[line],
                sooner=_sooner(setting, tree, line),
                promise_before=before,
                promise_after=after,
                why=_why(setting, tree, line),
            )
        )
    return tuple(result)


def _sooner(setting: Setting, tree: Tree, line: str) -> int:
    """Units that arrive earlier than the ones they replace, minus those that arrive later: both sides by arrival."""
    got = [setting.arrival(line, d.supply) for d in tree.draws for _ in range(d.quantity) if d.winner == line]
    gave = [setting.arrival(line, d.supply) for d in tree.draws for _ in range(d.quantity) if d.loser == line]
    pairs = list(zip(sorted(got), sorted(gave), strict=False))
    return sum(new < old for new, old in pairs) - sum(new > old for new, old in pairs)


def _why(setting: Setting, tree: Tree, line: str) -> str:
    parts = []
    for draw in tree.draws:
        place = _place(setting.supply[draw.supply])
        if draw.winner == line:
            source = f"from {draw.loser}" if draw.loser else "from free units"
            parts.append(f"+{draw.quantity} {place} {source}")
        elif draw.loser == line:
            parts.append(f"-{draw.quantity} {place}" + (f" to {draw.winner}" if draw.winner else ""))
    return "; ".join(parts)


def _place(supply: Supply) -> str:
    return f"on {supply.inbound} ({supply.available})" if supply.inbound else f"at {supply.site}"


def _add_promises(setting: Setting, effects: tuple[Effect, ...], actions: ActionList) -> None:
    """New dates for lines of the move whose date changes, and a notice for each order that gets a later one."""
    for effect in effects:
        if setting.demand[effect.line].is_transfer or effect.promise_after is None:
            continue
        if effect.promise_after == effect.promise_before:
            continue
        actions.promise(effect.line, effect.sku, effect.promise_before, effect.promise_after)
        if effect.promise_before is not None and effect.promise_after > effect.promise_before:
            actions.notice(effect.customer, effect.order, effect.line, effect.promise_before, effect.promise_after)


def _slipped(setting: Setting, line: str, key: str) -> Move | None:
    """A promise that can no longer be kept although nothing of the line moves."""
    demand = setting.demand[line]
    if demand.is_transfer or demand.blocked:
        return None
    before, after = setting.promise_now(line), setting.promise_after(line)
    if before is None or after is None or after <= before:
        return None
    actions = ActionList(key)
    actions.promise(line, demand.sku, before, after)
    actions.notice(demand.customer, demand.order, line, before, after)
    days = (after - before).days
    return Move(
        id=key,
        kind="promise",
        title=f"Promise {line} for {after} instead of {before}",
        reason=f"The units for {line} cannot be there on {before}; the plan has them on {after}, {days} days later.",
        actions=tuple(actions.built),
        effects=(
            Effect(
                line=line,
                order=demand.order,
                customer=demand.customer,
                sku=demand.sku,
                units=0,
                promise_before=before,
                promise_after=after,
                why="the units it waits for come later",
            ),
        ),
        evidence=(setting.plan.id, setting.facts.id),
    )


def _title(setting: Setting, tree: Tree, losers: list[str]) -> str:
    root_units = sum(draw.quantity for draw in tree.draws if draw.winner in tree.roots)
    skus = sorted({setting.demand[root].sku for root in tree.roots})
    source = f" from {_listed(losers)}" if losers else " from free units"
    return f"{root_units} of {_listed(skus)} for {_listed(list(tree.roots))}{source}"


def _reason(setting: Setting, tree: Tree, losers: list[str], worth: int) -> str:
    root = setting.demand[tree.roots[0]]
    if root.rank == 0:
        lead = f"{root.id} stands in the rank of contracted service levels, which comes before money."
    elif losers:
        lead = f"A unit is worth more to {root.id} than to those who hold it."
    else:
        lead = f"{root.id} is short and the units are free."
    return f"{lead} The move changes the value of the plan by {from_minor(worth)} {setting.facts.base_currency}."


def _listed(names: list[str]) -> str:
    if len(names) <= 3:
        return ", ".join(names)
    return f"{', '.join(names[:3])} and {len(names) - 3} more"
