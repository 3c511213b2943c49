"""Metrics of a period and the flow of cases; each number names the ledger entries behind it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api.http.identity import App
from insights.flow import Flow
from insights.metrics import Metrics

Since = Annotated[AwareDatetime | None, Query(description="The period begins here (in it); open when absent.")]
Until = Annotated[AwareDatetime | None, Query(description="The period ends here (not in it); open when absent.")]


def read_metrics(app: App, since: Since = None, until: Until = None) -> Metrics:
    """Every number of a period: cycle times, approvals, overrides, fill rates, where cases stall, and what it cost.

    The entries behind a number are read at `/api/ledger?entries=`.
    """
    return app.metrics(since, until)


def read_flow(app: App, since: Since = None, until: Until = None) -> Flow:
    """Which step of a case directly follows which, how often, and how long that takes."""
    return app.flow(since, until)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api", tags=["metrics"])
    routes.add_api_route("/metrics", read_metrics, methods=["GET"])
    routes.add_api_route("/flow", read_flow, methods=["GET"])
    return routes
