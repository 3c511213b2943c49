"""What a move means, for whom: units, dates, and the words of its card."""

from __future__ import annotations

from datetime import date

from domain.allocation.types import Supply
from domain.noun import from_minor
from domain.plans import Effect
from domain.response.flows import Tree
from domain.response.setting import Setting


def worse(setting: Setting, tree: Tree, line: str) -> bool:
    """Whether a line has to wait longer because of this tree (no date at all is the longest wait)."""
    before, after = setting.promise_after(line), setting.promise_after(line, tree.draws)
    return before is not None and (after is None or after > before)


def effects_of(setting: Setting, tree: Tree, shared: dict[str, date | None]) -> tuple[Effect, ...]:
    """What a tree means for each of its lines, the largest gain first.

    `shared` holds lines that other trees touch too, with the date all of them together make possible: it is shown where
    the line does not get worse by this tree alone.
    """
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
            before, after = setting.promise_now(line), setting.promise_after(line, tree.draws)
            if line in shared and not worse(setting, tree, line):
                after = shared[line]
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


def serves(setting: Setting, tree: Tree, line: str) -> bool:
    """Whether a line has more units by a tree, or some that arrive earlier than the ones they replace."""
    got, gave = _arrivals(setting, tree, line)
    return len(got) > len(gave) or any(new < old for new, old in zip(got, gave, strict=False))


def _sooner(setting: Setting, tree: Tree, line: str) -> int:
    """Units that arrive earlier than the ones they replace, minus those that arrive later: both sides by arrival."""
    pairs = list(zip(*_arrivals(setting, tree, line), strict=False))
    return sum(new < old for new, old in pairs) - sum(new > old for new, old in pairs)


def _arrivals(setting: Setting, tree: Tree, line: str) -> tuple[list[date], list[date]]:
    """When each unit that a line gets arrives, and each that it gives up, both in order."""
    got = [setting.arrival(line, d.supply) for d in tree.draws for _ in range(d.quantity) if d.winner == line]
    gave = [setting.arrival(line, d.supply) for d in tree.draws for _ in range(d.quantity) if d.loser == line]
    return sorted(got), sorted(gave)


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


def title(setting: Setting, tree: Tree, losers: list[str]) -> str:
    root_units = sum(draw.quantity for draw in tree.draws if draw.winner in tree.roots)
    skus = sorted({setting.demand[root].sku for root in tree.roots})
    source = f" from {_listed(losers)}" if losers else " from free units"
    return f"{root_units} of {_listed(skus)} for {_listed(list(tree.roots))}{source}"


def reason(setting: Setting, tree: Tree, losers: list[str], worth: int) -> str:
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
