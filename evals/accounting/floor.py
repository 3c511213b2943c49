"""Laws of the floor and of promises: frozen and picked goods stay, picks are covered, promises change when said so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from domain.actions import Action, HoldWave, RebookCarrier, ReleaseWave, ResequencePicks, UpdatePromise
from domain.execution import PickTask, TaskState, WaveState
from domain.facts import Facts
from domain.orders import LineState, OrderLine
from evals.accounting.arrivals import earliest
from evals.accounting.books import Finding, held


def _lines(facts: Facts) -> dict[str, OrderLine]:
    return {line.id: line for order in facts.orders for line in order.lines}


def frozen_untouched(before: Facts, after: Facts) -> Iterator[Finding]:
    """Lines that are frozen or picked hold exactly what they held."""
    fixed = {key for key, line in _lines(before).items() if line.frozen or line.state is LineState.PICKED}
    old, new = held(before), held(after)
    for key in sorted(old.keys() | new.keys()):
        if key[0] in fixed and old.get(key, 0) != new.get(key, 0):
            yield Finding("frozen", key[0], f"held {old.get(key, 0)} at {key[1][1]}, now {new.get(key, 0)}")


def picked_untouched(before: Facts, after: Facts) -> Iterator[Finding]:
    """What is picked stays picked and stays reserved for its line."""
    picked: dict[tuple[str, str, str], int] = defaultdict(int)
    states = {task.id: task.state for wave in after.waves for task in wave.tasks}
    for wave in before.waves:
        for task in wave.tasks:
            if task.state is TaskState.PICKED:
                picked[task.line, task.sku, wave.site] += task.quantity
                if task.id in states and states[task.id] is not TaskState.PICKED:
                    yield Finding("frozen", task.id, f"was picked, is now {states[task.id].value}")
    now = held(after)
    for (line, sku, site), units in sorted(picked.items()):
        has = now.get((line, (sku, site, "")), 0)
        if has < units:
            yield Finding("frozen", line, f"{units} units picked at {site}, only {has} still reserved")


def picks_covered(after: Facts) -> Iterator[Finding]:
    """Nobody picks for a line what the line no longer holds: open picks of released waves lie inside holdings."""
    now = held(after)
    wanted: dict[tuple[str, str, str], int] = defaultdict(int)
    for wave in after.waves:
        for task in wave.tasks:
            going = wave.state is WaveState.RELEASED and task.state is TaskState.OPEN
            if going or task.state is TaskState.PICKED:
                wanted[task.line, task.sku, wave.site] += task.quantity
    for (line, sku, site), units in sorted(wanted.items()):
        has = now.get((line, (sku, site, "")), 0)
        if units > has:
            yield Finding("floor", line, f"{units} units of {sku} picked or being picked at {site}, {has} reserved")


def waves_explained(before: Facts, after: Facts, actions: Sequence[Action]) -> Iterator[Finding]:
    """A wave or pick changes its state, order or carrier only by an executed action on it."""
    touched = {(a.wave, a.line) for a in actions if isinstance(a, HoldWave | ReleaseWave)}
    reordered = {a.wave for a in actions if isinstance(a, ResequencePicks)}
    rebooked = {a.wave: a.carrier for a in actions if isinstance(a, RebookCarrier)}
    now = {wave.id: wave for wave in after.waves}
    for wave in before.waves:
        there = now.get(wave.id)
        if there is None:
            yield Finding("unexplained", wave.id, "the wave is gone")
            continue
        if there.state is not wave.state and not any(key == wave.id for key, _ in touched):
            yield Finding("unexplained", wave.id, f"was {wave.state.value}, is {there.state.value}")
        if there.carrier != rebooked.get(wave.id, wave.carrier):
            yield Finding("unexplained", wave.id, f"goes with {there.carrier}")
        tasks = {task.id: task for task in there.tasks}
        for task in wave.tasks:
            yield from _task_explained(task, tasks.get(task.id), touched, wave.id in reordered)


def _task_explained(
    task: PickTask, now: PickTask | None, touched: set[tuple[str, str | None]], reordered: bool
) -> Iterator[Finding]:
    if now is None:
        yield Finding("unexplained", task.id, "the pick is gone")
        return
    may = bool({(task.wave, None), (task.wave, task.line)} & touched)
    if now.state is not task.state and not may:
        yield Finding("unexplained", task.id, f"was {task.state.value}, is {now.state.value}")
    if now.sequence != task.sequence and not reordered:
        yield Finding("unexplained", task.id, f"was number {task.sequence}, is {now.sequence}")
    if now.quantity != task.quantity:
        yield Finding("conservation", task.id, f"picks {now.quantity} instead of {task.quantity}")


def promises_explained(before: Facts, after: Facts, actions: Sequence[Action]) -> Iterator[Finding]:
    """A promise date is what the last executed update said, else what it was; the first one never changes."""
    said: dict[str, date] = {action.line: action.new_date for action in actions if isinstance(action, UpdatePromise)}
    new = _lines(after)
    for key, line in sorted(_lines(before).items()):
        if key not in new:
            continue
        old_date = line.promise.current if line.promise else None
        promise = new[key].promise
        new_date = promise.current if promise else None
        if new_date != said.get(key, old_date):
            yield Finding("unexplained", key, f"promised {new_date}, actions say {said.get(key, old_date)}")
        if line.promise and promise and promise.first != line.promise.first:
            yield Finding("unexplained", key, "the first promise was rewritten")


def promises_possible(before: Facts, after: Facts) -> Iterator[Finding]:
    """A NEW promise date is not before the last of the line's units can be there."""
    old = _lines(before)
    arrival: dict[str, date] = {}
    for (key, bucket), _ in held(after).items():
        if after.has("line", key):
            when = earliest(after, after.order(after.line(key).order).region, bucket)
            if when is not None:
                arrival[key] = max(arrival.get(key, when), when)
    for key, line in sorted(_lines(after).items()):
        if line.promise is None or key not in old or key not in arrival:
            continue
        was = old[key].promise
        if (was is None or was.current != line.promise.current) and line.promise.current < arrival[key]:
            yield Finding(
                "promise", key, f"newly promised {line.promise.current}, cannot be there before {arrival[key]}"
            )
