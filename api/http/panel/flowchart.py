"""The flow of cases as a picture: which step follows which, laid out on the server; the template draws it as SVG."""

from __future__ import annotations

from collections import defaultdict, deque

from domain.noun import Noun, Text
from insights.flow import Edge, Flow

WIDTH, HEIGHT = 128, 40
ACROSS, DOWN = 190, 66
MARGIN = 14
MOST = 24
"""Edges in the picture, the most frequent ones; the table beside it has them all."""


class Box(Noun):
    """A step: where its box stands (pixels), and how often it was taken."""

    name: Text
    count: int
    x: int
    y: int


class Arrow(Noun):
    """An edge as an SVG path; `thick` in tenths of a pixel; where its label stands."""

    edge: Edge
    path: Text
    thick: int
    label_x: int
    label_y: int


class Chart(Noun):
    """A picture of a flow with its size in pixels."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def chart(flow: Flow) -> Chart:
    """Steps in columns by their distance from the beginnings, in each column the most frequent first."""
    edges = flow.edges[:MOST]
    counts = dict(flow.steps)
    names = list(dict.fromkeys(name for edge in edges for name in (edge.before, edge.after)))
    depth = _depths(names, edges)
    columns: dict[int, list[str]] = defaultdict(list)
    for name in sorted(names, key=lambda one: (-counts.get(one, 0), one)):
        columns[depth[name]].append(name)
    boxes = {
        name: Box(name=name, count=counts.get(name, 0), x=MARGIN + column * ACROSS, y=MARGIN + row * DOWN)
        for column, members in columns.items()
        for row, name in enumerate(members)
    }
    most = max((edge.count for edge in edges), default=1)
    return Chart(
        width=MARGIN * 2 + max(columns, default=0) * ACROSS + WIDTH + 30,
        height=MARGIN * 2 + max((len(members) for members in columns.values()), default=1) * DOWN,
        boxes=tuple(boxes[name] for name in names),
        arrows=tuple(_arrow(edge, boxes[edge.before], boxes[edge.after], most) for edge in edges),
    )


def _depths(names: list[str], edges: tuple[Edge, ...]) -> dict[str, int]:
    """Steps from the first ones: breadth first, so that a way back does not push anything to the right."""
    into = {edge.after for edge in edges if edge.after != edge.before}
    begin = [name for name in names if name not in into] or names[:1]
    found = dict.fromkeys(begin, 0)
    queue = deque(begin)
    while queue:
        name = queue.popleft()
        for edge in edges:
            if edge.before == name and edge.after not in found:
                found[edge.after] = found[name] + 1
                queue.append(edge.after)
    return {name: found.get(name, 0) for name in names}


def _arrow(edge: Edge, start: Box, end: Box, most: int) -> Arrow:
    if edge.before == edge.after:
        x, y = start.x + WIDTH, start.y + HEIGHT // 2
        path = f"M{x} {y - 8} C{x + 26} {y - 18} {x + 26} {y + 18} {x} {y + 8}"
        label = (x + 22, y + 4)
    elif end.x > start.x:
        x1, y1, x2, y2 = start.x + WIDTH, start.y + HEIGHT // 2, end.x, end.y + HEIGHT // 2
        path = f"M{x1} {y1} C{x1 + 36} {y1} {x2 - 36} {y2} {x2} {y2}"
        label = ((x1 + x2) // 2, (y1 + y2) // 2 - 5)
    else:
        x1, y1, x2, y2 = start.x + WIDTH // 2, start.y + HEIGHT, end.x + WIDTH // 2, end.y + HEIGHT
        low = max(y1, y2) + 20
        path = f"M{x1} {y1} C{x1} {low} {x2} {low} {x2} {y2}"
        label = ((x1 + x2) // 2, low - 2)
    return Arrow(edge=edge, path=path, thick=10 + 25 * edge.count // most, label_x=label[0], label_y=label[1])
