"""One SKU as a network: supplies give, lines take, kept holdings earn back what breaking them would cost.

    supply -> entry of the line (by arrival) -> line -> root

A unit that arrives no later than a unit the line holds now may fill that unit's slot, which is worth the break cost; a
unit may pass on to the slots of later arrivals, or be a plain one. Slots are nested by arrival, so that the units that
find a slot are a largest matching, and the break cost charged is that of units taken away "without an equal or earlier
arrival" and no other. Units that stay on their own supply have a parallel arc, one tie-break better.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.allocation.fixed import Grants, Rest
from domain.allocation.simplex import UNLIMITED, Network
from domain.allocation.types import Arc
from domain.allocation.weights import Weights, arrival_order


@dataclass(frozen=True)
class Solved:
    """A best flow of one SKU: grants, its worth on the scale of the weights, and slots filled (kept units)."""

    grants: Grants
    worth: int
    kept: int


class SkuModel:
    """The network of one SKU. In `pack` mode everything is counted in whole packs; see `packs`."""

    def __init__(
        self, rest: Sequence[Rest], supply: Mapping[str, int], weights: Weights, pack: int = 1, break_extra: int = 0
    ) -> None:
        self.rest = rest
        self.weights = weights
        self.pack = pack
        self.slots = 0
        self.offset = 0
        """Break costs of every slot: subtract from the flow's worth to count only those that are broken."""
        self._extra = break_extra
        self._network = Network()
        self._ways: list[tuple[int, str, str]] = []
        self._slot_arcs: list[int] = []
        self._out: dict[str, list[int]] = defaultdict(list)
        self._money: dict[int, int] = {}
        self._base: list[int] = []
        self._sources = {key: self._network.add_source(units // pack) for key, units in sorted(supply.items())}
        for item in rest:
            self._add_line(item)
        self._base = list(self._network.cost)

    @property
    def size(self) -> int:
        """Arcs of the network: what one solve costs, roughly."""
        return len(self._base)

    def full(self, item: Rest) -> int:
        """What a line can take, in packs (a last smaller one counts as one)."""
        return -(-item.quantity // self.pack)

    def _add_line(self, item: Rest) -> None:
        line, network = item.line, self._network
        *others, (room, cost) = self._steps(item)
        node, arc = network.add_node(0, room, cost)
        self._out[line.id] = [arc, *(network.add_arc(node, 0, room, cost) for room, cost in others)]
        entries = self._add_slots(item, node)
        for order, way in enumerate(sorted(line.arcs, key=arrival_order)):
            if way.supply in self._sources:
                self._add_way(item, node, entries, way, order)

    def _steps(self, item: Rest) -> list[tuple[int, int]]:
        """(packs, cost of each) from the first pack of a line to its last, no step empty.

        First packs inside the floor, then the one that the floor ends in, then the rest. A last pack that is smaller
        earns less (estimated by the line's best arc).
        """
        line, weights, pack = item.line, self.weights, self.pack
        full, inside = self.full(item), item.floor // pack
        each = weights.rank(line) + weights.places[line.id]
        steps = [(inside, -pack * (each + weights.floor))]
        if item.floor % pack:
            steps.append((1, -pack * each - item.floor % pack * weights.floor))
        steps.append((full - sum(room for room, _ in steps), -pack * each))
        steps = [step for step in steps if step[0]]
        missing = -item.quantity % pack
        if missing:
            room, cost = steps.pop()
            best = max([0, *(weights.money * way.value + weights.prompt(line, way) for way in line.arcs)])
            steps += [(room - 1, cost)] if room > 1 else []
            steps.append((1, cost + missing * (best + each)))
        return steps

    def _add_slots(self, item: Rest, node: int) -> list[tuple[str, int]]:
        """Entry nodes by the arrival of what the line holds, earliest first; the last leads on to the line."""
        if not item.line.break_cost and not self._extra:
            return []
        arrives = {way.supply: way.arrives.isoformat() for way in item.line.arcs}
        held: dict[str, int] = defaultdict(int)
        for supply, units in item.held.items():
            held[arrives[supply]] += units // self.pack
        room, slots = self.full(item), []
        for day in sorted(held):
            units = min(held[day], room)
            room -= units
            if units:
                slots.append((day, units))
        entries: list[tuple[str, int]] = []
        bonus = self.pack * (self.weights.money * item.line.break_cost + self._extra)
        onward = node
        for day, units in reversed(slots):
            entry, _ = self._network.add_node(onward, UNLIMITED, 0)
            arc = self._network.add_arc(entry, node, units, -bonus)
            self._slot_arcs.append(arc)
            self._money[arc] = self.pack * item.line.break_cost
            self.slots += units
            self.offset += units * bonus
            entries.append((day, entry))
            onward = entry
        return list(reversed(entries))

    def _add_way(self, item: Rest, node: int, entries: list[tuple[str, int]], way: Arc, order: int) -> None:
        """The arcs of one way, worth its value and, in a strict rank, its being on time; `order` among the arrivals."""
        line, supply, day, value, weights = item.line, way.supply, way.arrives.isoformat(), way.value, self.weights
        limit = UNLIMITED if way.limit is None else item.room(way) // self.pack
        target = next((entry for held, entry in entries if held >= day), node)
        own = min(item.held.get(supply, 0) // self.pack, limit)
        cost = self.pack * (order * weights.haste(line) - weights.money * value - weights.prompt(line, way))
        source = self._sources[supply]
        if own:
            self._arc(source, target, own, cost - self.pack * weights.kept, (line.id, supply), value)
        if not line.blocked and limit > own:
            room = limit if limit == UNLIMITED else limit - own
            self._arc(source, target, room, cost, (line.id, supply), value)

    def _arc(self, source: int, target: int, room: int, cost: int, way: tuple[str, str], value: int) -> None:
        arc = self._network.add_arc(source, target, room, cost)
        self._ways.append((arc, *way))
        self._money[arc] = self.pack * value

    def solve(self, banned: frozenset[str] = frozenset(), forced: frozenset[str] = frozenset()) -> Solved | None:
        """The best flow in which `banned` lines get nothing and `forced` lines all; None when that cannot be."""
        cost = self._network.cost
        cost[:] = self._base
        push = 2 * (self.weights.top + self.pack * self._extra * (self.slots + 1))
        for lines, change in ((banned, push), (forced, -push)):
            for line in lines:
                for arc in self._out.get(line, ()):
                    cost[arc] += change
        self._network.solve()
        flow = self._network.flow
        for item in self.rest:
            if item.line.id in forced and sum(flow[arc] for arc in self._out[item.line.id]) < self.full(item):
                return None
        grants: Grants = defaultdict(int)
        for arc, line, supply in self._ways:
            if flow[arc]:
                grants[line, supply] += flow[arc]
        worth = -sum(units * price for units, price in zip(flow, self._base, strict=True) if units)
        return Solved(dict(grants), worth - self.offset, sum(flow[arc] for arc in self._slot_arcs))

    def prices(self) -> dict[str, int]:
        """Shadow price of each supply in money (minor units per unit) at the last solution: never negative.

        The money part of the dual price of the final tree. Where a strict rank or a floor takes the last unit, it is
        the money that unit earns there.
        """
        money = [-self._money.get(arc, 0) for arc in range(len(self._network.cost))]
        price = self._network.potentials(money)
        return {key: max(0, price[node] // self.pack) for key, node in self._sources.items()}
