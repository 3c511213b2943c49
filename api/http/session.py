"""Signing in and out, and who I am."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from agent.entities import Entity
from api.http.identity import Me, known_of, move_to, my_entities, personas_of, sign_in, sign_out
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
    entity: Id | None = None
    """At which legal entity; one's only one when absent."""


class Choice(BaseModel):
    """Which legal entity to go on at."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"entity": "main"}]})

    entity: Id


class Place(BaseModel):
    """A legal entity one may work at; `here` is the one this request is about."""

    id: str
    name: str
    here: bool


def person(user: User) -> Person:
    """What others see of a user."""
    return Person(id=user.id, name=user.name, roles=user.roles)


def list_personas(request: Request) -> list[Person]:
    """The personas one may sign in as; none where a proxy signs people in, and none with several legal entities."""
    return [person(user) for user in personas_of(request)]


def begin_session(request: Request, response: Response, body: SignIn) -> Person:
    """Sign in as a demo persona. The session is a cookie that scripts cannot read, and stays at one legal entity."""
    return person(sign_in(request, response, body.user, body.entity or "").user)


def read_session(me: Me) -> Person:
    """Who is signed in."""
    return person(me)


def change_entity(request: Request, response: Response, body: Choice) -> Place:
    """Go on at another legal entity of one's own; the session before ends."""
    entity = move_to(request, response, body.entity).entity
    return Place(id=entity.id, name=entity.name, here=True)


def list_entities(request: Request) -> list[Place]:
    """The legal entities one may work at."""
    return [_place(request, one) for one in my_entities(request)]


def _place(request: Request, entity: Entity) -> Place:
    return Place(id=entity.id, name=entity.name, here=entity.id == known_of(request).entity.id)


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
    routes.add_api_route("/session/entity", change_entity, methods=["PUT"])
    routes.add_api_route("/entities", list_entities, methods=["GET"])
    return routes
