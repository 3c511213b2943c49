"""What it would take to ship an order or line by a day."""

from __future__ import annotations

from datetime import date

from agent.planners.rules.notebook import Notebook
from agent.planners.rules.questions.linked import Mentions
from domain.requests import Answer
from domain.wording import counted
from tools.what_would_it_take import Way, WhatReport, WhatRow

MOST = 5
"""Lines of an order that are told in full."""
WISHES = frozenset({"later_date", "value", "rank"})
"""Levers that change what is asked, not what is done."""


def what_would_it_take(book: Notebook, _: str, named: Mentions) -> Answer:
    """The ways to serve the line, or every open line of the order, by the day named (else by its promised date)."""
    day = named.day
    lines, orders = named.of("line"), named.of("order")
    which = {"line": lines[0]} if lines else {"order": orders[0]}
    subject = next(iter(which.values()))
    assumed = ""
    if day is None:
        day = _own_day(book, which)
        assumed = f" (you named no day; {day} is what is promised or wanted)"
    if day < book.facts.today:
        text = f"{day} is past; today is {book.facts.today}. Please name a day from today on."
        return Answer(intent="what_would_it_take", text=text, evidence=(subject,))
    report = book.look(WhatReport, "what_would_it_take", by=day, **which)
    if not report.rows:
        text = f"{subject} has no open line: nothing is left to ship."
        return Answer(intent="what_would_it_take", text=text, evidence=(subject,))
    return Answer(
        intent="what_would_it_take",
        text=f"To have {subject} there by {day}{assumed}: "
        + " ".join(_sentence(row, day) for row in report.rows[:MOST]),
        columns=("line", "way", "works", "costs", "complete on", "what it means"),
        rows=tuple(_row(row, way) for row in report.rows[:MOST] for way in row.ways),
        evidence=tuple(dict.fromkeys((subject, *(row.line for row in report.rows), *_touched(report)))),
    )


def _own_day(book: Notebook, which: dict[str, str]) -> date:
    facts = book.facts
    lines = [facts.line(which["line"])] if "line" in which else list(facts.order(which["order"]).lines)
    return max(line.promise.current if line.promise else line.requested for line in lines)


def _sentence(row: WhatRow, by: date) -> str:
    """The cheapest deed that brings it in time, and how many others do; else why none does; and the day without any."""
    working = [way for way in row.ways if way.works]
    if row.on_track:
        what = "nothing" if row.held >= row.open else f"only to carry out the plan ({row.held} of {row.open} reserved)"
        return f"{row.line}: {what}; {working[0].text}."
    in_time = [way for way in working if way.kind not in WISHES and way.complete_on and way.complete_on <= by]
    later = next((way.complete_on for way in row.ways if way.works and way.kind == "later_date"), None)
    otherwise = f" Otherwise it is there on {later}." if later and later > by else ""
    if not in_time:
        reasons = "; ".join(way.text for way in row.ways if not way.works and way.kind not in WISHES)
        return f"{row.line}: no single step does it ({reasons}).{otherwise}"
    more = counted(len(in_time) - 1, "other way")
    others = f" {more} would do as well." if len(in_time) > 1 else ""
    return f"{row.line}: {in_time[0].text}.{others}{otherwise}"


def _row(row: WhatRow, way: Way) -> tuple[str, ...]:
    works = "yes" if way.works else "no"
    cost = str(way.cost) if way.works else ""
    return (row.line, way.kind, works, cost, str(way.complete_on or ""), way.text)


def _touched(report: WhatReport) -> list[str]:
    return [line for row in report.rows for way in row.ways if way.works for line, _ in way.losers]
