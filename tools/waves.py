"""Waves that are not done, their picks and their cutoffs."""

from __future__ import annotations

from datetime import datetime

from domain.execution import PickTask, TaskState, Wave, WaveState
from domain.noun import Id, Noun
from tools.context import ToolContext


class WavesArgs(Noun):
    """One wave, or those of a site, with a pick of a SKU or of an order."""

    wave: Id | None = None
    site: Id | None = None
    sku: Id | None = None
    order: Id | None = None


class TaskRow(Noun):
    """One pick."""

    task: Id
    line: Id
    order: Id
    customer: Id
    sku: Id
    quantity: int
    sequence: int
    state: str


class WaveRow(Noun):
    """One wave with its picks in picking order; `open_units` are still to be picked."""

    wave: Id
    site: Id
    state: str
    carrier: Id
    cutoff_at: datetime
    open_units: int
    tasks: tuple[TaskRow, ...]


class WavesReport(Noun):
    """Waves by id, those that are done left out."""

    waves: tuple[WaveRow, ...]


def waves(context: ToolContext, args: WavesArgs) -> WavesReport:
    """Waves of the snapshot. UnknownReference when a named wave, site, SKU or order is unknown."""
    facts = context.facts
    for kind in ("wave", "site", "sku", "order"):
        key = getattr(args, kind)
        if key is not None:
            getattr(facts, kind)(key)
    rows = [
        _row(context, wave)
        for wave in sorted(facts.waves, key=lambda item: item.id)
        if wave.state is not WaveState.DONE and args.wave in (None, wave.id) and args.site in (None, wave.site)
    ]
    return WavesReport(
        waves=tuple(
            row
            for row in rows
            if (args.sku is None or args.sku in {task.sku for task in row.tasks})
            and (args.order is None or args.order in {task.order for task in row.tasks})
        )
    )


def _row(context: ToolContext, wave: Wave) -> WaveRow:
    tasks = sorted(wave.tasks, key=lambda task: (task.sequence, task.id))
    return WaveRow(
        wave=wave.id,
        site=wave.site,
        state=wave.state.value,
        carrier=wave.carrier,
        cutoff_at=wave.cutoff_at,
        open_units=sum(task.quantity for task in tasks if task.state is not TaskState.PICKED),
        tasks=tuple(_task(context, task) for task in tasks if context.facts.has("line", task.line)),
    )


def _task(context: ToolContext, task: PickTask) -> TaskRow:
    line = context.facts.line(task.line)
    return TaskRow(
        task=task.id,
        line=task.line,
        order=line.order,
        customer=context.order_of(line).customer,
        sku=task.sku,
        quantity=task.quantity,
        sequence=task.sequence,
        state=task.state.value,
    )
