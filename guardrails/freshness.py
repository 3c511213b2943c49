"""Whether a move can still do what it says: its preconditions, action by action, on fresh facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.actions import Action
from domain.execution import TaskState, WaveState
from domain.facts import Facts
from domain.orders import LineState
from domain.plans import Move
from guardrails.flows import flows
from guardrails.supply import drawn_free, free_units, held_by, released


def stale(move: Move, facts: Facts) -> tuple[str, ...]:
    """What has changed so that the move can no longer be carried out as it stands; empty when nothing has.

    Losers still hold the units, free units are there for winners, lines still want them, picks are not done, promises
    are no later than the move thought, offers stand. Ids must be known to the facts (the judge has seen to that).
    """
    found = [*_losers(move, facts), *_supply(move, facts), *_lines(move, facts)]
    for action in move.actions:
        check = _CHECKS.get(action.kind)
        if check is not None and (text := check(action, move, facts)):
            found.append(text)
    return tuple(found)


def _losers(move: Move, facts: Facts) -> list[str]:
    held = held_by(facts)
    return [
        f"{line} holds {held.get((line, bucket), 0)} units of {bucket[2] or bucket[1]}, not {units}"
        for (line, bucket), units in released(move).items()
        if held.get((line, bucket), 0) < units
    ]


def _supply(move: Move, facts: Facts) -> list[str]:
    free = free_units(facts)
    return [
        f"{units} of {bucket[0]} at {bucket[1]} are needed and {max(0, free.get(bucket, 0))} are free"
        for bucket, units in drawn_free(move, facts).items()
        if units > free.get(bucket, 0)
    ]


def _lines(move: Move, facts: Facts) -> list[str]:
    found = []
    for flow in flows(move, facts):
        if flow.gained and flow.line.state in (LineState.SHIPPED, LineState.CANCELLED):
            found.append(f"{flow.line.id} is {flow.line.state.value}")
        elif flow.gained and flow.held + flow.net > flow.line.open_quantity:
            found.append(f"{flow.line.id} has {flow.line.open_quantity} open and would hold {flow.held + flow.net}")
    return found


def _release(action: Action, move: Move, facts: Facts) -> str:
    """Open picks of a loser must be held by the move itself, and picked units cannot be taken."""
    assert action.kind == "release_reservation"
    if action.inbound is not None:
        return ""
    stopped = {(a.wave, a.line) for a in move.actions if a.kind == "hold_wave"}
    for wave in facts.waves:
        for task in wave.tasks:
            if wave.site != action.site or task.line != action.line:
                continue
            if task.state is TaskState.PICKED:
                return f"{action.line} is picked in wave {wave.id}"
            working = wave.state is WaveState.RELEASED and task.state is TaskState.OPEN
            if working and not {(wave.id, action.line), (wave.id, None)} & stopped:
                return f"{action.line} is being picked in wave {wave.id}, which this move does not hold"
    return ""


def _wave(action: Action, _move: Move, facts: Facts) -> str:
    assert action.kind in ("hold_wave", "release_wave", "resequence_picks", "rebook_carrier")
    wave = facts.wave(action.wave)
    if wave.state is WaveState.DONE:
        return f"wave {wave.id} is done"
    line = getattr(action, "line", None)
    tasks = [task for task in wave.tasks if line in (None, task.line)]
    if action.kind in ("hold_wave", "release_wave") and not [t for t in tasks if t.state is not TaskState.PICKED]:
        return f"nothing of {line or wave.id} is left to pick in wave {wave.id}"
    if action.kind == "resequence_picks":
        open_tasks = {task.id for task in wave.tasks if task.state is not TaskState.PICKED}
        if gone := [task for task in action.tasks if task not in open_tasks]:
            return f"task {gone[0]} of wave {wave.id} is picked or gone"
    return ""


def _promise(action: Action, _move: Move, facts: Facts) -> str:
    assert action.kind == "update_promise"
    promise = facts.line(action.line).promise
    current = promise.current if promise else None
    if current == action.new_date or current == action.old_date:
        return ""
    if current is not None and (action.old_date is None or current > action.old_date):
        return f"{action.line} is promised for {current} by now, not {action.old_date or 'at all'}"
    return ""


def _expedite(action: Action, _move: Move, facts: Facts) -> str:
    assert action.kind == "expedite_inbound"
    supply = facts.inbound_supply(action.inbound)
    offer = supply.expedite
    if offer is None or (offer.eta, offer.cost) != (action.new_eta, action.cost):
        return f"the offer to hurry {supply.id} is no longer {action.new_eta} for {action.cost}"
    return ""


def _substitute(action: Action, _move: Move, facts: Facts) -> str:
    assert action.kind == "substitute"
    known = any((pair.sku, pair.alternative) == (action.sku, action.alternative) for pair in facts.substitutes)
    if known and facts.line(action.line).substitutes_ok:
        return ""
    return f"{action.alternative} may not serve for {action.sku} on {action.line}"


def _transfer(action: Action, _move: Move, facts: Facts) -> str:
    assert action.kind == "transfer"
    if action.request is None:
        return ""
    request = facts.transfer(action.request)
    left = request.quantity - request.granted
    return (
        f"transfer request {request.id} asks for {left} by now, not {action.quantity}" if left < action.quantity else ""
    )


def _credit(action: Action, _move: Move, facts: Facts) -> str:
    assert action.kind == "request_credit_release"
    order = facts.order(action.order)
    held = facts.customer(order.customer).on_credit_hold or any(hold.kind.value == "credit" for hold in order.holds)
    return "" if held else f"{order.id} is not under credit hold any more"


_CHECKS: Mapping[str, Callable[[Action, Move, Facts], str]] = {
    "release_reservation": _release,
    "hold_wave": _wave,
    "release_wave": _wave,
    "resequence_picks": _wave,
    "rebook_carrier": _wave,
    "update_promise": _promise,
    "expedite_inbound": _expedite,
    "transfer": _transfer,
    "substitute": _substitute,
    "request_credit_release": _credit,
}
"""Kinds that depend on more than units; the others have no precondition of their own."""
