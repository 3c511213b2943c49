"""Facts by what detectors look up again and again, so that a sweep reads each collection once."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any

from domain.facts import Facts
from domain.inventory import Inbound, Reservation
from domain.orders import Order, OrderLine


class Books:
    """One snapshot, indexed. Lists keep the order of ids, whatever order the facts came in."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def open_lines(self) -> tuple[tuple[Order, OrderLine], ...]:
        """Every line with open units and its order, by line id."""
        found = [(order, line) for order in self.facts.orders for line in order.lines if line.open_quantity]
        return tuple(sorted(found, key=lambda pair: pair[1].id))

    @cached_property
    def lines_of(self) -> dict[str, list[OrderLine]]:
        """Open lines by SKU."""
        found: dict[str, list[OrderLine]] = defaultdict(list)
        for _, line in self.open_lines:
            found[line.sku].append(line)
        return found

    @cached_property
    def held_by(self) -> dict[str, list[Reservation]]:
        """Reservations by line."""
        found: dict[str, list[Reservation]] = defaultdict(list)
        for item in sorted(self.facts.reservations, key=lambda item: item.id):
            if item.line is not None:
                found[item.line].append(item)
        return found

    @cached_property
    def held_on(self) -> dict[str, list[Reservation]]:
        """Reservations by inbound supply."""
        found: dict[str, list[Reservation]] = defaultdict(list)
        for item in sorted(self.facts.reservations, key=lambda item: item.id):
            if item.inbound is not None:
                found[item.inbound].append(item)
        return found

    @cached_property
    def coming(self) -> dict[str, list[Inbound]]:
        """Inbound supply by SKU."""
        found: dict[str, list[Inbound]] = defaultdict(list)
        for item in sorted(self.facts.inbound, key=lambda item: item.id):
            found[item.sku].append(item)
        return found

    @cached_property
    def taken(self) -> dict[tuple[str, str], int]:
        """Units of stock that are reserved, by SKU and site."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        for item in self.facts.reservations:
            if item.inbound is None:
                found[item.sku, item.site] += item.quantity
        return found

    @cached_property
    def _slices(self) -> dict[str, dict[str, list[Any]]]:
        found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for name in ("positions", "inbound", "reservations"):
            for item in getattr(self.facts, name):
                found[item.sku][name].append(item)
        for order in sorted(self.facts.orders, key=lambda item: item.id):
            for sku in {line.sku for line in order.lines}:
                found[sku]["orders"].append(order)
        return found

    def about(self, sku: str) -> Facts:
        """The facts about one SKU alone, without claims: what a waiting plan asks for is no commitment yet."""
        mine = self._slices[sku]
        return Facts(
            taken_at=self.facts.taken_at,
            skus=(self.facts.sku(sku),),
            sites=self.facts.sites,
            lanes=self.facts.lanes,
            positions=tuple(mine["positions"]),
            inbound=tuple(mine["inbound"]),
            reservations=tuple(mine["reservations"]),
            orders=tuple(mine["orders"]),
        )

    def waiting(self, line: OrderLine) -> int:
        """Open units of a line for which nothing is reserved."""
        return max(0, line.open_quantity - sum(item.quantity for item in self.held_by[line.id]))

    def stopped(self, order: Order) -> bool:
        """Whether an order is on hold, or its customer is on credit hold."""
        return bool(order.holds) or self.facts.customer(order.customer).on_credit_hold

    def line(self, key: str | None) -> OrderLine | None:
        """The open line with this id, None when there is none."""
        if key is None or not self.facts.has("line", key):
            return None
        found = self.facts.line(key)
        return found if found.open_quantity else None
