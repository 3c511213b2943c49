"""The metrics page: each number with its formula, its parts as chart and table, and the ledger lines behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from agent.runtime.application import Application
from api.http.identity import App
from api.http.panel.pages import page
from domain.errors import BadInput
from domain.noun import Noun, Text

MOST_ENTRIES = 200
"""Entries in one link; of more, these are the first."""


class PartLike(Protocol):
    """A part of a number."""

    @property
    def label(self) -> str: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def count(self) -> int: ...
    @property
    def entries(self) -> Sequence[int]: ...


class NumberLike(Protocol):
    """A number of `insights.metrics`."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def formula(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def entries(self) -> Sequence[int]: ...
    @property
    def parts(self) -> Sequence[PartLike]: ...


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
    numbers = _gathered(app, until - timedelta(days=days), until)
    return page(
        request,
        "metrics.html",
        "metrics",
        days=days,
        choices=(1, 7, 30, 90, 365),
        since=until - timedelta(days=days),
        until=until,
        figures=tuple(view_of(one) for one in numbers),
    )


def _gathered(app: Application, since: datetime, until: datetime) -> Sequence[NumberLike]:
    gather = getattr(app, "metrics", None)
    if gather is None:
        return ()
    found: Sequence[NumberLike] = gather(since, until).numbers
    return found


def view_of(number: NumberLike) -> FigureView:
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
        return "not known yet"
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
