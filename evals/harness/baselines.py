"""Two planners that all can beat: one does nothing, one goes by who came first. Both act through the same gate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from agent.planners.interface import Draft, Planner
from domain.actions import Action, CreateCustomerTask, ReleaseReservation, Reserve, UpdatePromise
from domain.facts import Facts
from domain.inventory import ReservationKind
from domain.plans import Effect, Move
from domain.requests import Answer, Request
from evals.accounting.arrivals import best_lane
from evals.accounting.books import Bucket, held
from evals.first_come import first_come

if TYPE_CHECKING:
    from tools.toolbox import Toolbox

Holdings = dict[tuple[str, Bucket], int]


class DoNothing:
    """Leaves everything as it is."""

    name = "do-nothing"
    version = "1"

    def plan(self, request: Request, toolbox: Toolbox) -> Draft:
        """An empty draft."""
        text = "Nothing is done."
        return Draft(summary=text, answer=Answer(intent="none", text=text) if request.kind == "question" else None)


class FirstCome:
    """Shares the SKUs of the case out anew in the order in which orders came in, on the facts every planner gets."""

    name = "fcfs"
    version = "1"

    def plan(self, request: Request, toolbox: Toolbox) -> Draft:
        """One move per SKU that has to change: releases, reservations, and the dates that follow from them."""
        text = "First come, first served."
        if request.kind == "question":
            return Draft(summary=text, answer=Answer(intent="none", text=text))
        before = toolbox.facts
        after = first_come(before, request.scope.skus)
        moves = tuple(
            move for sku in sorted(request.scope.skus) if (move := _move(before, after, sku, request)) is not None
        )
        return Draft(summary=text, moves=moves)


PLANNERS: Mapping[str, Callable[[], Planner]] = {"do-nothing": DoNothing, "fcfs": FirstCome}
"""Name -> the planner to hand in."""


def _move(before: Facts, after: Facts, sku: str, request: Request) -> Move | None:
    had = {key: units for key, units in held(before).items() if key[1][0] == sku}
    has = {key: units for key, units in held(after).items() if key[1][0] == sku}
    gained, lost = _minus(has, had), _with_a_taker(_minus(had, has), _minus(has, had))
    if not gained:
        return None
    releases: list[Action] = [
        ReleaseReservation(
            id=f"a{n}", line=line, sku=sku, site=bucket[1], quantity=units, reservation=_kind(bucket),
            inbound=bucket[2] or None,
        )
        for n, ((line, bucket), units) in enumerate(sorted(lost.items()), 1)
    ]  # fmt: skip
    needs = tuple(action.id for action in releases)
    reserves: list[Action] = [
        Reserve(
            id=f"a{n}", needs=needs, line=line, sku=sku, site=bucket[1], quantity=units, reservation=_kind(bucket),
            inbound=bucket[2] or None,
        )
        for n, ((line, bucket), units) in enumerate(sorted(gained.items()), len(releases) + 1)
    ]  # fmt: skip
    net: dict[str, int] = defaultdict(int)
    for (line, _), units in gained.items():
        net[line] += units
    for (line, _), units in lost.items():
        net[line] -= units
    actions = [*releases, *reserves]
    actions += _dates(before, after, sorted(net), len(actions), tuple(action.id for action in actions))
    return Move(
        id=f"D-{request.case}-{sku}",
        kind="reallocate" if releases else "reserve",
        title=f"Share {sku} out first come, first served",
        reason="Who ordered first is served first.",
        actions=tuple(actions),
        effects=tuple(_effect(before, line, units) for line, units in sorted(net.items())),
    )


def _minus(left: Holdings, right: Holdings) -> Holdings:
    return {key: units - right.get(key, 0) for key, units in left.items() if units > right.get(key, 0)}


def _with_a_taker(lost: Holdings, gained: Holdings) -> Holdings:
    """Units that somebody else gets, or that their line swaps for others; nobody loses a unit to nobody."""
    wanted: dict[Bucket, int] = defaultdict(int)
    swapped: dict[str, int] = defaultdict(int)
    for (line, bucket), units in gained.items():
        wanted[bucket] += units
        swapped[line] += units
    kept: Holdings = {}
    for (line, bucket), units in sorted(lost.items()):
        given = min(units, wanted[bucket])
        wanted[bucket] -= given
        loose = min(units - given, swapped[line])
        swapped[line] -= loose
        if given + loose:
            kept[line, bucket] = given + loose
    return kept


def _kind(bucket: Bucket) -> ReservationKind:
    return ReservationKind.SOFT if bucket[2] else ReservationKind.HARD


def _dates(before: Facts, after: Facts, lines: list[str], built: int, needs: tuple[str, ...]) -> list[Action]:
    """The new date of every line that is covered whole and not by its promise, and a notice when it is later."""
    actions: list[Action] = []
    for key in lines:
        line = before.line(key)
        arrivals = [
            (lane[1], units)
            for (holder, bucket), units in held(after).items()
            if holder == key and (lane := best_lane(before, before.order(line.order).region, bucket)) is not None
        ]
        if sum(units for _, units in arrivals) < line.open_quantity or not arrivals:
            continue
        new: date = max(line.requested, max(day for day, _ in arrivals))
        old = line.promise.current if line.promise else None
        if new == old:
            continue
        number = built + len(actions) + 1
        actions.append(UpdatePromise(id=f"a{number}", needs=needs, line=key, sku=line.sku, old_date=old, new_date=new))
        if old is not None and new > old:
            customer = before.order(line.order).customer
            told = f"The new date of {key} is {new}."
            actions.append(
                CreateCustomerTask(
                    id=f"a{number + 1}", needs=(f"a{number}",), customer=customer, order=line.order,
                    subject="New date", notice=told,
                )
            )  # fmt: skip
    return actions


def _effect(facts: Facts, key: str, units: int) -> Effect:
    line = facts.line(key)
    return Effect(line=key, order=line.order, customer=facts.order(line.order).customer, sku=line.sku, units=units)
