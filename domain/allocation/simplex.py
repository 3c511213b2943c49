"""A primal network simplex on Python integers: exact at any size of number, warm after a change of costs.

The algorithm is the textbook one (Ahuja, Magnanti, Orlin, Network Flows, chapter 11) with block search for the entering
arc and Cunningham's leaving rule, which keeps the tree strongly feasible, so that it never cycles. Node 0 is the root.
Every other node is given, when it is added, the arc to an earlier node that hangs it in the first tree.
"""

from __future__ import annotations

from itertools import repeat

UNLIMITED = 1 << 62
"""Capacity of an arc that has none."""

LOWER, TREE, UPPER = 1, 0, -1


class Network:
    """Minimise the sum of cost x flow. At first all flow is zero but what `add_source` sends straight to the root."""

    def __init__(self) -> None:
        self.source: list[int] = []
        self.target: list[int] = []
        self.capacity: list[int] = []
        self.cost: list[int] = []
        self.flow: list[int] = []
        self._state: list[int] = []
        self._parent: list[int] = [-1]
        self._parent_arc: list[int] = [-1]
        self._depth: list[int] = [0]
        self._children: list[set[int]] = [set()]
        self._price: list[int] = [0]
        self._next = 0

    def add_arc(self, source: int, target: int, capacity: int, cost: int) -> int:
        """A further arc, empty; its index."""
        self.source.append(source)
        self.target.append(target)
        self.capacity.append(capacity)
        self.cost.append(cost)
        self.flow.append(0)
        self._state.append(LOWER)
        return len(self.cost) - 1

    def add_node(self, towards: int, capacity: int, cost: int) -> tuple[int, int]:
        """A node whose way towards the root is an arc to `towards` (capacity > 0); (node, index of that arc)."""
        node = len(self._parent)
        arc = self.add_arc(node, towards, capacity, cost)
        self._state[arc] = TREE
        self._parent.append(towards)
        self._parent_arc.append(arc)
        self._depth.append(self._depth[towards] + 1)
        self._children.append(set())
        self._children[towards].add(node)
        self._price.append(0)
        return node, arc

    def add_source(self, units: int) -> int:
        """A node with `units` to give, which flow to the root at no cost as long as nobody wants them; the node."""
        node, arc = self.add_node(0, UNLIMITED, 0)
        self.flow[arc] = units
        return node

    def solve(self) -> None:
        """Pivot until no arc promises a gain. May be called again after costs were changed."""
        self._price = self.potentials(self.cost)
        while (arc := self._entering()) >= 0:
            self._pivot(arc)

    def potentials(self, cost: list[int]) -> list[int]:
        """Per node the price that makes tree arcs cost nothing: cost + price[source] = price[target]."""
        price = [0] * len(self._parent)
        stack = list(self._children[0])
        while stack:
            node = stack.pop()
            arc, above = self._parent_arc[node], price[self._parent[node]]
            price[node] = above - cost[arc] if self.source[arc] == node else above + cost[arc]
            stack.extend(self._children[node])
        return price

    def _entering(self) -> int:
        """The best arc of the next block that has one, or -1."""
        count = len(self.cost)
        size = max(24, int(count**0.5) * 2)
        price, begin, seen = self._price, self._next, 0
        while seen < count:
            end = min(begin + size, count)
            best, found = 0, -1
            for arc, cost, source, target, state in zip(
                range(begin, end),
                self.cost[begin:end],
                self.source[begin:end],
                self.target[begin:end],
                self._state[begin:end],
                strict=True,
            ):
                if state:
                    gain = cost + price[source] - price[target]
                    if state < 0:
                        gain = -gain
                    if gain < best:
                        best, found = gain, arc
            seen += end - begin
            begin = end if end < count else 0
            if found >= 0:
                self._next = begin
                return found
        return -1

    def _pivot(self, entering: int) -> None:
        if self._state[entering] == LOWER:
            first, second = self.source[entering], self.target[entering]
        else:
            first, second = self.target[entering], self.source[entering]
        down, up = self._cycle(first, second)
        amount, leaving, on_first = self._blocking(entering, down, up)
        if amount:
            sign = 1 if self._state[entering] == LOWER else -1
            self.flow[entering] += sign * amount
            for node, direction in (*zip(down, repeat(-1)), *zip(up, repeat(1))):
                arc = self._parent_arc[node]
                self.flow[arc] += amount * (direction if self.source[arc] == node else -direction)
        if leaving < 0:
            self._state[entering] = -self._state[entering]
            return
        left = self._parent_arc[leaving]
        self._state[left] = LOWER if self.flow[left] == 0 else UPPER
        self._state[entering] = TREE
        self._hang(leaving, first if on_first else second, second if on_first else first, entering)

    def _cycle(self, first: int, second: int) -> tuple[list[int], list[int]]:
        """Nodes from `first` and from `second` up to where the two ways to the root meet, without the meeting node."""
        down: list[int] = []
        up: list[int] = []
        parent, depth = self._parent, self._depth
        while first != second:
            if depth[first] >= depth[second]:
                down.append(first)
                first = parent[first]
            else:
                up.append(second)
                second = parent[second]
        return down, up

    def _blocking(self, entering: int, down: list[int], up: list[int]) -> tuple[int, int, bool]:
        """(units that fit, node whose parent arc leaves or -1, whether it hangs on the first side)."""
        amount = self.capacity[entering]
        leaving, on_first = -1, True
        for node in down:
            arc = self._parent_arc[node]
            room = self.flow[arc] if self.source[arc] == node else self.capacity[arc] - self.flow[arc]
            if room < amount:
                amount, leaving = room, node
        for node in up:
            arc = self._parent_arc[node]
            room = self.capacity[arc] - self.flow[arc] if self.source[arc] == node else self.flow[arc]
            if room <= amount:
                amount, leaving, on_first = room, node, False
        return amount, leaving, on_first

    def _hang(self, cut: int, inner: int, outer: int, entering: int) -> None:
        """Hang the part of the tree below `cut` on `outer` by the entering arc, with `inner` on top."""
        node, above, arc = inner, outer, entering
        while True:
            old_above, old_arc = self._parent[node], self._parent_arc[node]
            self._children[old_above].discard(node)
            self._parent[node], self._parent_arc[node] = above, arc
            self._children[above].add(node)
            if node == cut:
                break
            node, above, arc = old_above, node, old_arc
        price, depth, children = self._price, self._depth, self._children
        if self.source[entering] == inner:
            shift = price[outer] - self.cost[entering] - price[inner]
        else:
            shift = price[outer] + self.cost[entering] - price[inner]
        stack = [inner]
        while stack:
            node = stack.pop()
            price[node] += shift
            depth[node] = depth[self._parent[node]] + 1
            stack.extend(children[node])
