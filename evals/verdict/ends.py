"""The end of a story as business sees it: who holds what, what is promised, picked, bought, sent and told.

Ids of reservations, tasks and requests, moments and the order of reading are no part of it, so that any way that leads
to the same end gives the same digest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from connectors.reads import CustomerTask
from domain.canonical import digest
from domain.execution import TaskState
from domain.facts import Facts
from domain.orders import LineState


@dataclass
class Line:
    """A line: units still to ship and the promise date. Nothing else of it can change here."""

    sku: str
    units: int
    promise: date | None


@dataclass
class Picking:
    """A wave: its carrier, the open picks in their order, and the picks that wait."""

    carrier: str
    state: str
    order: list[str]
    waiting: set[str]
    lines: dict[str, str]
    """Pick -> line."""


@dataclass
class End:
    """An end state; `held` counts units per (line, SKU, site or inbound supply), `coming` units per (SKU, site) that
    are on their way and were not at the start."""

    stock: Counter[tuple[str, str]]
    inbound: dict[str, tuple[int, date]]
    coming: Counter[tuple[str, str]]
    held: Counter[tuple[str, str, str]]
    idle: Counter[tuple[str, str]]
    lines: dict[str, Line]
    waves: dict[str, Picking]
    bought: Counter[tuple[str, str, str]]
    granted: Counter[str]
    stopped: set[str]
    told: set[str] = field(default_factory=set)
    escalated: set[str] = field(default_factory=set)
    credit: set[tuple[str, str]] = field(default_factory=set)

    def plain(self) -> dict[str, list[list[object]]]:
        """As JSON values, sorted; zeros are left out."""
        return {
            "stock": _counted(self.stock),
            "inbound": sorted([key, units, eta.isoformat()] for key, (units, eta) in self.inbound.items()),
            "coming": _counted(self.coming),
            "held": _counted(self.held),
            "held for nobody": _counted(self.idle),
            "lines": sorted([key, item.sku, item.units, str(item.promise)] for key, item in self.lines.items()),
            "waves": sorted(
                [key, item.carrier, item.state, *item.order, "waiting", *sorted(item.waiting)]
                for key, item in self.waves.items()
            ),
            "bought": _counted(self.bought),
            "granted": sorted([key, units] for key, units in self.granted.items() if units),
            "stopped": [[key] for key in sorted(self.stopped)],
            "told": [[key] for key in sorted(self.told)],
            "escalated": [[key] for key in sorted(self.escalated)],
            "credit": [list(pair) for pair in sorted(self.credit)],
        }

    @property
    def digest(self) -> str:
        """The hash two ends are compared by."""
        return digest("scenario-end/1", self.plain())


def _counted(
    counter: Counter[tuple[str, ...]] | Counter[tuple[str, str]] | Counter[tuple[str, str, str]],
) -> list[list[object]]:
    return sorted([*key, units] for key, units in counter.items() if units)


def end_of(start: Facts, now: Facts, tasks: Iterable[CustomerTask], credit: Iterable[tuple[str, Decimal]]) -> End:
    """The end that the systems show: `start` is the world before anything happened, `now` what they say now.

    `credit` are open requests to finance as (order, amount).
    """
    known = {item.id for item in start.inbound}
    names = _names(start, now)
    places = {item.id: item.id if item.id in known else f"on its way to {item.site}" for item in now.inbound}
    end = End(
        stock=Counter({(item.sku, item.site): item.on_hand for item in now.positions}),
        inbound={item.id: (item.quantity, item.eta) for item in now.inbound if item.id in known},
        coming=Counter(),
        held=Counter(),
        idle=Counter(),
        lines={},
        waves=dict(_waves(now, names)),
        bought=Counter(),
        granted=_granted(start, now),
        stopped=set(_stopped(now)),
        told={task.order for task in tasks if task.order and not task.withdrawn},
        escalated={task.role for task in tasks if task.role and not task.withdrawn},
        credit={(order, format(amount, "f")) for order, amount in credit},
    )
    for supply in now.inbound:
        if supply.id not in known:
            end.coming[supply.sku, supply.site] += supply.quantity
    for item in now.reservations:
        place = places.get(item.inbound, item.site) if item.inbound else item.site
        if item.line is None:
            end.idle[item.sku, place] += item.quantity
        else:
            end.held[names.get(item.line, item.line), item.sku, place] += item.quantity
    for order in now.orders:
        for line in order.lines:
            shown = Line(line.sku, line.open_quantity, line.promise.current if line.promise else None)
            end.lines[names[line.id]] = shown
    for request in now.purchases:
        end.bought[request.sku, request.site, request.needed_by.isoformat()] += request.quantity
    return end


def _names(start: Facts, now: Facts) -> dict[str, str]:
    """Lines that were not there at the start serve their order with another SKU, and are called by that."""
    known = {line.id for order in start.orders for line in order.lines}
    return {
        line.id: line.id if line.id in known else companion(line.order, line.sku)
        for order in now.orders
        for line in order.lines
    }


def companion(order: str, sku: str) -> str:
    """The name of the line that serves an order with another SKU."""
    return f"{order} with {sku}"


def _waves(now: Facts, names: dict[str, str]) -> Iterator[tuple[str, Picking]]:
    for wave in now.waves:
        inside = sorted(wave.tasks, key=lambda task: (task.sequence, task.id))
        yield (
            wave.id,
            Picking(
                carrier=wave.carrier,
                state=wave.state.value,
                order=[task.id for task in inside if task.state is TaskState.OPEN],
                waiting={task.id for task in inside if task.state is TaskState.HELD},
                lines={task.id: names.get(task.line, task.line) for task in inside},
            ),
        )


def _granted(start: Facts, now: Facts) -> Counter[str]:
    """Units granted per transfer request; one that is no longer listed has been granted whole."""
    open_ = {item.id: item.granted for item in now.transfers}
    return Counter({item.id: open_.get(item.id, item.quantity) for item in start.transfers})


def _stopped(now: Facts) -> Iterator[str]:
    """Orders and customers that must not ship."""
    yield from (f"{order.id} {hold.kind.value}" for order in now.orders for hold in order.holds)
    yield from (customer.id for customer in now.customers if customer.on_credit_hold)
    yield from (
        f"{line.id} cancelled"
        for order in now.orders
        for line in order.lines
        if line.state is LineState.CANCELLED and not any(other.id.startswith(f"{line.id}/") for other in order.lines)
    )


def difference(got: End, right: End) -> tuple[str, ...]:
    """What is there and should not be (+), and what is missing (-), one sentence each."""
    ours, theirs = got.plain(), right.plain()
    found = []
    for part in theirs:
        there, wanted = ([_words(row) for row in rows] for rows in (ours[part], theirs[part]))
        found += [f"+ {part}: {row}" for row in there if row not in wanted]
        found += [f"- {part}: {row}" for row in wanted if row not in there]
    return tuple(found)


def _words(row: list[object]) -> str:
    return " ".join(str(cell) for cell in row)
