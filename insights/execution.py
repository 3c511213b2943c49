"""What was carried out: without a person, off confirmed orders, and after the warehouse had begun."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from guardrails.chain import EntryKind
from insights.numbers import ONE, Item, Number, Telling, percent, total
from insights.past import Line, Past
from insights.timing import carried_out

UNATTENDED = Telling(
    "unattended_share",
    "Unattended share",
    "percent",
    "moves carried out in the period that no person approved / all moves carried out; parts: attended and unattended",
)
CONFIRMED = Telling(
    "units_off_confirmed",
    "Units moved off confirmed orders",
    "units",
    "units that lines with a promise lost in moves carried out in the period, or had in stock and now wait for (the "
    "larger of the two, per line and move); taken over all moves carried out; parts: kind of exception",
)
RELEASED = Telling(
    "reallocations_after_release",
    "Reallocations after release",
    "moves",
    "moves carried out in the period that took stock from a line whose picking had been released at that site; "
    "taken over all moves carried out; parts: kind of exception",
)
UNITS_RELEASED = Telling(
    "units_after_release",
    "Units taken after release",
    "units",
    "units that those moves took from those lines; taken over all moves carried out; parts: kind of exception",
)
BEGUN = ("released", "held")
"""States of a wave whose picking has begun."""


@dataclass(frozen=True)
class _Done:
    """A move that was carried out: what admitted it, what closed it, and the actions done, each with its line."""

    admission: Line
    closed: Line
    actions: tuple[tuple[Line, Mapping[str, Any]], ...]


def numbers(past: Past) -> tuple[Number, ...]:
    """Unattended share, and what was taken from confirmed orders and after release."""
    done = [one for line in carried_out(past) if (one := _done(past, line))]
    facts = past.snapshots({str(one.admission.said["facts"]) for one in done if _taken(one)})
    confirmed, released = [], []
    for one in done:
        if (taken := _taken(one)) and one.admission.said["facts"] in facts:
            world = _World(facts[one.admission.said["facts"]])
            kind, behind = past.case_kind(one.closed.case), past.here(*(line for line, _ in taken), one.closed)
            confirmed.append(Item(kind, Decimal(_off_confirmed(one, world)), behind))
            released.append(Item(kind, Decimal(_off_released(one, world)), behind))
    confirmed, released = ([item for item in some if item.amount] for some in (confirmed, released))
    count = len(done)
    return (
        _unattended(past, done),
        RELEASED.of([Item(item.label, ONE, item.entries) for item in released], total, count),
        UNITS_RELEASED.of(released, total, count),
        CONFIRMED.of(confirmed, total, count),
    )


def _unattended(past: Past, done: list[_Done]) -> Number:
    names = {True: "attended", False: "unattended"}
    items = [
        Item(names[bool(one.admission.said["attended"])], ONE, past.here(one.admission, one.closed)) for one in done
    ]
    number = UNATTENDED.of(items, lambda some: percent(len(some), len(items)))
    alone = sum(item.label == "unattended" for item in items)
    return number.model_copy(update={"value": percent(alone, len(items))})


def _done(past: Past, closed: Line) -> _Done | None:
    """None when what admitted the move was redacted."""
    lines = past.moves.get(closed.move or "", ())
    admitted = [line for line in lines if line.kind == EntryKind.ADMISSION and line.seq < closed.seq]
    if not admitted or admitted[-1].body is None:
        return None
    intents = {line.said["key"]: line.said["body"] for line in lines if line.kind == EntryKind.INTENT and line.body}
    actions = tuple(
        (line, intents[line.said["key"]])
        for line in lines
        if line.kind == EntryKind.OUTCOME and line.said.get("state") == "done" and line.said["key"] in intents
    )
    return _Done(admitted[-1], closed, actions)


def _taken(one: _Done) -> list[tuple[Line, Mapping[str, Any]]]:
    return [(line, action) for line, action in one.actions if action.get("kind") == "release_reservation"]


class _World:
    """What a snapshot says of lines: whether they are confirmed, and where their picking has begun."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        lines = {line["id"]: line for order in kept["orders"] for line in order["lines"]}
        self.confirmed = {key for key, line in lines.items() if line["promise"] is not None}
        self.begun = {key for key, line in lines.items() if line["state"] != "open"}
        self.picking = {
            (task["line"], wave["site"]) for wave in kept["waves"] if wave["state"] in BEGUN for task in wave["tasks"]
        }
        self.lines = lines.keys()


def _off_confirmed(one: _Done, world: _World) -> int:
    found = 0
    for line in sorted({action["line"] for _, action in _taken(one)} & world.confirmed):
        mine = [action for _, action in one.actions if action.get("line") == line]
        found += max(0, _net(mine), _net(action for action in mine if action.get("inbound") is None))
    return found


def _net(actions: Iterable[Mapping[str, Any]]) -> int:
    """Units released less units gained."""
    ways = {"release_reservation": 1, "reserve": -1, "substitute": -1}
    return sum(ways.get(action["kind"], 0) * int(action.get("quantity", 0)) for action in actions)


def _off_released(one: _Done, world: _World) -> int:
    """As the guard counts it: of a line that is being picked where it loses stock, everything that is taken."""
    found = 0
    taken = [action for _, action in _taken(one)]
    for line in sorted({action["line"] for action in taken} & world.lines):
        mine = [action for action in taken if action["line"] == line]
        sites = {action["site"] for action in mine if action.get("inbound") is None}
        if sites and (line in world.begun or any((line, site) in world.picking for site in sites)):
            found += sum(int(action["quantity"]) for action in mine)
    return found
