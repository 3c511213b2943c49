"""The saga of one move: admitted, then each action carried out through the gate, each under its own idempotency key.

A silent system is asked again under the same key a few times; then the saga is parked and ends here: the parked row is
the durable wait, and the pump starts it again when it is due. So a wait needs no thread, survives every crash, and a
thousand parked sagas cost nothing. A refusal undoes what was done, in reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from agent.runtime.durable import Flow, Json, Steps
from domain.actions import Action
from domain.canonical import digest
from domain.errors import Conflict, DependencyDown, QuartermasterError, StorageFailed

CLASSES = (
    "hold_wave",
    "release_reservation",
    "reserve",
    "substitute",
    "transfer",
    "release_wave",
    "resequence_picks",
    "rebook_carrier",
    "request_replenishment",
    "expedite_inbound",
    "request_credit_release",
    "update_promise",
    "create_customer_task",
    "escalate",
)
"""In which order kinds of actions go where `needs` leaves a choice: stop picking, then the ERP, the WMS, buying, the
promise, and people last, because what a customer was told can only be corrected."""

SHORTEST, LONGEST = 0.05, 60.0
"""Seconds between two attempts: doubling, with jitter."""


class Hands:
    """What a saga does; each is safe to do again. `gate` is duck-typed here so that only compose knows the real one."""

    def __init__(
        self,
        begin: Callable[[str], tuple[Action, ...]],
        execute: Callable[[str, str], object],
        undo: Callable[[str, str], object],
    ) -> None:
        self.begin = begin
        self.execute = execute
        self.undo = undo


def in_order(actions: Iterable[Action]) -> tuple[Action, ...]:
    """The actions so that each stands behind what it needs; among those that may go, by class and written order.

    Conflict when they need each other in a circle.
    """
    left = list(actions)
    done: set[str] = set()
    ordered: list[Action] = []
    while left:
        free = [action for action in left if set(action.needs) <= done]
        if not free:
            raise Conflict("the actions of this move need each other in a circle", field="needs")
        action = min(free, key=lambda item: (CLASSES.index(item.kind), left.index(item)))
        left.remove(action)
        ordered.append(action)
        done.add(action.id)
    return tuple(ordered)


def backoff(key: str, attempt: int) -> float:
    """Seconds to wait after `attempt` (from 1): half to all of 0.05 x 2^attempt, at most 60; the key is the dice."""
    most: float = min(LONGEST, SHORTEST * 2 ** min(attempt, 20))
    jitter = int(digest("jitter/1", {"key": key, "attempt": attempt})[:4], 16) / 0xFFFF
    return most * (0.5 + jitter / 2)


def outcome(act: Callable[[], object]) -> Json:
    """What came of a step, as recorded: done, retry (silent system, busy database) or refused (for good), and why."""
    try:
        act()
    except (DependencyDown, StorageFailed) as error:
        return {"state": "retry", "why": str(error)}
    except QuartermasterError as error:
        return {"state": "refused", "why": str(error)}
    return {"state": "done", "why": ""}


def saga_flow(hands: Hands, patience: int) -> Flow:
    """The flow of every saga. Payload {"move": id}; answers {"state", "why"}.

    States: done, parked (a system is silent), refused (the gate did not admit it; nothing was done), compensated
    (undone after a refusal), failed (an undo was refused too: a person must look).
    """

    def saga(steps: Steps, payload: Json) -> Json:
        move = str(payload["move"])
        begun = _patiently(steps, f"{move}:begin", partial(_begin, hands, move), patience)
        if begun["state"] != "done":
            return _parked(begun)
        done: list[str] = []
        for action in begun["order"]:
            result = _patiently(steps, f"{move}:{action}", partial(_execute, hands, move, action), patience)
            if result["state"] == "retry":
                return _parked(result)
            if result["state"] == "refused":
                return _compensate(steps, hands, move, done, result["why"], patience)
            done.append(action)
        return {"state": "done", "why": ""}

    return saga


def _begin(hands: Hands, move: str) -> Json:
    order: list[str] = []

    def begin() -> None:
        order.extend(action.id for action in in_order(hands.begin(move)))

    return {**outcome(begin), "order": order}


def _execute(hands: Hands, move: str, action: str) -> Json:
    return outcome(partial(hands.execute, move, action))


def _undo(hands: Hands, move: str, action: str) -> Json:
    return outcome(partial(hands.undo, move, action))


def _patiently(steps: Steps, key: str, act: Callable[[], Json], patience: int) -> Json:
    """A step, sent again while the system is silent, at most `patience` times."""
    for attempt in range(1, patience + 1):
        result = steps.run(key, act)
        if result["state"] != "retry" or attempt == patience:
            break
        steps.wait(backoff(key, attempt))
    return result


def _parked(result: Json) -> Json:
    return {"state": "parked" if result["state"] == "retry" else result["state"], "why": result["why"]}


def _compensate(steps: Steps, hands: Hands, move: str, done: list[str], why: str, patience: int) -> Json:
    """Undo what was done, last first. What cannot be undone is for a person."""
    for action in reversed(done):
        undone = _patiently(steps, f"{move}:{action}:undo", partial(_undo, hands, move, action), patience)
        if undone["state"] != "done":
            return {"state": "failed", "why": f"{why}; {action} could not be undone: {undone['why']}"}
    return {"state": "compensated", "why": why}
