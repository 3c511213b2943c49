"""Prints views: tables for people, one JSON document or one JSON line per item for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TextIO

from api.cli.view import View

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA = "quartermaster/1"
WIDTH = 140
"""Columns of a table that goes to a file or a pipe."""


class Format(StrEnum):
    """How stdout is written."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"


class Output:
    """Where a command's data and progress go. Data on stdout, everything else on stderr."""

    def __init__(self, form: Format, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.form = form
        self.out = out or sys.stdout
        self.err = err or sys.stderr

    def progress(self, text: str) -> None:
        """A line for the person who waits; never data."""
        print(text, file=self.err, flush=True)

    def show(self, kind: str, views: Sequence[View]) -> None:
        """All views of a command: screens, or one envelope `{schema, kind, data}`, or one line per item."""
        if self.form is Format.JSON:
            data: dict[str, Any] = {}
            for view in views:
                count = sum(key.partition("#")[0] == view.kind for key in data)
                key = f"{view.kind}#{count + 1}" if count else view.kind
                data[key] = {"title": view.title, "items": view.items(), "notes": list(view.notes)}
            self._line({"schema": SCHEMA, "kind": kind, "data": data})
        elif self.form is Format.NDJSON:
            for view in views:
                for item in view.items():
                    self._line({"schema": SCHEMA, "kind": view.kind, "data": item})
        else:
            for view in views:
                self._table(view)

    def _line(self, value: object) -> None:
        print(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")), file=self.out)

    def _table(self, view: View) -> None:
        from rich.console import Console
        from rich.text import Text

        width = None if self.out.isatty() else WIDTH
        console = Console(file=self.out, highlight=False, soft_wrap=False, width=width)
        with console.capture() as screen:  # rich would end the program itself when the pipe is closed
            console.print(Text(f"\n{view.title}", style="bold"))
            if view.columns:
                console.print(_rows(view))
            for note in view.notes:
                console.print(Text(_printable(note)))
        print(screen.get(), end="", file=self.out)


def _rows(view: View) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for index, name in enumerate(view.columns):
        numbers = all(isinstance(row[index], int) or row[index] is None for row in view.rows)
        table.add_column(name, justify="right" if numbers and view.rows else "left", overflow="fold")
    for row in view.rows:
        table.add_row(*(Text("" if cell is None else _printable(str(cell))) for cell in row))
    return table


def _printable(text: str) -> str:
    """Without control characters: text from outside must not drive the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)
