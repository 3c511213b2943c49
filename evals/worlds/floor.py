"""The warehouse floor of a world: released waves, what is picked, what is held, and what left already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.execution import Milestone, MilestoneKind, PickTask, Shipment, TaskState, Wave, WaveState
from domain.inventory import Reservation
from domain.orders import LineState, Order, OrderLine
from domain.sites import Site
from evals.worlds.network import Network
from evals.worlds.world import Dice, next_workday


def waves(
    seed: int, now: datetime, grid: Network, book: tuple[Order, ...], reserved: Sequence[Reservation], hot: str
) -> tuple[Wave, ...]:
    """One released wave per site over its hard reservations; sometimes a planned one behind it."""
    dice = Dice(seed, "floor")
    held = {order.id for order in book if order.holds}
    lines = {line.id: line for order in book for line in order.lines}
    result: list[Wave] = []
    for site in grid.sites:
        here = [
            (item, lines[item.line])
            for item in reserved
            if item.site == site.id and item.inbound is None and item.line and not lines[item.line].frozen
        ]
        # A few picks of the SKU that will run short are out already; most of its stock is not.
        here.sort(key=lambda pair: (pair[1].due, pair[0].id))
        out = [pair for pair in here if pair[1].sku == hot][: dice.between(2, 3)]
        here = out + [pair for pair in here if pair[1].sku != hot]
        size = min(len(here), dice.between(4, 9))
        if size:
            result.append(_wave(dice, len(result), site, here[:size], held, WaveState.RELEASED, now))
        if len(here) > size and dice.chance(50):
            result.append(_wave(dice, len(result), site, here[size : size + 3], held, WaveState.PLANNED, now))
    return tuple(result)


def _wave(
    dice: Dice, number: int, site: Site, work: list[tuple[Reservation, OrderLine]], held: set[str],
    state: WaveState, now: datetime,
) -> Wave:  # fmt: skip
    key = f"WV-{300 + number}"
    cutoff = dice.pick(site.cutoffs)
    tasks = []
    for place, (item, line) in enumerate(work):
        picked = state is WaveState.RELEASED and line.order not in held and (place % 3 == 1 or dice.chance(10))
        stopped = state is WaveState.RELEASED and line.order in held
        task = TaskState.PICKED if picked else TaskState.HELD if stopped else TaskState.OPEN
        tasks.append(
            PickTask(
                id=f"{key}-T{place + 1}", wave=key, line=line.id, sku=line.sku, quantity=item.quantity,
                sequence=place + 1, state=task,
            )
        )  # fmt: skip
    return Wave(
        id=key,
        site=site.id,
        state=state,
        carrier=cutoff.carrier,
        cutoff_at=_cutoff(site, cutoff.at, now, 0 if state is WaveState.RELEASED else 1),
        tasks=tuple(tasks),
    )


def _cutoff(site: Site, at: time, now: datetime, days: int) -> datetime:
    """The first moment after `now` when it is `at` on a working day of the site, then `days` later; in UTC."""
    zone = ZoneInfo(site.timezone)
    day = now.astimezone(zone).date() + timedelta(days=days)
    if datetime.combine(day, at, zone) <= now:
        day += timedelta(days=1)
    day = next_workday(day, site.workdays, site.holidays)
    return datetime.combine(day, at, zone).astimezone(now.tzinfo)


def worked(book: tuple[Order, ...], floor: tuple[Wave, ...]) -> tuple[Order, ...]:
    """The orders with their lines' states as far as the floor is: released when a pick is out, picked when all is."""
    tasks: dict[str, list[PickTask]] = defaultdict(list)
    for wave in floor:
        for task in wave.tasks if wave.state is WaveState.RELEASED else ():
            tasks[task.line].append(task)
    return tuple(
        order.model_copy(update={"lines": tuple(_worked(line, tasks[line.id]) for line in order.lines)})
        for order in book
    )


def _worked(line: OrderLine, tasks: list[PickTask]) -> OrderLine:
    if not tasks:
        return line
    picked = sum(task.quantity for task in tasks if task.state is TaskState.PICKED)
    state = LineState.PICKED if picked == line.open_quantity else LineState.RELEASED
    return line.model_copy(update={"state": state})


def shipments(seed: int, now: datetime, grid: Network, book: tuple[Order, ...]) -> tuple[Shipment, ...]:
    """One shipment for every order that went out in part."""
    dice = Dice(seed, "shipments")
    result: list[Shipment] = []
    for order in book:
        if not any(line.shipped for line in order.lines):
            continue
        left = now - timedelta(days=dice.between(1, 3), hours=2)
        steps = (MilestoneKind.PICKED, MilestoneKind.PACKED, MilestoneKind.SHIPPED)
        site = next(site for site in grid.sites if site.id == grid.near[order.region][0])
        result.append(
            Shipment(
                id=f"SH-{900 + len(result)}",
                order=order.id,
                site=site.id,
                carrier=dice.pick(site.cutoffs).carrier,
                milestones=tuple(
                    Milestone(kind=kind, at=left + timedelta(hours=step)) for step, kind in enumerate(steps)
                ),
            )
        )
    return tuple(result)
