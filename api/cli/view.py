"""What a command shows: titled tables and notes as plain values, so that the table and the JSON say the same thing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from domain.canonical import plain

Cell = str | int | None


@dataclass(frozen=True)
class View:
    """One screen: rows under columns, and sentences below. `data` replaces the rows in JSON where it is richer."""

    kind: str
    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[str, ...] = ()
    data: Any = None

    def items(self) -> list[Any]:
        """The rows as JSON objects, or `data` reduced to JSON types."""
        if self.data is not None:
            value = plain(self.data)
            return value if isinstance(value, list) else [value]
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def view(
    kind: str,
    title: str,
    columns: str = "",
    rows: Iterable[Iterable[object]] = (),
    notes: Iterable[str] = (),
    data: Any = None,
) -> View:
    """A View from `|`-separated column names and any cells; None stays empty, everything else becomes text or int."""
    names = tuple(name.strip() for name in columns.split("|")) if columns else ()
    return View(kind, title, names, tuple(tuple(_cell(cell) for cell in row) for row in rows), tuple(notes), data)


def _cell(value: object) -> Cell:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return str(value)
