"""`metrics`: the numbers of a period, each with its formula and how many ledger entries stand behind it."""

from __future__ import annotations

from api.cli import exits
from api.cli.session import Session, parse_now
from api.cli.view import View, view
from insights.metrics import Metrics, Number


def metrics(session: Session, *, since: str | None, until: str | None) -> int:
    """`metrics`; JSON names the entries behind every number."""
    begin, end = parse_now(since, "--since"), parse_now(until, "--until")
    with session.application(create=False) as application:
        found = application.metrics(begin, end)
    session.output.show("metrics", [_numbers(found), _parts(found), *_formulas(found)])
    return exits.OK


def _numbers(found: Metrics) -> View:
    begin = f"from {found.since:%Y-%m-%d %H:%M}Z" if found.since else "from the beginning"
    end = f"to {found.until:%Y-%m-%d %H:%M}Z" if found.until else "to now"
    return view(
        "metrics",
        f"Metrics {begin} {end}",
        "number | value | unit | over | entries",
        [(one.title, one.value, one.unit, one.count, len(one.entries)) for one in found.numbers],
        ["An empty value: there was nothing to measure. `--output json` names the ledger entries behind every number."],
        data=found.numbers,
    )


def _parts(found: Metrics) -> View:
    told = [one for one in found.numbers if one.parts and not one.key.endswith("_p90")]
    rows = [(one.title, part.label, part.value, one.unit, part.count) for one in told for part in one.parts]
    return view("parts", "Part by part", "number | part | value | unit | over", rows)


def _formulas(found: Metrics) -> list[View]:
    rows = [(one.title, _words(one)) for one in found.numbers]
    return [view("formulas", "How each is measured", "number | formula", rows)]


def _words(number: Number) -> str:
    return number.formula[:1].upper() + number.formula[1:] + "."
