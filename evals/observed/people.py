"""Scripted people: they do what the copilot would do, half of it, something else, or nothing, by hand in the ERP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from domain.actions import Action, HoldWave, ReleaseReservation, Reserve, Transfer, UpdatePromise
from domain.errors import EffectRefused
from domain.facts import Facts
from domain.plans import Move
from evals.accounting.arrivals import best_lane
from evals.accounting.books import held
from evals.worlds.world import Dice

if TYPE_CHECKING:
    from connectors.writes import Writes

Manner = Literal["as planned", "half", "elsewhere", "not at all"]
MANNERS: tuple[tuple[Manner, int], ...] = (("as planned", 50), ("half", 15), ("elsewhere", 15), ("not at all", 20))
"""How people treat a planned move, and how many of a hundred they treat so."""


@dataclass(frozen=True)
class Deed:
    """What people did about one planned move: how, and the actions that the ERP took."""

    move: str
    manner: Manner
    actions: tuple[Action, ...]


class People:
    """Planners with a hand on the ERP. `name` begins their keys, so that each deed is its own."""

    def __init__(self, writes: Writes, dice: Dice, name: str, manner: Manner | None = None) -> None:
        self._writes = writes
        self._dice = dice
        self._name = name
        self._manner = manner
        self._count = 0

    def act(self, moves: Sequence[Move], facts: Facts) -> tuple[Deed, ...]:
        """Do what they do with these moves, one after the other. `facts` are what they see before."""
        return tuple(self._one(move, facts) for move in moves)

    def _one(self, move: Move, facts: Facts) -> Deed:
        manner = self._manner if self._manner is not None else self._dice.weighted(MANNERS)
        wanted: tuple[Action, ...] = ()
        if manner == "as planned":
            wanted = move.actions
        elif manner != "not at all":
            wanted = _half(move) if manner == "half" else _elsewhere(move, facts, self._dice)
        done: list[Action] = []
        for action in wanted:
            try:
                self._do(action)
            except EffectRefused:
                left = self._take_back(done)
                return Deed(move.id, "half" if left else "not at all", left)
            done.append(action)
        return Deed(move.id, manner if done else "not at all", tuple(done))

    def _take_back(self, done: Sequence[Action]) -> tuple[Action, ...]:
        """Undo what was done, newest first; what cannot be undone (a line on hold takes nothing back) stays so."""
        left = []
        for action in reversed(done):
            try:
                if isinstance(action, Reserve):
                    self._do(ReleaseReservation(**{**dict(action), "kind": "release_reservation"}))
                elif isinstance(action, ReleaseReservation):
                    self._do(Reserve(**{**dict(action), "kind": "reserve"}))
            except EffectRefused:
                left.append(action)
        return tuple(left)

    def _do(self, action: Action) -> None:
        self._count += 1
        key, erp = f"people:{self._name}:{self._count}", self._writes.erp
        if isinstance(action, Reserve | ReleaseReservation):
            call = erp.reserve if isinstance(action, Reserve) else erp.release
            call(
                key,
                line=action.line,
                sku=action.sku,
                site=action.site,
                quantity=action.quantity,
                kind=action.reservation,
                inbound=action.inbound,
            )
        elif isinstance(action, UpdatePromise):
            erp.update_promise(key, line=action.line, promised=action.new_date)
        elif isinstance(action, HoldWave):
            self._writes.wms.hold(key, wave=action.wave, line=action.line)
        elif isinstance(action, Transfer):
            erp.transfer(
                key,
                sku=action.sku,
                from_site=action.from_site,
                to_site=action.to_site,
                quantity=action.quantity,
                ship_on=action.ship_on,
                request=action.request,
            )


def _half(move: Move) -> tuple[Action, ...]:
    """Half of the units of every action, rounded down; nobody is told a new date."""
    return tuple(
        action.model_copy(update={"quantity": action.quantity // 2})
        if isinstance(action, Reserve | ReleaseReservation | Transfer)
        else action
        for action in move.actions
        if isinstance(action, HoldWave)
        or (isinstance(action, Reserve | ReleaseReservation | Transfer) and action.quantity // 2)
    )


def _elsewhere(move: Move, facts: Facts, dice: Dice) -> tuple[Action, ...]:
    """The same units taken, and given to another line that still wants them; nothing when there is none."""
    given = [action for action in move.actions if isinstance(action, Reserve)]
    touched = {action.line for action in move.actions if isinstance(action, Reserve | ReleaseReservation)}
    if not given:
        return ()
    result: list[Action] = [a for a in move.actions if isinstance(a, HoldWave | ReleaseReservation)]
    for action in given:
        others = [key for key in _wanting(facts, action) if key not in touched]
        if not others:
            return ()
        result.append(action.model_copy(update={"line": dice.pick(others)}))
    return tuple(result)


def _wanting(facts: Facts, action: Reserve) -> list[str]:
    """Open lines of the SKU, not on hold, with room for the units and a way to them, whole packs aside."""
    has: dict[str, int] = {}
    for (holder, _), units in held(facts).items():
        has[holder] = has.get(holder, 0) + units
    found = []
    for line in facts.lines_of_sku(action.sku):
        order = facts.order(line.order)
        stopped = bool(order.holds) or facts.customer(order.customer).on_credit_hold
        room = line.open_quantity - has.get(line.id, 0) >= action.quantity
        allowed = not line.allowed_sites or action.site in line.allowed_sites
        way = best_lane(facts, order.region, (action.sku, action.site, action.inbound or ""))
        near = way is not None and way[1] <= facts.today + timedelta(days=45)
        if room and allowed and near and not stopped and not line.frozen:
            found.append(line.id)
    return found
