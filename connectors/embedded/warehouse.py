"""What the WMS does: hold and release waves or a line's picks, and put picks in another order.

A pick is being worked on when its wave is RELEASED and it is OPEN. Holding is undone by releasing: each task remembers
whether it is held with its wave or for its line, each wave what it was before it was held.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from connectors.embedded import tables as t
from connectors.embedded.lines import in_hand, physical, settle_state
from connectors.embedded.store import lock
from domain.errors import EffectRefused
from domain.execution import TaskState, WaveState

OPEN, HELD, PICKED = TaskState.OPEN.value, TaskState.HELD.value, TaskState.PICKED.value
WITH_WAVE, FOR_LINE = "wave", "line"


def hold(db: Connection, _reference: str, _now: datetime, *, wave: str, line: str | None) -> None:
    """Stop picking. What is picked is picked: EffectRefused when nothing is left to stop."""
    row, tasks = _wave(db, wave, line)
    stoppable = [task for task in tasks if task.state != PICKED]
    if tasks and not stoppable:
        raise EffectRefused(
            f"everything of {line or wave} in wave {wave} is picked", field="wave", fix="a picked task cannot be held"
        )
    for task in stoppable:
        if task.state == OPEN or (line and task.held_by != FOR_LINE):
            _set(db, task, HELD, FOR_LINE if line else WITH_WAVE)
    if line is None and row.state != WaveState.HELD.value:
        db.execute(
            update(t.waves).where(t.waves.c.id == wave).values(state=WaveState.HELD.value, before_hold=row.state)
        )
    _settle(db, tasks)


def release(db: Connection, _reference: str, _now: datetime, *, wave: str, line: str | None) -> None:
    """Let picking go on, as far as the lines still hold the units in the ERP; EffectRefused when none of them does."""
    row, tasks = _wave(db, wave, line)
    if line is not None and row.state == WaveState.HELD.value:
        _hand_to_wave(db, row, tasks)
        return
    state = row.state
    if line is None:
        back = row.before_hold if row.state == WaveState.HELD.value else None
        state = back or WaveState.RELEASED.value
        db.execute(update(t.waves).where(t.waves.c.id == wave).values(state=state, before_hold=None))
    mine = [task for task in tasks if task.state == HELD and (line or task.held_by != FOR_LINE)]
    if line is None and row.state == WaveState.PLANNED.value:
        mine += [task for task in tasks if task.state == OPEN]
    for task in mine:
        _set(db, task, HELD, FOR_LINE)
    opened = [task for task in sorted(mine, key=_turn) if _open(db, task, row.site, state)]
    if mine and not opened:
        raise EffectRefused(
            f"the lines of {line or wave} no longer hold the units to pick", field="wave",
            fix="reserve for them first, or leave their picks held",
        )  # fmt: skip
    if line is not None and not mine:
        raise EffectRefused(f"no pick of line {line} is held in wave {wave}", field="line", fix="leave it")
    _settle(db, tasks)


def resequence(db: Connection, _reference: str, _now: datetime, *, wave: str, tasks: tuple[str, ...]) -> None:
    """Pick these tasks in this order; they share out the places they had, other tasks keep theirs."""
    _row, known = _wave(db, wave, None)
    by_id = {task.id: task for task in known}
    if strange := [key for key in tasks if key not in by_id or by_id[key].state == PICKED]:
        raise EffectRefused(
            f"wave {wave} has no unpicked task '{strange[0]}'", field="tasks", fix="read the wave again"
        )
    if len(set(tasks)) != len(tasks):
        raise EffectRefused("a task is named twice", field="tasks", fix="name each task once")
    places = sorted(by_id[key].sequence for key in tasks)
    for key, place in zip(tasks, places, strict=True):
        db.execute(update(t.tasks).where(t.tasks.c.id == key).values(sequence=place))


def _wave(db: Connection, wave: str, line: str | None) -> tuple[Row[Any], list[Row[Any]]]:
    """The wave and its tasks (of the line), with their SKUs locked."""
    mine = select(t.tasks).where(t.tasks.c.wave == wave).order_by(t.tasks.c.id)
    if line is not None:
        mine = mine.where(t.tasks.c.line == line)
    lock(db, {task.sku for task in db.execute(mine)})
    row = db.execute(select(t.waves).where(t.waves.c.id == wave).with_for_update()).one_or_none()
    if row is None or row.state == WaveState.DONE.value:
        raise EffectRefused(f"there is no wave '{wave}' still to be picked", field="wave", fix="check the wave id")
    tasks = list(db.execute(mine))
    if line is not None and not tasks:
        raise EffectRefused(f"wave {wave} has no pick for line {line}", field="line", fix="read the wave again")
    return row, tasks


def _open(db: Connection, task: Row[Any], site: str, wave_state: str) -> bool:
    """Open a task unless it would send pickers for units the line does not hold."""
    covered = physical(db, task.line, site) - in_hand(db, task.line, site) >= task.quantity
    if not covered and wave_state == WaveState.RELEASED.value:
        return False
    _set(db, task, OPEN, None)
    return True


def _hand_to_wave(db: Connection, row: Row[Any], tasks: list[Row[Any]]) -> None:
    """The wave itself is held: its line's picks are now held only with it."""
    mine = [task for task in tasks if task.state == HELD and task.held_by == FOR_LINE]
    if not mine:
        raise EffectRefused(f"wave {row.id} is held as a whole", field="wave", fix="release the wave")
    for task in mine:
        _set(db, task, HELD, WITH_WAVE)


def _set(db: Connection, task: Row[Any], state: str, held_by: str | None) -> None:
    db.execute(update(t.tasks).where(t.tasks.c.id == task.id).values(state=state, held_by=held_by))


def _settle(db: Connection, tasks: list[Row[Any]]) -> None:
    for line in sorted({task.line for task in tasks}):
        settle_state(db, line)


def _turn(task: Row[Any]) -> tuple[int, str]:
    return task.sequence, task.id
