"""What every tool is given, and what a write tool hands back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from domain.actions import Action
from domain.allocation.types import AllocationPlan
from domain.canonical import digest
from domain.errors import BadInput
from domain.facts import Claim, Facts
from domain.inventory import Reservation
from domain.noun import Noun, Text
from domain.orders import LineState, Order, OrderLine
from domain.plans import Effect, Move
from domain.requests import Request
from domain.scoring import contract_for, unit_price
from knowledge.passages import Library

MoveKind = Literal[
    "reallocate", "reserve", "transfer", "replenish", "expedite", "promise", "credit", "wave", "carrier", "escalate"
]
NONE = Decimal("0.00")


class Proposal(Noun):
    """What a write tool answers: moves to propose. Nothing has been executed. `note` says why there are none."""

    moves: tuple[Move, ...] = ()
    note: Text = ""


@dataclass(frozen=True)
class ToolContext:
    """The snapshot and the request of one run, the allocations it has made so far, by id, and what is written down."""

    facts: Facts
    request: Request
    allocations: Mapping[str, AllocationPlan] = field(default_factory=dict)
    library: Library | None = None

    @cached_property
    def _used(self) -> dict[tuple[str, str, str | None], int]:
        used: dict[tuple[str, str, str | None], int] = {}
        claims = tuple(claim for claim in self.facts.claims if claim.case != self.request.case)
        taken: tuple[Reservation | Claim, ...] = (*self.facts.reservations, *claims)
        for item in taken:
            key = (item.sku, item.site, item.inbound)
            used[key] = used.get(key, 0) + item.quantity
        return used

    @cached_property
    def _of_line(self) -> dict[str, list[Reservation]]:
        mine: dict[str, list[Reservation]] = {}
        for reservation in self.facts.reservations:
            if reservation.line is not None:
                mine.setdefault(reservation.line, []).append(reservation)
        return mine

    def free(self, sku: str, site: str, inbound: str | None = None) -> int:
        """Units of a bucket (stock of a site, or one inbound supply) that nobody has reserved and no other case has
        claimed; never negative."""
        if inbound is None:
            position = self.facts.position(sku, site)
            total = position.sellable if position else 0
        else:
            total = self.facts.inbound_supply(inbound).quantity
        return max(0, total - self._used.get((sku, site, inbound), 0))

    def held(self, line: str) -> int:
        """Units reserved for a line."""
        return sum(reservation.quantity for reservation in self._of_line.get(line, ()))

    def reservations_of(self, line: str) -> tuple[Reservation, ...]:
        """What a line has reserved, by site, then stock before inbound supply."""
        mine = self._of_line.get(line, ())
        return tuple(sorted(mine, key=lambda item: (item.site, item.inbound or "", item.id)))

    def uncovered(self, line: OrderLine) -> int:
        """Open units of a line for which nothing is reserved."""
        return max(0, line.open_quantity - self.held(line.id))

    def order_of(self, line: OrderLine) -> Order:
        """The order a line stands in."""
        return self.facts.order(line.order)

    def margin(self, line: OrderLine) -> Decimal:
        """Base currency per unit: unit price at today's rate less unit cost."""
        return unit_price(self.facts, line) - self.facts.sku(line.sku).unit_cost

    def penalty(self, line: OrderLine) -> Decimal:
        """Base currency per unit owed when a line is late: penalty share of its contract x unit cost; 0 without."""
        contract = contract_for(self.facts, line)
        return contract.penalty_share * self.facts.sku(line.sku).unit_cost if contract else Decimal(0)

    def on_hold(self, line: OrderLine) -> bool:
        """True when the line must not ship: its order has a hold, or its customer is on credit hold."""
        order = self.order_of(line)
        return bool(order.holds) or self.facts.customer(order.customer).on_credit_hold

    def allocation(self, key: str) -> AllocationPlan:
        """An allocation of this run. BadInput when it was not made in this run."""
        try:
            return self.allocations[key]
        except KeyError:
            known = ", ".join(sorted(self.allocations)) or "none yet"
            raise BadInput(
                f"this run has no allocation '{key}'",
                field="allocation_id",
                fix=f"call `allocate` first and use the id it answers (allocations of this run: {known})",
            ) from None


def is_fixed(line: OrderLine) -> bool:
    """True when the line must not be touched at all: frozen, picked, shipped or cancelled."""
    return line.frozen or line.state in (LineState.PICKED, LineState.SHIPPED, LineState.CANCELLED)


def propose(
    kind: MoveKind,
    title: str,
    reason: str,
    actions: Sequence[Action],
    *,
    effects: Sequence[Effect] = (),
    evidence: Sequence[str] = (),
    value: Decimal = NONE,
    value_at_stake: Decimal = NONE,
    cost: Decimal = NONE,
) -> Move:
    """A move with a draft id made from its substance (`D-` + 12 hex), so that equal proposals have equal ids.

    `value`, `value_at_stake` and `cost` are in base currency.
    """
    done, felt = tuple(actions), tuple(effects)
    return Move(
        id="D-" + digest("draft/1", {"kind": kind, "actions": done, "effects": felt})[:12],
        title=title,
        reason=reason,
        kind=kind,
        actions=done,
        effects=felt,
        value=value,
        value_at_stake=value_at_stake,
        cost=cost,
        evidence=tuple(dict.fromkeys(evidence)),
    )


def effect_on(context: ToolContext, line: OrderLine, units: int, why: str, after: date | None = None) -> Effect:
    """An effect on a line: its promise now, and `after` (unchanged when None)."""
    before = line.promise.current if line.promise else None
    return Effect(
        line=line.id,
        order=line.order,
        customer=context.order_of(line).customer,
        sku=line.sku,
        units=units,
        promise_before=before,
        promise_after=after or before,
        why=why,
    )
