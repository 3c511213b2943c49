"""What commands print: people and programs read the same values, and text from outside cannot drive a terminal."""

from __future__ import annotations

import io
import json

import pytest

from api.cli import exits
from api.cli.output import Format, Output
from api.cli.session import parse_now
from api.cli.view import view
from domain.errors import BadInput, DependencyDown, NotAllowed, StaleDecision, StorageFailed, UnknownReference


def _shown(form: Format, *views) -> str:
    out = io.StringIO()
    Output(form, out).show("test", views)
    return out.getvalue()


ROWS = view("things", "Things", "id | units", [("A", 3), ("B", None)], ["a note"])


def test_json_is_one_versioned_envelope() -> None:
    envelope = json.loads(_shown(Format.JSON, ROWS))
    assert envelope == {
        "schema": "quartermaster/1",
        "kind": "test",
        "data": {
            "things": {
                "title": "Things",
                "items": [{"id": "A", "units": 3}, {"id": "B", "units": None}],
                "notes": ["a note"],
            }
        },
    }


def test_ndjson_is_one_envelope_per_item() -> None:
    lines = [json.loads(line) for line in _shown(Format.NDJSON, ROWS).splitlines()]
    assert [line["data"]["id"] for line in lines] == ["A", "B"]
    assert {line["kind"] for line in lines} == {"things"}


def test_a_table_shows_title_columns_rows_and_notes() -> None:
    text = _shown(Format.TABLE, ROWS)
    for word in ("Things", "id", "units", "A", "3", "a note"):
        assert word in text


def test_escape_codes_and_markup_from_outside_are_shown_and_not_obeyed() -> None:
    hostile = view("notes", "Notes", "note", [("\x1b[2Jcleared [bold]loud[/bold]",)])
    text = _shown(Format.TABLE, hostile)
    assert "\x1b[2J" not in text
    assert "[bold]loud[/bold]" in text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput("x"), 2),
        (UnknownReference("x"), 2),
        (NotAllowed("x"), 4),
        (StaleDecision("x"), 4),
        (DependencyDown("x"), 5),
        (StorageFailed("x"), 5),
    ],
)
def test_every_error_has_its_documented_exit_code(error, code) -> None:
    assert exits.code_of(error) == code


def test_an_error_for_a_program_is_one_json_line_with_field_and_fix(capsys) -> None:
    exits.explain(BadInput("no such SKU", field="sku", fix="check it"), Format.JSON)
    body = json.loads(capsys.readouterr().err)
    assert body["data"] == {"code": "bad_input", "message": "no such SKU", "field": "sku", "fix": "check it"}


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("1998-05-06", "1998-05-06T00:00:00+00:00"),
        ("2026-03-02T08:00Z", "2026-03-02T08:00:00+00:00"),
        ("2026-03-02T08:00:00+01:00", "2026-03-02T08:00:00+01:00"),
        ("2026-03-02 08:00", "2026-03-02T08:00:00+00:00"),
    ],
)
def test_now_is_a_date_or_an_instant(text, iso) -> None:
    moment = parse_now(text)
    assert moment is not None
    assert moment.isoformat() == iso


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "1998-5-6", "", "9" * 400])
def test_a_clock_that_cannot_be_read_names_the_option_and_the_fix(text) -> None:
    with pytest.raises(BadInput, match=r"--now: .* Fix: write"):
        parse_now(text)
