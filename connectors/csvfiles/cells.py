"""One row of a section to flat values: columns and joins looked up, filters applied, cells converted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.csvfiles.convert import CONVERT, Unusable, number, scaled
from connectors.csvfiles.mapping import FieldMap, Filter, Mapping, Section
from connectors.csvfiles.nouns import KINDS, how
from connectors.csvfiles.table import Row, Table, read_table
from domain.errors import BadInput


class CellUnusable(Exception):
    """A cell of a row cannot be used: which column, what it said, why and the fix."""

    def __init__(self, column: str, value: str, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.column, self.value, self.problem, self.fix = column, value, problem, fix


@dataclass(frozen=True)
class Source:
    """A section bound to its file and the files it joins; made once, columns checked."""

    name: str
    section: Section
    table: Table
    joined: dict[str, dict[str, list[Row]]]
    as_of: datetime

    def cell(self, row: Row, column: str) -> str:
        """The text of a column, of this row or of the one it joins to."""
        if column in row.cells or column in self.table.columns:
            return row.cells.get(column, "")
        alias, _, far = column.partition(".")
        join = self.section.joins[alias]
        key = row.cells.get(join.column, "")
        found = self.joined[alias].get(key, [])
        if len(found) != 1:
            problem = f"{join.file} has {len(found) or 'no'} rows where {join.key} is this"
            raise CellUnusable(join.column, key, problem, f"correct {join.column}, or the row in {join.file}")
        return found[0].cells.get(far, "")

    def kept(self, row: Row) -> bool:
        """Whether the row passes the filters of its section."""
        return all(self._passes(row, test) for test in self.section.where)

    def _passes(self, row: Row, test: Filter) -> bool:
        text = self.cell(row, test.column)
        if test.test in ("empty", "not_empty"):
            return (text == "") == (test.test == "empty")
        if test.test in ("one_of", "none_of"):
            return (text in test.values) == (test.test == "one_of")
        try:
            return number(text) > number(test.values[0])
        except Unusable as bad:
            raise CellUnusable(test.column, text, bad.problem, bad.fix) from None

    def values(self, row: Row) -> dict[str, Any]:
        """Flat values of a row; empty cells without a default are left out."""
        result = {}
        for name, spec in self.section.fields.items():
            found = self._value(row, name, spec)
            if found is not None:
                result[name] = found
        return result

    def _value(self, row: Row, name: str, spec: FieldMap) -> Any:
        if spec.days_after_as_of is not None:
            return (self.as_of + timedelta(days=spec.days_after_as_of)).date()
        text = self.cell(row, spec.column) if spec.column else str(spec.value)
        try:
            if spec.map and text and text not in spec.map:
                raise Unusable("no translation for it", f"add it to `map:` of {self.name}.{name}")
            said = spec.map.get(text, text) or (spec.default or "")
            if not said:
                return None
            value = CONVERT[how(self.name, name) or "text"](said, spec)
            if isinstance(value, Decimal):
                value = scaled(value, spec, self._discount(row, spec))
        except Unusable as bad:
            raise CellUnusable(spec.column or name, text, bad.problem, bad.fix) from None
        return value

    def _discount(self, row: Row, spec: FieldMap) -> Decimal:
        text = self.cell(row, spec.less_share) if spec.less_share else ""
        return number(text) if text else Decimal(0)


def bind(folder: Path, name: str, section: Section, mapping: Mapping, as_of: datetime, file: str) -> Source:
    """Read the section's file and those it joins, and check that every column it names is there."""
    table = read_table(folder, file, mapping)
    joined: dict[str, dict[str, list[Row]]] = {}
    columns = {"": table}
    for alias, join in section.joins.items():
        other = read_table(folder, join.file, mapping)
        other.need(join.key, f"{name}.joins.{alias}.key")
        table.need(join.column, f"{name}.joins.{alias}.column")
        index: dict[str, list[Row]] = {}
        for row in other.rows:
            index.setdefault(row.cells.get(join.key, ""), []).append(row)
        joined[alias], columns[alias] = index, other
    for where, column in _named(name, section):
        alias, dot, far = column.partition(".")
        if column not in table.columns and dot and alias in section.joins:
            columns[alias].need(far, where)
        else:
            table.need(column, where)
    return Source(name, section, table, joined, as_of)


def _named(name: str, section: Section) -> list[tuple[str, str]]:
    """(place in the mapping, column) of everything a section reads."""
    found = [(f"{name}.where", test.column) for test in section.where]
    for field, spec in section.fields.items():
        found += [(f"{name}.fields.{field}", column) for column in (spec.column, spec.less_share) if column]
    return found


def check_fields(name: str, section: Section) -> None:
    """Raise BadInput when a section fills a field its noun does not have."""
    for field in section.fields:
        if how(name, field) is None:
            raise BadInput(
                f"{name} has no field '{field}'", field=f"{name}.fields.{field}",
                fix=f"it may fill {', '.join(KINDS[name].fields)}",
            )  # fmt: skip
