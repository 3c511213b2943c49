"""The saga of one move: admitted, then each action carried out through the gate, each under its own idempotency key.

A silent system is asked again under the same key a few times; then the saga is parked and ends here: the parked row is
the durable wait, and the pump starts it again when it is due. So a wait needs no thread, survives every crash, and a
thousand parked sagas cost nothing. A refusal undoes what was done, in reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from agent.runtime.durable import Flow, Json, Steps
from domain.actions import Action
from domain.canonical import digest
from domain.errors import Conflict, DependencyDown, ManualCheck, QuartermasterError, StorageFailed

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


RECORDING = 6
"""Attempts to record how a saga ended while our own database is busy."""


class Hands(Protocol):
    """What a saga does; each is safe to do again. See `agent.runtime.hands`."""

    def begin(self, move: str) -> tuple[Action, ...]: ...
    def execute(self, move: str, action: str) -> None: ...
    def undo(self, move: str, action: str) -> None: ...
    def refused_before(self, move: str) -> tuple[str, tuple[str, ...]]: ...
    def finish(self, move: str, result: Json) -> None: ...


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
    """What came of a step, and why: done, retry (silent system, busy database), refused (for good), manual.

    Of a retry also `system`: which one is silent, "" when the error does not name one.
    """
    try:
        act()
    except ManualCheck as error:
        return {"state": "manual", "why": str(error)}
    except (DependencyDown, StorageFailed) as error:
        silent = error.field if isinstance(error, DependencyDown) else None
        return {"state": "retry", "why": str(error), "system": (silent or "").partition(".")[0]}
    except QuartermasterError as error:
        return {"state": "refused", "why": str(error)}
    return {"state": "done", "why": ""}


def saga_flow(hands: Hands, patience: int) -> Flow:
    """The flow of every saga. Payload {"move": id}; answers {"state", "why"}, of a parked one also {"system"}.

    States: done, parked (a system is silent), refused (the gate did not admit it; nothing was done), compensated
    (undone after a refusal), failed (a person must look: an undo was refused, or nobody knows what happened).
    """

    def saga(steps: Steps, payload: Json) -> Json:
        carried = _Saga(steps, hands, str(payload["move"]), patience)
        result = carried.carry_out()
        finished = carried.patiently("finish", partial(_finish, hands, carried.move, result), patience)
        if finished["state"] != "done":
            result = _parked(finished)
            # Only our own database is needed for this. When even that fails the flow breaks, and is begun anew later.
            parked = carried.patiently("park", partial(_finish, hands, carried.move, result), RECORDING)
            if parked["state"] != "done":
                raise StorageFailed(parked["why"], field="saga", fix="it goes on when the database works again")
        return result

    return saga


@dataclass(frozen=True)
class _Saga:
    steps: Steps
    hands: Hands
    move: str
    patience: int

    def carry_out(self) -> Json:
        """Every action in order; a refusal, also one of before a pause, undoes the others."""
        before = self.patiently("before", partial(_before, self.hands, self.move), self.patience)
        if before["state"] == "retry":
            return _parked(before)
        if before["refused"]:
            return self._compensate(before["done"], f"{before['refused']} was refused")
        begun = self.patiently("begin", partial(_begin, self.hands, self.move), self.patience)
        if begun["state"] != "done":
            return _parked(begun) if begun["state"] == "retry" else _ended("refused", begun["why"])
        done: list[str] = []
        for action in begun["order"]:
            result = self.patiently(action, partial(_execute, self.hands, self.move, action), self.patience)
            if result["state"] == "retry":
                return _parked(result)
            if result["state"] == "manual":
                return _ended("failed", result["why"])
            if result["state"] == "refused":
                return self._compensate(done, result["why"])
            done.append(action)
        return _ended("done", "")

    def _compensate(self, done: list[str], why: str) -> Json:
        """Undo what was done, last first. A silent system parks this too; what cannot be undone is for a person."""
        for action in reversed(done):
            undone = self.patiently(f"{action}:undo", partial(_undo, self.hands, self.move, action), self.patience)
            if undone["state"] == "retry":
                return _parked(undone)
            if undone["state"] != "done":
                return _ended("failed", f"{why}; {action} could not be undone: {undone['why']}")
        return _ended("compensated", why)

    def patiently(self, name: str, act: Callable[[], Json], patience: int) -> Json:
        """A step, sent again while the system is silent, at most `patience` times."""
        key = f"{self.move}:{name}"
        for attempt in range(1, patience + 1):
            result = self.steps.run(key, act)
            if result["state"] != "retry" or attempt == patience:
                break
            self.steps.wait(backoff(key, attempt))
        return result


def _ended(state: str, why: str) -> Json:
    return {"state": state, "why": why}


def _parked(result: Json) -> Json:
    """Ended for now, because a system is silent."""
    return {**_ended("parked", result["why"]), "system": result.get("system", "")}


def _before(hands: Hands, move: str) -> Json:
    found: list[tuple[str, tuple[str, ...]]] = []
    result = outcome(lambda: found.append(hands.refused_before(move)))
    refused, done = found[0] if found else ("", ())
    return {**result, "refused": refused, "done": list(done)}


def _begin(hands: Hands, move: str) -> Json:
    order: list[str] = []
    result = outcome(lambda: order.extend(action.id for action in in_order(hands.begin(move))))
    return {**result, "order": order}


def _execute(hands: Hands, move: str, action: str) -> Json:
    return outcome(partial(hands.execute, move, action))


def _undo(hands: Hands, move: str, action: str) -> Json:
    return outcome(partial(hands.undo, move, action))


def _finish(hands: Hands, move: str, result: Json) -> Json:
    return outcome(partial(hands.finish, move, result))
