"""What another policy would have changed, counted again by a clerk: from the lines of an exported ledger, the plans and
the snapshots, for the few kinds of change whose consequence can be told without judging anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from domain.facts import Facts
from domain.orders import OrderLine
from domain.plans import Move, Plan
from evals.metrics.recount import Line

Group = Literal["asked_more", "asked_less", "denied", "no_longer_denied", "other_roles", "same"]
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Size:
    """How much a move is: units, what they sell for, and what is at stake, in the base currency."""

    units: int
    value_moved: Decimal
    value_at_stake: Decimal


@dataclass(frozen=True)
class Judged:
    """What the ledger says of one move when its plan was judged."""

    move: str
    outcome: str
    roles: tuple[str, ...]
    rules: tuple[str, ...]
    """The rules that asked or denied; those that let it go are left out."""
    size: Size


@dataclass(frozen=True)
class Count:
    """Moves of one group."""

    moves: tuple[str, ...]
    units: int
    value_moved: Decimal
    value_at_stake: Decimal


Answer = tuple[str, tuple[str, ...]]
"""An outcome (`allow`, `approval`, `deny`) and the roles that are asked."""


def judged(lines: Iterable[Line], plans: Mapping[str, Plan], facts: Mapping[str, Facts]) -> list[Judged]:
    """Every judgement of a plan's move in the ledger, in order; `plans` by run, `facts` by id."""
    found = []
    for line in lines:
        if line.actor != "copilot" or line.kind not in ("decision", "denial") or "outcome" not in line.body:
            continue
        plan = plans[line.run]
        said = [one for one in line.body.get("reasons", []) if one["outcome"] != "allow"]
        found.append(
            Judged(
                move=line.move,
                outcome=line.body["outcome"],
                roles=tuple(line.body["roles"]),
                rules=tuple(one["rule"] for one in said),
                size=size(plan.move(line.move), facts[plan.facts]),
            )
        )
    return found


def size(move: Move, facts: Facts) -> Size:
    """Units and money of a move, from its actions and the prices and costs of the snapshot alone."""
    lines = {line.id: line for order in facts.orders for line in order.lines}
    costs = {sku.id: sku.unit_cost for sku in facts.skus}
    gained = [(lines[a.line], a.quantity) for a in move.actions if a.kind in ("reserve", "substitute")]
    lost = [(lines[a.line], a.quantity) for a in move.actions if a.kind == "release_reservation"]
    shifted = [(costs[a.sku], a.quantity) for a in move.actions if a.kind == "transfer"]
    hurried = sum((a.cost for a in move.actions if a.kind == "expedite_inbound"), Decimal(0))
    price = {line.id: _price(line, facts) for line, _ in (*gained, *lost)}
    given = sum((price[line.id] * units for line, units in gained), Decimal(0))
    taken = sum((price[line.id] * units for line, units in lost), Decimal(0))
    margin = sum((max(Decimal(0), price[line.id] - costs[line.sku]) * units for line, units in gained), Decimal(0))
    moved = max(given + sum((cost * units for cost, units in shifted), Decimal(0)), taken)
    return Size(
        units=max(sum(u for _, u in gained) + sum(u for _, u in shifted), sum(u for _, u in lost)),
        value_moved=moved.quantize(CENT, ROUND_HALF_EVEN),
        value_at_stake=max(move.value_at_stake, margin + hurried).quantize(CENT, ROUND_HALF_EVEN),
    )


def _price(line: OrderLine, facts: Facts) -> Decimal:
    currency = next(order.currency for order in facts.orders if any(one.id == line.id for one in order.lines))
    rates = {fx.currency: facts.rate(fx.currency) for fx in facts.fx}
    return line.unit_price * rates.get(currency, Decimal(1))


def denied_above(units: int) -> Callable[[Judged], Answer]:
    """A new rule denies every move of more than so many units."""
    return lambda one: ("deny", ()) if one.size.units > units else (one.outcome, one.roles)


def asked_above(value: Decimal, role: str) -> Callable[[Judged], Answer]:
    """A new rule, the last one, also asks a role without limits about every move of more than this value."""

    def answer(one: Judged) -> Answer:
        if one.outcome == "deny" or one.size.value_moved <= value:
            return one.outcome, one.roles
        return "approval", one.roles if role in one.roles else (*one.roles, role)

    return answer


def without_confirmation() -> Callable[[Judged], Answer]:
    """Nobody confirms any more what no rule asks about: autonomy `act` in place of `approve`."""

    def answer(one: Judged) -> Answer:
        alone = one.outcome == "approval" and "autonomy" in one.rules and set(one.rules) <= {"autonomy", "authority"}
        return ("allow", ()) if alone else (one.outcome, one.roles)

    return answer


def count(found: Iterable[Judged], what_if: Callable[[Judged], Answer]) -> dict[Group, Count]:
    """Who falls into which group under the other policy, with units and money; empty groups are left out."""
    groups: dict[Group, list[Judged]] = {}
    for one in found:
        groups.setdefault(_group((one.outcome, one.roles), what_if(one)), []).append(one)
    return {
        name: Count(
            moves=tuple(one.move for one in members),
            units=sum(one.size.units for one in members),
            value_moved=sum((one.size.value_moved for one in members), Decimal(0)),
            value_at_stake=sum((one.size.value_at_stake for one in members), Decimal(0)),
        )
        for name, members in groups.items()
    }


def _group(before: Answer, after: Answer) -> Group:
    if before == after:
        return "same"
    if after[0] == "deny":
        return "denied"
    if before[0] == "deny":
        return "no_longer_denied"
    if before[0] == after[0]:
        return "other_roles"
    return "asked_more" if after[0] == "approval" else "asked_less"
