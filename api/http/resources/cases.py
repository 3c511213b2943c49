"""Cases: the board, and one case with everything that was planned, asked and done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from agent.runtime.browse import CaseFile
from api.http.identity import App
from api.http.paging import After, Limit, Page, page_of
from domain.cases import Case, CaseState
from domain.noun import Id


def list_cases(
    app: App,
    state: Annotated[list[CaseState] | None, Query(description="Of these states; repeat for more.")] = None,
    kind: Id | None = None,
    questions: Annotated[bool, Query(description="The cases of questions too.")] = False,
    limit: Limit = 50,
    after: After = None,
) -> Page[Case]:
    """Cases, the newest first."""
    found = app.browse.cases(state, kind, questions=questions)
    return page_of(found[::-1], lambda case: case.id, after, limit)


def read_case(app: App, case: Id) -> CaseFile:
    """One case with its runs, moves and questions."""
    return app.browse.case(case)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api/cases", tags=["cases"])
    routes.add_api_route("", list_cases, methods=["GET"])
    routes.add_api_route("/{case:path}", read_case, methods=["GET"])
    return routes
