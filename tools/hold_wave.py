"""Propose to stop picking: a whole wave, or the picks of one line or order in it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from domain.actions import Action, CreateCustomerTask, HoldWave, UpdatePromise
from domain.calendar import arrival, workday_from, zone
from domain.execution import PickTask, TaskState, Wave, WaveState
from domain.noun import Id, Noun, Text
from domain.plans import Effect
from domain.wording import listed
from tools.context import Proposal, ToolContext, effect_on, propose


class HoldWaveArgs(Noun):
    """A wave; or only the picks of `line`, or of every line of `order` or `customer`, in it.

    `misses_cutoff`: they will leave with the next collection; lines that come late by it get a new promise date.
    """

    wave: Id
    line: Id | None = None
    order: Id | None = None
    customer: Id | None = None
    misses_cutoff: bool = False
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
    actions: list[Action] = (
        [HoldWave(id="a1", wave=wave.id, site=wave.site)]
        if whole
        else [HoldWave(id=f"a{n}", wave=wave.id, site=wave.site, line=line) for n, line in enumerate(lines, 1)]
    )
    effects = [effect_on(context, context.facts.line(line), 0, "its picks wait") for line in lines]
    if args.misses_cutoff:
        effects = [_next_collection(context, wave, effect) for effect in effects]
        actions += _promises(effects, len(actions))
    units = sum(task.quantity for task in tasks)
    what = "every open pick" if whole else f"the picks of {listed(lines)}"
    return Proposal(
        moves=(
            propose(
                "wave",
                f"Hold {what} in {wave.id}",
                f"{args.why or 'Picking is to stop.'} {units} units in {len(tasks)} open picks stay where they are.",
                actions,
                effects=effects,
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


def _next_collection(context: ToolContext, wave: Wave, effect: Effect) -> Effect:
    """The effect with the day the line arrives when it leaves on the working day after the wave's cutoff."""
    facts = context.facts
    site, region = facts.site(wave.site), facts.order(effect.order).region
    lanes = [
        lane for lane in facts.lanes if (lane.origin, lane.destination, lane.carrier) == (site.id, region, wave.carrier)
    ]
    before = effect.promise_before
    if not lanes or before is None:
        return effect
    leaves = workday_from(site, wave.cutoff_at.astimezone(zone(site)).date() + timedelta(days=1))
    arrives = min(arrival(site, lane, leaves) for lane in lanes)
    return effect.model_copy(update={"promise_after": max(before, arrives), "why": f"leaves on {leaves}"})


def _promises(effects: list[Effect], built: int) -> list[Action]:
    """New dates for lines that come late, each with a notice."""
    actions: list[Action] = []
    for effect in effects:
        before, after = effect.promise_before, effect.promise_after
        if before is None or after is None or after <= before:
            continue
        first = f"a{built + len(actions) + 1}"
        actions.append(UpdatePromise(id=first, line=effect.line, sku=effect.sku, old_date=before, new_date=after))
        notice = (
            f"We told you that line {effect.line} of order {effect.order} would arrive on {before}. The new date is "
            f"{after}. Please tell us if this does not work for you."
        )
        subject = f"New delivery date for {effect.line}"
        key = f"a{built + len(actions) + 1}"
        actions.append(
            CreateCustomerTask(
                id=key, needs=(first,), customer=effect.customer, order=effect.order, subject=subject, notice=notice
            )
        )
    return actions


def _stake(context: ToolContext, task: PickTask) -> Decimal:
    """Units x (margin + penalty) of one pick, base currency."""
    line = context.facts.line(task.line)
    return task.quantity * (context.margin(line) + context.penalty(line))
