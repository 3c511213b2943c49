"""The metrics page: each number with its formula, its parts as chart and table, and the ledger lines behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.http.identity import App
from api.http.panel.flowchart import chart
from api.http.panel.pages import page
from domain.errors import BadInput
from domain.noun import Noun, Text
from insights.numbers import Number

MOST_ENTRIES = 200
"""Entries in one link; of more, these are the first."""


class PartView(Noun):
    """A part as it is shown: `share` is its length against the largest, in percent."""

    label: Text
    shown: Text
    count: int
    share: int
    raw: Text
    href: Text


class FigureView(Noun):
    """A number as it is shown."""

    key: Text
    title: Text
    shown: Text
    unit: Text
    formula: Text
    count: int
    href: Text
    parts: tuple[PartView, ...]


def metrics(request: Request, app: App, days: int = 30) -> HTMLResponse:
    """What the ledger and the runs tell of a period."""
    if not 1 <= days <= 3650:
        raise BadInput("the period is 1 to 3650 days", field="days", fix="give a number of days")
    until = app.now
    since = until - timedelta(days=days)
    flow = app.flow(since)
    figures = tuple(view_of(one) for one in app.metrics(since).numbers)
    return page(
        request,
        "metrics.html",
        "metrics",
        days=days,
        choices=(1, 7, 30, 90, 365),
        since=since,
        until=until,
        flow=flow,
        chart=chart(flow) if flow.edges else None,
        figures=figures,
        nothing=tuple(one for one in figures if not one.count),
    )


def view_of(number: Number) -> FigureView:
    """A number, ready to be shown."""
    largest = max((abs(part.value) for part in number.parts if part.value is not None), default=Decimal(0))
    return FigureView(
        key=number.key,
        title=number.title,
        shown=said(number.value),
        unit=number.unit,
        formula=number.formula,
        count=number.count,
        href=link(number.entries),
        parts=tuple(
            PartView(
                label=part.label,
                shown=said(part.value),
                count=part.count,
                share=int(abs(part.value) / largest * 100) if part.value is not None and largest else 0,
                raw="" if part.value is None else str(part.value),
                href=link(part.entries),
            )
            for part in number.parts
        ),
    )


def said(value: Decimal | None) -> str:
    """A number for reading; what is not known is said to be."""
    if value is None:
        return "nothing to measure"
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
    return text.replace("-", "−")


def link(entries: Sequence[int]) -> str:
    """The ledger page of these entries; "" for none."""
    return "/ledger?entries=" + ",".join(str(seq) for seq in entries[:MOST_ENTRIES]) if entries else ""


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("/metrics", metrics, methods=["GET"])
    return routes
