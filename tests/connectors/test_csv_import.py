"""CSV files through a mapping: what comes out, what is said of every row that cannot be used, what spoils a file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.csvfiles import load_mapping, read
from connectors.csvfiles.loading import parse_mapping
from domain.errors import BadInput
from evals.worlds.check import faults
from tests.connectors.csv_world import FILES, MAPPING, folder, imported, mapping


def test_a_small_company_is_read_whole(tmp_path: Path):
    result = imported(tmp_path)
    assert result.rejected == ()
    facts = result.facts
    assert faults(facts) == ()
    assert facts.taken_at == datetime(2026, 4, 3, tzinfo=UTC)
    assert [order.id for order in facts.orders] == ["O-1", "O-3"]
    line = facts.line("O-1-1")
    assert (line.quantity, line.uom, line.uom_quantity) == (36, "CS", Decimal(3)), "three cases of twelve"
    assert line.unit_price == Decimal("1.80"), "less the discount"
    assert line.requested == date(2026, 4, 9)
    assert facts.order("O-1").ordered_at == datetime(2026, 3, 31, tzinfo=UTC)
    assert facts.order("O-1").region == "Osterreich", "looked up through the join"
    assert {lane.destination for lane in facts.lanes} == {"Osterreich", "France"}


def test_the_same_files_give_the_same_facts(tmp_path: Path):
    first = imported(tmp_path)
    assert imported(tmp_path).facts.id == first.facts.id


def test_the_preview_counts_every_row_and_lists_everything_assumed(tmp_path: Path):
    result = imported(tmp_path)
    counts = {item.noun: (item.rows, item.accepted, item.left_out, item.rejected) for item in result.counts}
    assert counts["orders"] == (3, 2, 1, 0)
    assert counts["lines"] == (4, 3, 1, 0), "the line of the shipped order is left out with it"
    assert {(item.noun, item.field) for item in result.assumed} == {
        ("sites", "(rows)"), ("customers", "credit.limit"), ("customers", "credit.exposure"), ("positions", "site"),
        ("lanes", "(rows)"), ("lanes", "carrier"), ("lanes", "transit_days"), ("lanes", "freight"),
    }  # fmt: skip
    assert all(item.why for item in result.assumed)


LINES = "order,sku,qty,unit,price,off,due\n1,A2,10,each,1.00,,2026-04-09\n"
ORDERS = "no,customer,date,shipped\n1,C1,31/03/2026,\n"


@pytest.mark.parametrize(
    ("file", "text", "line", "field", "says"),
    [
        ("lines", LINES + "1,A1,-4,each,1,,2026-04-09\n", 3, "qty", "negative"),
        ("lines", LINES + "1,A1,many,each,1,,2026-04-09\n", 3, "qty", "not a whole number"),
        ("lines", LINES + "1,A1,2.5,each,1,,2026-04-09\n", 3, "qty", "not a whole number"),
        ("lines", LINES + "1,A1,0,each,1,,2026-04-09\n", 3, "qty", "greater than 0"),
        ("lines", LINES + "1,A1,99999999999,each,1,,2026-04-09\n", 3, "qty", "less than or equal"),
        ("lines", LINES + "1,A1,,each,1,,2026-04-09\n", 3, "qty", "empty"),
        ("lines", LINES + "1,A1,4,box,1,,2026-04-09\n", 3, "unit", "no translation"),
        ("lines", LINES + "1,A2,4,case,1,,2026-04-09\n", 3, "(row)", "no unit 'CS'"),
        ("lines", LINES + "1,A1,4,each,1e3,,2026-04-09\n", 3, "price", "not a number"),
        ("lines", LINES + "1,A1,4,each,NaN,,2026-04-09\n", 3, "price", "not a number"),
        ("lines", LINES + "1,A1,4,each,1,7,2026-04-09\n", 3, "price", "discount"),
        ("lines", LINES + "1,A1,4,each,1,,09.04.2026\n", 3, "due", "not a date"),
        ("lines", LINES + "1,A9,4,each,1,,2026-04-09\n", 3, "sku", "no such row in skus"),
        ("lines", LINES + "7,A1,4,each,1,,2026-04-09\n", 3, "order", "no such row in orders"),
        ("lines", LINES + "1,A1,4\n", 3, "(row)", "3 cells, the header has 7"),
        ("lines", LINES + "1,A1,4,each,1,,2026-04-09,extra\n", 3, "(row)", "8 cells"),
        ("orders", ORDERS + "3,C9,02/04/2026,\n", 3, "customer", "no rows where id is this"),
        ("orders", ORDERS + "3,C2,2026-04-02,\n", 3, "date", "not a date as `%d/%m/%Y`"),
        ("orders", ORDERS + "1,C2,02/04/2026,\n", 3, "id", "stands twice"),
        ("orders", ORDERS + "a b,C2,02/04/2026,\n", 3, "no", "should match pattern"),
        ("orders", ORDERS + "9,C2,02/04/2026,\n", 3, "(row)", "none of its lines"),
        ("items", "sku,name,cost,stock,percase\nA1,Bolt,1.50,100,12\nA2,Nut,,40,\n", 3, "cost", "empty"),
        ("items", "sku,name,cost,stock,percase\nA1,Bolt,1.50,-3,12\nA2,Nut,1,40,\n", 2, "stock", "negative"),
    ],
)
def test_a_bad_row_is_reported_with_file_line_field_and_fix(
    tmp_path: Path, file: str, text: str, line: int, field: str, says: str
):
    result = imported(tmp_path, **{file: text})
    found = [item for item in result.rejected if item.file == f"{file}.csv" and item.line == line]
    assert found, result.rejected
    assert found[0].field == field
    assert says in found[0].problem
    assert found[0].fix
    assert faults(result.facts) == ()
    assert all(item.rows == item.accepted + item.left_out + item.rejected for item in result.counts)


def test_what_names_a_rejected_row_is_rejected_with_it(tmp_path: Path):
    result = imported(tmp_path, people="id,name,country\nC1,Alpha,!!!\nC2,Beta,France\n")
    assert [order.id for order in result.facts.orders] == ["O-3"]
    said = {(item.file, item.line): item.problem for item in result.rejected}
    assert "its row in customers was rejected" in said["orders.csv", 2]
    assert "its row in orders was rejected" in said["lines.csv", 2]


def test_a_long_value_is_shortened_in_the_report(tmp_path: Path):
    result = imported(tmp_path, lines=LINES + f"1,A1,{'x' * 5000},each,1,,2026-04-09\n")
    assert len(result.rejected[0].value) == 60


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("items", None, "cannot read items.csv"),
        ("items", "", "is empty"),
        ("items", "\n\n", "is empty"),
        ("items", "sku,name,price,stock,percase\n", "no column 'cost'"),
        ("items", "sku,sku,cost,stock,percase\n", "more than once"),
        ("items", 'sku,name,cost,stock,percase\nA1,"Bolt,1,2,3\nA2,Nut,1,40,\n', "begins on line 2 is broken"),
        ("items", 'sku,name,cost,stock,percase\nA1,"Bo"lt,1,2,3\n', "begins on line 2 is broken"),
        ("items", b"sku,name,cost,stock,percase\nA1,Bolt,1,2,3\nA2,N\xfct,1,2,3\n", "is not utf-8: byte 46 (line 3)"),
        ("items", b"sku,name,cost,stock,percase\nA1,B\x00lt,1,2,3\n", "zero byte on line 2"),
        ("items", "sku,name,cost,stock,percase\nA1," + "B" * 200_000 + ",1,2,3\n", "line 2 is broken"),
    ],
)
def test_what_spoils_a_whole_file_is_an_error_with_a_fix(
    tmp_path: Path, file: str, content: str | bytes | None, says: str
):
    with pytest.raises(BadInput) as caught:
        imported(tmp_path, **{file: content})
    assert says in caught.value.message
    assert caught.value.fix


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path):
    plain = imported(tmp_path).facts.id
    dressed = {
        name.removesuffix(".csv"): b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in FILES.items()
    }
    assert imported(tmp_path, **dressed).facts.id == plain


def test_latin_1_is_read_when_the_mapping_says_so(tmp_path: Path):
    files = {name.removesuffix(".csv"): text.encode("latin-1") for name, text in FILES.items()}
    with pytest.raises(BadInput, match="is not utf-8"):
        imported(tmp_path, **files)
    said = read(tmp_path, mapping("name: small", "name: small\nencoding: latin-1"))
    assert said.facts.customer("C1").name == "Älpha GmbH"


def test_a_cell_may_span_lines_and_line_numbers_stay_right(tmp_path: Path):
    result = imported(tmp_path, items='sku,name,cost,stock,percase\nA1,"Bolt\nM8",1.50,100,12\nA2,Nut,x,40,\n')
    assert (result.rejected[0].line, result.rejected[0].field) == (4, "cost")


@pytest.mark.parametrize(
    ("old", "new"), [("name: small", "name: small\nmax_rows: 2"), ("name: small", "name: small\nmax_bytes: 20")]
)
def test_a_file_over_the_limit_is_refused(tmp_path: Path, old: str, new: str):
    with pytest.raises(BadInput, match=r"more than 2 rows|the limit is 20"):
        read(folder(tmp_path), mapping(old, new))


def test_a_file_outside_the_folder_is_refused(tmp_path: Path):
    (tmp_path / "items.csv").write_text("sku\n")
    inside = tmp_path / "data"
    inside.mkdir()
    with pytest.raises(BadInput, match="not inside"):
        read(folder(inside), mapping("file: items.csv", "file: ../items.csv"))


def test_a_day_must_be_known_and_the_callers_day_wins(tmp_path: Path):
    undated = mapping("as_of: 2026-04-03\n", "")
    with pytest.raises(BadInput, match="what day"):
        read(folder(tmp_path), undated)
    assert read(tmp_path, mapping(), datetime(2026, 4, 8, 7, tzinfo=UTC)).facts.today == date(2026, 4, 8)


def test_reservations_beyond_the_stock_are_reported(tmp_path: Path):
    (tmp_path / "held.csv").write_text("sku,line,qty\nA1,O-1-1,30\nA1,O-1-1,80\n")
    more = mapping(
        "lanes:\n",
        "reservations:\n  file: held.csv\n  fields:\n    sku: {column: sku}\n    line: {column: line}\n"
        "    quantity: {column: qty}\n    site: {value: SHED, assumed: one shed}\nlanes:\n",
    )
    result = read(folder(tmp_path), more)
    assert [item.quantity for item in result.facts.reservations] == [30]
    assert "more is reserved than the 100 units" in result.rejected[0].problem


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("{column: name}", "{column: name, colour: red}", "skus.fields.name.colour"),
        ("{column: name}", "{}", "skus.fields.name"),
        ("{value: 1000, assumed: not in the data}", "{value: 1000}", "customers.fields.credit.limit"),
        ("test: empty", "test: hollow", "orders.where.0.test"),
        ("version: 1", "version: 9", "version"),
        ("  file: items.csv\n", "", "skus"),
        ("lines:\n", "line:\n", "lines"),
        ("version: 1", "version: 1\nversion: 1", "mapping"),
        ("version: 1", "version: [1", "mapping"),
    ],
)
def test_a_faulty_mapping_is_refused_with_the_place_and_a_fix(old: str, new: str, field: str):
    with pytest.raises(BadInput) as caught:
        parse_mapping(MAPPING.replace(old, new, 1))
    assert caught.value.field == field
    assert caught.value.fix


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("unit_cost:", "unit_kost:", "has no field 'unit_kost'"),
        ("column: people.country", "column: people.land", "has no column 'land'"),
        ("pick_capacity: 500", "pick_capacity: -500", "greater than or equal to 0"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(tmp_path: Path, old: str, new: str, says: str):
    with pytest.raises(BadInput) as caught:
        read(folder(tmp_path), mapping(old, new))
    assert says in caught.value.message


def test_a_mapping_that_is_missing_or_not_text_is_refused(tmp_path: Path):
    with pytest.raises(BadInput, match="cannot read the mapping"):
        load_mapping(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(BadInput, match="not UTF-8"):
        load_mapping(tmp_path / "bad.yaml")
