"""Propose to stop picking: a whole wave, or the picks of one line or order in it."""

from __future__ import annotations

from decimal import Decimal

from domain.actions import HoldWave
from domain.execution import PickTask, TaskState, WaveState
from domain.noun import Id, Noun, Text
from tools.context import Proposal, ToolContext, effect_on, propose


class HoldWaveArgs(Noun):
    """A wave; or only the picks of `line`, or of every line of `order` or `customer`, in it."""

    wave: Id
    line: Id | None = None
    order: Id | None = None
    customer: Id | None = None
    why: Text = ""


def hold_wave(context: ToolContext, args: HoldWaveArgs) -> Proposal:
    """One move that holds open picks. Picks that are done stay done. UnknownReference when an id is unknown."""
    wave = context.facts.wave(args.wave)
    for kind in ("line", "order", "customer"):
        key = getattr(args, kind)
        if key is not None:
            getattr(context.facts, kind)(key)
    if wave.state not in (WaveState.RELEASED, WaveState.PLANNED):
        return Proposal(note=f"wave {wave.id} is {wave.state.value}; there is nothing to hold")
    tasks = [task for task in wave.tasks if task.state is TaskState.OPEN and _wanted(context, args, task)]
    if not tasks:
        return Proposal(note=f"wave {wave.id} has no open pick of these")
    whole = (args.line, args.order, args.customer) == (None, None, None)
    lines = sorted({task.line for task in tasks})
    actions = (
        [HoldWave(id="a1", wave=wave.id, site=wave.site)]
        if whole
        else [HoldWave(id=f"a{n}", wave=wave.id, site=wave.site, line=line) for n, line in enumerate(lines, 1)]
    )
    units = sum(task.quantity for task in tasks)
    what = "every open pick" if whole else f"the picks of {', '.join(lines)}"
    return Proposal(
        moves=(
            propose(
                "wave",
                f"Hold {what} in {wave.id}",
                f"{args.why or 'Picking is to stop.'} {units} units in {len(tasks)} open picks stay where they are.",
                actions,
                effects=[effect_on(context, context.facts.line(line), 0, "its picks wait") for line in lines],
                evidence=(wave.id,),
                value_at_stake=sum((_stake(context, task) for task in tasks), Decimal(0)),
            ),
        )
    )


def _wanted(context: ToolContext, args: HoldWaveArgs, task: PickTask) -> bool:
    if not context.facts.has("line", task.line):
        return False
    line = context.facts.line(task.line)
    return (
        args.line in (None, line.id)
        and args.order in (None, line.order)
        and args.customer in (None, context.order_of(line).customer)
    )


def _stake(context: ToolContext, task: PickTask) -> Decimal:
    """Units x (margin + penalty) of one pick, base currency."""
    line = context.facts.line(task.line)
    return task.quantity * (context.margin(line) + context.penalty(line))
