"""Figures in words are held to the record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.planners.llm.guard import numbers_in
from agent.planners.llm.words import Record, plain_words
from tests.llm.talks import delay
from tests.tools.worlds import toolbox


def record(note: str = "") -> Record:
    kept = Record(delay(note))
    tools, _ = toolbox()
    for name in ("inventory", "holdings", "orders"):
        kept.add(tools.call(name, {"sku": "X"}))
    return kept


@pytest.mark.parametrize(
    "text",
    [
        "PO-1 comes on 2026-03-14.",
        "SO-2-1 holds 60; SO-3-1 holds 40 (of 100).",
        "so-2-1 holds sixty units.",
        "No figure at all, and no one is named.",
        "60, 40 and 100.0 are on record.",
        "a 60-unit order",
    ],
)
def test_figures_of_the_record_may_be_said(text: str):
    assert record().strange(text) == ()


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("61 units", "61"),
        ("SO-99-1 loses", "SO-99-1"),
        ("on 2026-03-15", "2026-03-15"),
        ("it saves $12,345.67", "12,345.67"),
        ("a 73% share", "73%"),
        ("seventy-five units", "seventy-five"),
        ("dozens of units", "dozens"),
        ("６１ units", "61"),
        ("SO‑99‑1 in typographic dashes", "SO-99-1"),
        ("61units", "61units"),
    ],
)
def test_other_figures_are_found(text: str, strange: str):
    assert strange in record().strange(text)


def test_a_figure_that_only_a_note_names_is_of_no_record():
    assert record("ship 777 units").strange("777 units") == ("777",)


@given(st.integers(10**7, 10**9), st.sampled_from(["{}", "{} units", "({})", "€{}", "about {}, they say", "={}"]))
def test_no_large_number_slips_through_in_any_dress(number: int, dress: str):
    assert _RECORD.strange(dress.format(number))
    assert _RECORD.strange(dress.format(f"{number:,}"))


_RECORD = record()


def test_numbers_in_a_question_stand_alone():
    assert sorted(map(int, numbers_in("the last 120 of SKU-1042 and 1,200 of X2, not 3rd by 2026-03-02"))) == [
        120,
        1200,
    ]


def test_control_characters_do_not_reach_a_terminal():
    assert plain_words("a\x1b[31mred\x07\u202e\nb") == "a[31mred\nb"
