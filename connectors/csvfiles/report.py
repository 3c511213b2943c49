"""What an import says of itself: what was counted, what was assumed, and which rows could not be used and why."""

from __future__ import annotations

from domain.facts import Facts
from domain.noun import Noun

LONGEST_VALUE = 60


class Rejected(Noun):
    """A row that was not used. `line` counts from 1 (the header); `field` is the column; `value` is shortened."""

    file: str
    line: int
    noun: str
    field: str
    value: str
    problem: str
    fix: str


class Count(Noun):
    """Rows of one section: `rows` read = `accepted` + `left_out` (by a filter) + `rejected`."""

    noun: str
    file: str
    rows: int
    accepted: int
    left_out: int
    rejected: int


class Assumed(Noun):
    """Something the data does not say and the mapping puts in its place."""

    noun: str
    field: str
    value: str
    why: str


class Imported(Noun):
    """The facts that came out, and the preview of how."""

    name: str
    facts: Facts
    counts: tuple[Count, ...]
    assumed: tuple[Assumed, ...]
    rejected: tuple[Rejected, ...]


def short(value: object) -> str:
    """A value as shown in a report: one line, at most 60 characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def one_line(text: str) -> str:
    """A problem in one line."""
    return " ".join(text.split())[:200]
