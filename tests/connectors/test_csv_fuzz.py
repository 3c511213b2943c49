"""Whatever bytes a file holds: a clear error for the file, or every row counted; never a crash, never a silent drop."""

from __future__ import annotations

import csv
import tempfile
from io import StringIO
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.csvfiles import Imported, read
from connectors.csvfiles.loading import parse_mapping
from domain.errors import BadInput
from evals.worlds.check import faults
from tests.connectors.csv_world import FILES, MAPPING, folder, mapping

NAMES = st.sampled_from(("items", "people", "orders", "lines"))
CELLS = st.one_of(
    st.sampled_from(
        ("", "A1", "A2", "C1", "C2", "1", "3", "-1", "each", "case", "2026-04-09", "02/04/2026", "0.5", "é")
    ),
    st.text(max_size=12),
)


def run(name: str, content: bytes) -> Imported | None:
    with tempfile.TemporaryDirectory() as place:
        try:
            return read(folder(Path(place), **{name: content}), mapping())
        except BadInput as error:
            assert error.fix and error.message
            return None


def holds(result: Imported) -> None:
    for count in result.counts:
        assert count.rows == count.accepted + count.left_out + count.rejected
        assert count.rejected == sum(item.noun == count.noun for item in result.rejected)
    sizes = {"skus": result.facts.skus, "customers": result.facts.customers, "orders": result.facts.orders}
    sizes["lines"] = tuple(line for order in result.facts.orders for line in order.lines)
    for count in result.counts:
        if count.noun in sizes:
            assert count.accepted == len(sizes[count.noun])
    assert all(item.fix and item.problem for item in result.rejected)
    assert faults(result.facts) == ()


@given(NAMES, st.binary(max_size=300))
def test_any_bytes_at_all(name: str, content: bytes):
    result = run(name, content)
    if result:
        holds(result)


@given(NAMES, st.lists(st.lists(CELLS, min_size=1, max_size=9), max_size=12))
@settings(max_examples=200)
def test_any_rows_under_the_right_header(name: str, rows: list[list[str]]):
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(FILES[f"{name}.csv"].splitlines()[0].split(","))
    writer.writerows(rows)
    result = run(name, text.getvalue().encode("utf-8", "surrogatepass"))
    if result:
        holds(result)
        read_rows = next(count.rows for count in result.counts if count.file == f"{name}.csv")
        blank = sum(1 for row in rows if len(row) == 1 and not row[0].strip())
        assert read_rows == len(rows) - blank


@given(NAMES, st.data())
@settings(max_examples=200)
def test_a_good_file_with_a_few_bytes_spoiled(name: str, data: st.DataObject):
    content = bytearray(FILES[f"{name}.csv"].encode())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    result = run(name, bytes(content))
    if result:
        holds(result)


@given(st.data())
@settings(max_examples=200)
def test_a_spoiled_mapping_is_refused_or_read(data: st.DataObject):
    text = list(MAPPING)
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.characters(codec="utf-8"))
    with tempfile.TemporaryDirectory() as place:
        try:
            result = read(folder(Path(place)), parse_mapping("".join(text)))
        except BadInput as error:
            assert error.fix and error.message
            return
        for count in result.counts:
            assert count.rows == count.accepted + count.left_out + count.rejected
