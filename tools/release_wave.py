"""Propose to let picking go on: a held wave, or the held picks of one line in it."""

from __future__ import annotations

from domain.actions import ReleaseWave
from domain.execution import TaskState, WaveState
from domain.noun import Id, Noun, Text
from domain.wording import listed
from tools.context import Proposal, ToolContext, effect_on, propose


class ReleaseWaveArgs(Noun):
    """A wave, or only the picks of `line` in it."""

    wave: Id
    line: Id | None = None
    why: Text = ""


def release_wave(context: ToolContext, args: ReleaseWaveArgs) -> Proposal:
    """One move that releases held picks. Lines that must not ship stay held. UnknownReference when an id is unknown."""
    facts = context.facts
    wave = facts.wave(args.wave)
    if args.line is not None:
        facts.line(args.line)
    held = [
        facts.line(task.line)
        for task in wave.tasks
        if args.line in (None, task.line)
        and (task.state is TaskState.HELD or (wave.state is WaveState.HELD and task.state is TaskState.OPEN))
        and facts.has("line", task.line)
    ]
    blocked = sorted({line.id for line in held if context.on_hold(line)})
    lines = sorted({line.id for line in held} - set(blocked))
    if not lines:
        why = f"{listed(blocked)} must not ship" if blocked else "nothing in it is held"
        return Proposal(note=f"there is nothing to release in wave {wave.id}: {why}")
    whole = args.line is None and not blocked and wave.state is WaveState.HELD
    actions = (
        [ReleaseWave(id="a1", wave=wave.id, site=wave.site)]
        if whole
        else [ReleaseWave(id=f"a{n}", wave=wave.id, site=wave.site, line=line) for n, line in enumerate(lines, 1)]
    )
    kept = f" {listed(blocked)} stay held: they must not ship." if blocked else ""
    return Proposal(
        moves=(
            propose(
                "wave",
                f"Release {'the picks of ' + listed(lines) if not whole else wave.id}",
                f"{args.why or 'Picking can go on.'} {len(lines)} lines are picked again.{kept}",
                actions,
                effects=[effect_on(context, facts.line(line), 0, "its picks go on") for line in lines],
                evidence=(wave.id,),
            ),
        )
    )
