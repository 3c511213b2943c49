"""Roles in other hands for a time, and people who are away."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.http.identity import App, Me
from api.http.resources.moments import Moment
from api.http.resources.waiting import Words
from domain.noun import Id, Noun, Units
from guardrails.powers import Delegation
from storage.delegations import Absence


class Delegate(BaseModel):
    """Hand one of my roles to somebody, from `since` (in it) until `until` (not in it)."""

    model_config = ConfigDict(extra="forbid")

    to: Id
    role: Id
    since: Moment
    until: Moment = Field(examples=["2026-03-09T09:00:00Z"])
    why: Words = ""


class Away(BaseModel):
    """Out of office: what is given to me goes to whom I handed my role, else the role above may answer at once."""

    model_config = ConfigDict(extra="forbid")

    since: Moment
    until: Moment = Field(examples=["2026-03-09T09:00:00Z"])
    why: Words = ""


class Back(Noun):
    """How many absences that ended."""

    ended: Units


def list_delegations(
    app: App, me: Me, mine: Annotated[bool, Query(description="Only those from or to me.")] = False
) -> tuple[Delegation, ...]:
    """Delegations in the order they were given, ended ones too."""
    return app.desk.delegations(me.id if mine else None)


def delegate(app: App, me: Me, body: Delegate) -> Delegation:
    """Hand a role over for a time. One that was handed to me is never handed on."""
    return app.desk.delegate(me.id, body.to, body.role, body.since, body.until, body.why)


def end_delegation(app: App, me: Me, delegation: Id) -> Delegation:
    """Take a role back, or give it back, at once."""
    return app.desk.end_delegation(delegation, me.id)


def list_absences(
    app: App, now: Annotated[bool, Query(description="Only people away now.")] = False
) -> tuple[Absence, ...]:
    """Who is or was out of office, in the order it was told."""
    return app.desk.absences(app.now if now else None)


def leave(app: App, me: Me, body: Away) -> Absence:
    """Be out of office."""
    return app.desk.away(me.id, body.since, body.until, body.why)


def come_back(app: App, me: Me) -> Back:
    """Be back."""
    return Back(ended=app.desk.back(me.id))


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api", tags=["delegations"])
    routes.add_api_route("/delegations", list_delegations, methods=["GET"])
    routes.add_api_route("/delegations", delegate, methods=["POST"], status_code=201)
    routes.add_api_route("/delegations/{delegation}", end_delegation, methods=["DELETE"])
    routes.add_api_route("/absences", list_absences, methods=["GET"])
    routes.add_api_route("/absences", leave, methods=["POST"], status_code=201)
    routes.add_api_route("/absences", come_back, methods=["DELETE"])
    return routes
