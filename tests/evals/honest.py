"""A bookkeeper that does exactly what actions say, and hands to hold a move together: what audits are tried on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.actions import Action, HoldWave, ReleaseReservation, Reserve, Transfer, UpdatePromise
from domain.execution import TaskState, WaveState
from domain.facts import Facts
from domain.inventory import Inbound, Reservation, ReservationKind
from domain.orders import LineState, Promise
from evals.worlds.world import World


@dataclass(frozen=True)
class Swap:
    """A loser with stock and a winner who waits for inbound supply: they change places."""

    loser: str
    winner: str
    stock: Reservation
    coming: Reservation
    units: int

    @property
    def actions(self) -> tuple[Action, ...]:
        soft = ReservationKind.SOFT
        stock = {"sku": self.stock.sku, "site": self.stock.site, "quantity": self.units}
        coming = {
            "sku": self.coming.sku, "site": self.coming.site, "quantity": self.units,
            "inbound": self.coming.inbound, "reservation": soft,
        }  # fmt: skip
        return (
            ReleaseReservation.model_validate({"id": "a1", "line": self.loser} | stock),
            ReleaseReservation.model_validate({"id": "a2", "line": self.winner} | coming),
            Reserve.model_validate({"id": "a3", "needs": ("a1", "a2"), "line": self.winner} | stock),
            Reserve.model_validate({"id": "a4", "needs": ("a1", "a2"), "line": self.loser} | coming),
        )


def find_swap(world: World) -> Swap | None:
    """Two lines of the hot SKU that can honestly change places; None when this world has no such pair."""
    facts = world.facts
    picking = {task.line for wave in facts.waves for task in wave.tasks}
    stopped = {o.id for o in facts.orders if o.holds or facts.customer(o.customer).on_credit_hold}
    free = {
        line.id: line
        for line in facts.lines_of_sku(world.hot)
        if not line.frozen and line.state is LineState.OPEN and line.id not in picking and line.order not in stopped
    }
    mine = [item for item in facts.reservations if item.line in free]
    for stock in (item for item in mine if not item.inbound):
        for coming in (item for item in mine if item.inbound):
            loser, winner = free[stock.line or ""], free[coming.line or ""]
            fits = not {coming.site} - set(loser.allowed_sites or (coming.site,))
            fits = fits and not {stock.site} - set(winner.allowed_sites or (stock.site,))
            if fits and loser.id != winner.id:
                return Swap(loser.id, winner.id, stock, coming, min(stock.quantity, coming.quantity))
    return None


def carry_out(facts: Facts, actions: Sequence[Action]) -> Facts:
    """The facts after these actions, done to the letter."""
    for action in actions:
        facts = _done(facts, action)
    return facts


def _done(facts: Facts, action: Action) -> Facts:
    if isinstance(action, Reserve):
        return _reserved(facts, action)
    if isinstance(action, ReleaseReservation):
        return _released(facts, action)
    if isinstance(action, UpdatePromise):
        return promised(facts, action.line, action.new_date)
    if isinstance(action, HoldWave):
        waves = tuple(
            wave.model_copy(
                update={
                    "tasks": tuple(
                        task.model_copy(update={"state": TaskState.HELD})
                        if task.line == action.line and task.state is TaskState.OPEN
                        else task
                        for task in wave.tasks
                    )
                }
            )
            if wave.id == action.wave
            else wave
            for wave in facts.waves
        )
        return facts.replace(waves=waves)
    assert isinstance(action, Transfer)
    return _transferred(facts, action)


def _reserved(facts: Facts, action: Reserve) -> Facts:
    line = facts.line(action.line)
    made = Reservation(
        id=f"NEW-{len(facts.reservations)}",
        sku=action.sku,
        site=action.site,
        quantity=action.quantity,
        kind=ReservationKind.SOFT if action.inbound else ReservationKind.HARD,
        line=action.line,
        inbound=action.inbound,
        owner=line.order,
        created_at=facts.taken_at,
    )
    return facts.replace(reservations=(*facts.reservations, made))


def _released(facts: Facts, action: ReleaseReservation) -> Facts:
    left, kept = action.quantity, []
    for item in facts.reservations:
        same = (item.line, item.sku, item.site, item.inbound) == (action.line, action.sku, action.site, action.inbound)
        cut = min(left, item.quantity) if same else 0
        left -= cut
        if item.quantity > cut:
            kept.append(item.model_copy(update={"quantity": item.quantity - cut}))
    assert not left
    return facts.replace(reservations=tuple(kept))


def promised(facts: Facts, line: str, day: object) -> Facts:
    def changed(promise: Promise | None) -> Promise:
        return Promise(first=promise.first if promise else day, current=day)  # type: ignore[arg-type]

    return facts.replace(
        orders=tuple(
            order.model_copy(
                update={
                    "lines": tuple(
                        item.model_copy(update={"promise": changed(item.promise)}) if item.id == line else item
                        for item in order.lines
                    )
                }
            )
            for order in facts.orders
        )
    )


def _transferred(facts: Facts, action: Transfer) -> Facts:
    """Goods leave the shelf and are on their way to the other site."""
    positions = tuple(
        item.model_copy(update={"on_hand": item.on_hand - action.quantity, "lots": ()})
        if (item.sku, item.site) == (action.sku, action.from_site)
        else item
        for item in facts.positions
    )
    coming = Inbound(
        id=f"IT-{action.request}",
        sku=action.sku,
        site=action.to_site,
        quantity=action.quantity,
        eta=action.ship_on,
        original_eta=action.ship_on,
    )
    transfers = tuple(
        item.model_copy(update={"granted": item.granted + action.quantity}) if item.id == action.request else item
        for item in facts.transfers
    )
    return facts.replace(positions=positions, inbound=(*facts.inbound, coming), transfers=transfers)


def open_pick(facts: Facts) -> tuple[str, str]:
    """(wave, line) of an open pick of a released wave."""
    return next(
        (wave.id, task.line)
        for wave in facts.waves
        if wave.state is WaveState.RELEASED
        for task in wave.tasks
        if task.state is TaskState.OPEN
    )
