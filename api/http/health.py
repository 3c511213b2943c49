"""Whether this process lives, whether it can work, and what its API looks like."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.http.identity import installation_of
from domain.errors import QuartermasterError


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether work is done here: the database answers and the worker runs."""

    ready: bool
    database: bool
    worker: bool


def read_health() -> Health:
    """Whether this process lives."""
    return Health()


def read_readiness(request: Request, response: Response) -> Readiness:
    """Whether this process can work; 503 when it cannot. With several legal entities: whether all of them can."""
    installation = installation_of(request)
    try:
        for entity in installation.entities:
            installation.application(entity.id).head()
        database = True
    except QuartermasterError:
        database = False
    worker = bool(request.app.state.working())
    if not (database and worker):
        response.status_code = 503
    return Readiness(ready=database and worker, database=database, worker=worker)


def read_openapi(request: Request) -> dict[str, Any]:
    """This API, described in OpenAPI."""
    document: dict[str, Any] = request.app.openapi()
    return document


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api", tags=["health"])
    routes.add_api_route("/health", read_health, methods=["GET"])
    routes.add_api_route(
        "/ready", read_readiness, methods=["GET"], responses={503: {"model": Readiness, "description": "Not ready"}}
    )
    routes.add_api_route("/openapi.json", read_openapi, methods=["GET"], include_in_schema=False)
    return routes
