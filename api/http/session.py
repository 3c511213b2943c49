"""Signing in and out, and who I am."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from api.http.identity import App, Me, options_of, sign_in, sign_out
from domain.noun import Id
from guardrails.people import User


class Person(BaseModel):
    """A user of this installation."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "paula", "name": "Paula Planner", "roles": ["planner"]}]}
    )

    id: str
    name: str
    roles: tuple[str, ...]


class SignIn(BaseModel):
    """Which persona to sign in as."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"user": "paula"}]})

    user: Id


def person(user: User) -> Person:
    """What others see of a user."""
    return Person(id=user.id, name=user.name, roles=user.roles)


def list_personas(request: Request, app: App) -> list[Person]:
    """The personas one may sign in as; none where a proxy signs people in."""
    return [person(user) for user in app.people.all() if user.active] if options_of(request).personas else []


def begin_session(request: Request, response: Response, body: SignIn) -> Person:
    """Sign in as a demo persona. The session is a cookie that scripts cannot read."""
    return person(sign_in(request, response, body.user))


def read_session(me: Me) -> Person:
    """Who is signed in."""
    return person(me)


def end_session(request: Request, response: Response) -> None:
    """Sign out."""
    sign_out(request, response)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api", tags=["session"])
    routes.add_api_route("/personas", list_personas, methods=["GET"])
    routes.add_api_route("/session", begin_session, methods=["POST"], status_code=201)
    routes.add_api_route("/session", read_session, methods=["GET"])
    routes.add_api_route("/session", end_session, methods=["DELETE"], status_code=204)
    return routes
