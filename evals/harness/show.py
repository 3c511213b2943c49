"""Print a judgement the way the program prints: a table for people, one JSON envelope for programs."""

from __future__ import annotations

from collections.abc import Iterable

from api.cli.output import Format, Output
from api.cli.view import view


def show(
    form: str, kind: str, title: str, columns: str, rows: Iterable[Iterable[object]], notes: Iterable[str] = ()
) -> None:
    """`form` is table, json or ndjson; `columns` are separated by `|`."""
    Output(Format(form)).show(kind, [view(kind, title, columns, rows, notes)])


def progress(text: str) -> None:
    """A line for whoever waits, on stderr."""
    Output(Format.TABLE).progress(text)


FORMS = tuple(form.value for form in Format)
