"""A move as a person wants it: other quantities, everything that hangs on them, and nothing that would be untrue."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.errors import BadInput
from domain.facts import Facts
from domain.plans import Effect, Move
from guardrails.balance import Balance
from guardrails.shape import faults

SUBSTANCE = frozenset({"reserve", "release_reservation", "transfer", "substitute", "request_replenishment"})
"""Kinds of which an edited move must keep at least one."""


def edited(move: Move, changes: Mapping[str, int], facts: Facts, *, by: str) -> Move:
    """`move` with other quantities; `changes` is action id -> new quantity, 0 takes the action out.

    It stays balanced (see Balance). Promises, wave holds and notices of lines that no longer lose are dropped, and so
    is the new promise of a line that gets less than planned. Values shrink with the units. BadInput names the action
    and what is possible.
    """
    if not changes:
        raise BadInput("nothing was changed", field="changes", fix="give an action and its quantity, such as a2=60")
    balance = Balance(move, facts)
    for action, quantity in changes.items():
        balance.change(action, quantity)
    for action, quantity in changes.items():
        if balance.quantity[action] != quantity:
            raise BadInput(
                f"with the other changes, {action} cannot be {quantity}", field=action, fix="change fewer quantities"
            )
    result = _consistent(balance, by)
    if not any(action.kind in SUBSTANCE for action in result.actions):
        raise BadInput("nothing would be left of the move", field="changes", fix="reject it instead")
    if found := [fault for fault in faults(result, facts) if fault not in faults(move, facts)]:
        raise BadInput(f"the edit would break the move: {found[0]}", field="changes", fix="reject it and ask again")
    if short := balance.overdrawn():
        raise BadInput(short, field="changes", fix="give less")
    return result


def _consistent(balance: Balance, by: str) -> Move:
    """The move with the new quantities and without what they make idle or untrue."""
    move, before, after = balance.move, balance.before, balance.net()
    scaled = balance.scaled()
    gone = {a.id for a in move.actions} - {a.id for a in scaled.actions}
    gone |= {
        a.id
        for a in scaled.actions
        if a.kind == "update_promise" and _untrue(before.get(a.line, 0), after.get(a.line, 0))
    }
    for action in scaled.actions:
        needed_by = {a.id for a in move.actions if action.id in a.needs}
        idle_hold = action.kind == "hold_wave" and needed_by and needed_by <= gone
        if idle_hold or (action.kind == "create_customer_task" and set(action.needs) & gone):
            gone.add(action.id)
    actions = tuple(
        a.model_copy(update={"needs": tuple(need for need in a.needs if need not in gone)})
        for a in scaled.actions
        if a.id not in gone
    )
    promised = {a.line for a in actions if a.kind == "update_promise"}
    old, new = _gained(before), _gained(after)
    share = Decimal(new) / old if old else Decimal(1)
    return move.model_copy(
        update={
            "actions": actions,
            "effects": tuple(_effect(e, before, after, promised) for e in move.effects),
            "title": move.title if "(edited by " in move.title else f"{move.title} (edited by {by})",
            "value": _cents(move.value * share),
            "value_at_stake": _cents(move.value_at_stake * share),
        }
    )


def _untrue(before: int, after: int) -> bool:
    """A new promise no longer fits: a winner gets less than planned, or a loser no longer loses."""
    return (before > 0 and after < before) or (before < 0 <= after)


def _gained(net: Mapping[str, int]) -> int:
    return sum(units for units in net.values() if units > 0)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


def _effect(effect: Effect, before: Mapping[str, int], after: Mapping[str, int], promised: set[str]) -> Effect:
    was, now = before.get(effect.line, effect.units), after.get(effect.line, effect.units)
    if was == now:
        return effect
    return effect.model_copy(
        update={
            "units": now,
            "promise_after": effect.promise_after if effect.line in promised else effect.promise_before,
            "why": f"edited: {now:+d} instead of {was:+d} units",
        }
    )
