"""What each order line gives and gets in a move."""

from __future__ import annotations

from dataclasses import dataclass

from domain.facts import Facts
from domain.orders import OrderLine
from domain.plans import Move


@dataclass(frozen=True)
class LineFlow:
    """Units of one line in a move: what it holds now, what is released from it, what it gains.

    `stock_sites`: sites whose stock (not inbound supply) it is released from. `from_stock`: units released from stock
    less units gained there; positive when it has to wait for what it had.
    """

    line: OrderLine
    held: int
    released: int
    gained: int
    stock_sites: frozenset[str]
    from_stock: int = 0

    @property
    def net(self) -> int:
        """Gained less released; negative when the line loses."""
        return self.gained - self.released

    @property
    def given_up(self) -> int:
        """Units the line loses, or has in stock now and will have to wait for."""
        return max(0, -self.net, self.from_stock)


def flows(move: Move, facts: Facts) -> tuple[LineFlow, ...]:
    """The flows of every line the move reserves for, substitutes for or releases from, by line id.

    Lines that the facts do not know are left out (they are faults of the move).
    """
    released: dict[str, int] = {}
    gained: dict[str, int] = {}
    sites: dict[str, set[str]] = {}
    stock: dict[str, int] = {}
    for action in move.actions:
        if action.kind == "release_reservation":
            released[action.line] = released.get(action.line, 0) + action.quantity
            if action.inbound is None:
                sites.setdefault(action.line, set()).add(action.site)
                stock[action.line] = stock.get(action.line, 0) + action.quantity
        elif action.kind in ("reserve", "substitute"):
            gained[action.line] = gained.get(action.line, 0) + action.quantity
            if action.kind == "substitute" or action.inbound is None:
                stock[action.line] = stock.get(action.line, 0) - action.quantity
    held: dict[str, int] = {}
    for reservation in facts.reservations:
        if reservation.line is not None:
            held[reservation.line] = held.get(reservation.line, 0) + reservation.quantity
    return tuple(
        LineFlow(
            line=facts.line(line),
            held=held.get(line, 0),
            released=released.get(line, 0),
            gained=gained.get(line, 0),
            stock_sites=frozenset(sites.get(line, ())),
            from_stock=stock.get(line, 0),
        )
        for line in sorted({*released, *gained})
        if facts.has("line", line)
    )
