"""Read one CSV file: bytes to rows with their line numbers. What makes the whole file unusable raises BadInput."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Collection
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from connectors.csvfiles.mapping import Mapping
from domain.errors import BadInput


@dataclass(frozen=True)
class Row:
    """One record: the line it begins on (the header is line 1) and its cells by column, stripped."""

    line: int
    cells: dict[str, str]
    ragged: int | None = None
    """How many cells it has when that is not the header's number."""


@dataclass(frozen=True)
class Table:
    """A CSV file in memory."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def need(self, column: str, where: str) -> None:
        """Raise BadInput unless the file has this column; `where` is the mapping entry that wants it."""
        if column in self.columns:
            return
        near = difflib.get_close_matches(column, self.columns, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(self.columns[:12])}"
        raise BadInput(f"{self.file} has no column '{column}'; {hint}", field=where, fix="name a column of the file")


def read_table(folder: Path, file: str, mapping: Mapping) -> Table:
    """The rows of `folder/file`. Blank lines are no rows. Raises BadInput for what spoils the whole file."""
    path = _inside(folder, file)
    try:
        size = path.stat().st_size
        if size > mapping.max_bytes:
            raise BadInput(
                f"{file} has {size:,} bytes, the limit is {mapping.max_bytes:,}", field=file,
                fix="raise max_bytes in the mapping or split the file",
            )  # fmt: skip
        raw = path.read_bytes()
    except OSError as error:
        there = sorted(item.name for item in folder.glob("*.csv")) if folder.is_dir() else []
        raise BadInput(
            f"cannot read {file} in {folder}: {error.strerror}", field=file,
            fix=f"the folder has {', '.join(there[:12])}" if there else "name the folder that holds the CSV files",
        ) from error  # fmt: skip
    return parse_table(raw, file, mapping)


def _inside(folder: Path, file: str) -> Path:
    path = folder / file
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadInput(f"{file} is not inside {folder}", field=file, fix="name files of the folder only")
    return path


def parse_table(raw: bytes, file: str, mapping: Mapping) -> Table:
    """The rows in `raw`."""
    text = _decoded(raw, file, mapping.encoding)
    if (zero := text.find("\x00")) >= 0:
        raise BadInput(
            f"{file} has a zero byte on line {text.count(chr(10), 0, zero) + 1}: it is no text file", field=file,
            fix="export the file as CSV text again",
        )  # fmt: skip
    return _rows(text, file, mapping)


def _decoded(raw: bytes, file: str, encoding: str) -> str:
    """Text of a file; a byte-order mark is dropped."""
    try:
        return raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadInput(
            f"{file} is not {encoding}: byte {error.start} (line {line}) is 0x{raw[error.start]:02x}", field=file,
            fix="save the file as UTF-8, or set `encoding: latin-1` (or cp1252) in the mapping if that is what it is",
        ) from error  # fmt: skip


def _rows(text: str, file: str, mapping: Mapping) -> Table:
    reader = csv.reader(StringIO(text, newline=""), delimiter=mapping.delimiter, strict=True)
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    begins = 1
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not cells or (len(cells) == 1 and not cells[0].strip() and len(columns) != 1):
                continue
            if not columns:
                columns = _header(cells, file)
                continue
            if len(rows) >= mapping.max_rows:
                raise BadInput(
                    f"{file} has more than {mapping.max_rows:,} rows", field=file,
                    fix="raise max_rows in the mapping or split the file",
                )  # fmt: skip
            ragged = len(cells) if len(cells) != len(columns) else None
            pairs = zip(columns, (cell.strip() for cell in cells), strict=False)
            rows.append(Row(line, dict(pairs), ragged))
    except csv.Error as error:
        raise BadInput(
            f"{file}: the record that begins on line {begins} is broken: {error}", field=file,
            fix='close every quote, and write a quote inside a cell as ""',
        ) from error  # fmt: skip
    if not columns:
        raise BadInput(f"{file} is empty", field=file, fix="the first line must name the columns")
    return Table(file, columns, tuple(rows))


def _header(cells: Collection[str], file: str) -> tuple[str, ...]:
    columns = tuple(cell.strip() for cell in cells)
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise BadInput(
            f"{file} names the column '{twice[0]}' more than once", field=file, fix="give every column its own name"
        )
    return columns
