"""Propose to pick a wave in the order of what its lines are worth."""

from __future__ import annotations

from decimal import Decimal

from domain.actions import ResequencePicks
from domain.execution import PickTask, TaskState, WaveState
from domain.noun import Id, Noun, from_minor
from domain.scoring import score_line
from tools.context import Proposal, ToolContext, effect_on, propose


class ResequenceArgs(Noun):
    """A wave."""

    wave: Id


def resequence(context: ToolContext, args: ResequenceArgs) -> Proposal:
    """One move that picks the open tasks by score per unit, highest first; equal scores keep their order.

    Picks of lines that are not in the snapshot count as worth nothing, so that the order is one of the whole wave.
    """
    facts = context.facts
    wave = facts.wave(args.wave)
    if wave.state is WaveState.DONE:
        return Proposal(note=f"{wave.id} is done")
    tasks = [task for task in wave.tasks if task.state is TaskState.OPEN]
    worth = {task.line: _worth(context, task, wave.site) for task in tasks}
    present = sorted(tasks, key=lambda task: (task.sequence, task.id))
    better = sorted(present, key=lambda task: -worth[task.line])
    if [task.id for task in present] == [task.id for task in better]:
        return Proposal(note=f"{wave.id} is picked in the best order already")
    first = better[0]
    stake = sum((task.quantity * worth[task.line] for task in tasks), Decimal(0))
    move = propose(
        "wave",
        f"Pick {wave.id} in the order of what its lines are worth",
        f"{first.id} for {first.line} comes first: a unit is worth {worth[first.line]:.2f} "
        f"{facts.base_currency} there. {len(better)} open picks are put in order.",
        [ResequencePicks(id="a1", wave=wave.id, site=wave.site, tasks=tuple(task.id for task in better))],
        effects=[
            effect_on(context, facts.line(key), 0, "its picks change places")
            for key in sorted(worth)
            if facts.has("line", key)
        ],
        evidence=(wave.id,),
        value_at_stake=max(Decimal(0), stake),
    )
    return Proposal(moves=(move,))


def _worth(context: ToolContext, task: PickTask, site: str) -> Decimal:
    if not context.facts.has("line", task.line):
        return Decimal(0)
    score = score_line(context.facts, task.line, site, None, context.request.rates)
    return from_minor(score.total_minor) if score else Decimal(0)
