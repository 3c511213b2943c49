"""Builds the actions of one move in the order they are needed, with their `needs` edges."""

from __future__ import annotations

from datetime import date

from domain.actions import (
    Action,
    CreateCustomerTask,
    HoldWave,
    ReleaseReservation,
    Reserve,
    Transfer,
    UpdatePromise,
)
from domain.allocation.types import Supply
from domain.inventory import ReservationKind


class ActionList:
    """Collects actions; units of one line on one supply are summed into one action."""

    def __init__(self, move: str) -> None:
        self.move = move
        self.built: list[Action] = []
        self._releases: dict[tuple[str, str], int] = {}
        self._reserves: dict[tuple[str, str], int] = {}
        self._holds: dict[tuple[str, str], str] = {}

    def _next(self) -> str:
        return f"a{len(self.built) + 1}"

    def _released_before(self, supply: str, line: str) -> tuple[str, ...]:
        """Releases a reserve waits for: those of its supply, and those of its own line (its quantity is limited)."""
        return tuple(
            self.built[index].id
            for (loser, source), index in sorted(self._releases.items(), key=lambda item: item[1])
            if source == supply or loser == line
        )

    def release(self, line: str, supply: Supply, quantity: int, waves: tuple[str, ...]) -> None:
        """Take units from a line; its open picks in `waves` are held first."""
        known = self._releases.get((line, supply.id))
        if known is not None:
            old = self.built[known]
            assert isinstance(old, ReleaseReservation)
            self.built[known] = old.model_copy(update={"quantity": old.quantity + quantity})
            return
        needs = tuple(self._hold(wave, supply.site, line) for wave in waves)
        self._releases[line, supply.id] = len(self.built)
        self.built.append(
            ReleaseReservation(
                id=self._next(),
                needs=needs,
                line=line,
                sku=supply.sku,
                site=supply.site,
                quantity=quantity,
                reservation=ReservationKind.SOFT if supply.inbound else ReservationKind.HARD,
                inbound=supply.inbound,
            )
        )

    def _hold(self, wave: str, site: str, line: str) -> str:
        if (wave, line) not in self._holds:
            self._holds[wave, line] = self._next()
            self.built.append(HoldWave(id=self._next(), wave=wave, site=site, line=line))
        return self._holds[wave, line]

    def reserve(self, line: str, supply: Supply, quantity: int) -> None:
        """Reserve for a line: stock hard, inbound supply soft."""
        known = self._reserves.get((line, supply.id))
        if known is not None:
            old = self.built[known]
            assert isinstance(old, Reserve)
            self.built[known] = old.model_copy(update={"quantity": old.quantity + quantity})
            return
        self._reserves[line, supply.id] = len(self.built)
        self.built.append(
            Reserve(
                id=self._next(),
                needs=self._released_before(supply.id, line),
                line=line,
                sku=supply.sku,
                site=supply.site,
                quantity=quantity,
                reservation=ReservationKind.SOFT if supply.inbound else ReservationKind.HARD,
                inbound=supply.inbound,
            )
        )

    def transfer(self, request: str, supply: Supply, to_site: str, quantity: int) -> None:
        """Answer a transfer request from stock of another site."""
        self.built.append(
            Transfer(
                id=self._next(),
                needs=self._released_before(supply.id, request),
                sku=supply.sku,
                from_site=supply.site,
                to_site=to_site,
                quantity=quantity,
                ship_on=supply.available,
                request=request,
            )
        )

    def promise(self, line: str, sku: str, before: date | None, after: date) -> None:
        """A new promise date, once all stock actions of the move are done."""
        stock = tuple(a.id for a in self.built if a.kind in ("reserve", "release_reservation", "transfer"))
        self.built.append(
            UpdatePromise(id=self._next(), needs=stock, line=line, sku=sku, old_date=before, new_date=after)
        )

    def notice(self, customer: str, order: str, line: str, before: date, after: date) -> None:
        """A task for customer service with the notice drafted, after the promise is changed."""
        self.built.append(
            CreateCustomerTask(
                id=self._next(),
                needs=(self.built[-1].id,),
                customer=customer,
                order=order,
                subject=f"New delivery date for {line}",
                notice=(
                    f"We told you that line {line} of order {order} would arrive on {before.isoformat()}. Supply is "
                    f"short and the new date is {after.isoformat()}. Please tell us if this does not work for you."
                ),
            )
        )
