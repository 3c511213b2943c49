"""What people do with questions besides deciding one: put aside, give away, speak about, look back, decide many."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from agent.runtime.approval_desk import Outcome
from api.http.identity import App, Me
from api.http.resources.approvals import Code, Digest
from api.http.resources.moments import Moment
from domain.noun import Id, Noun, Text
from guardrails.cards import Card
from storage.approval_steps import Step

Words = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]


class Snooze(BaseModel):
    """Not now: hide a question from my list until then. It waits, is reminded of and expires all the same."""

    model_config = ConfigDict(extra="forbid")

    until: Moment = Field(examples=["2026-03-02T12:00:00Z"])
    reason: Words = ""


class Reassign(BaseModel):
    """Give a question to a person who may decide it."""

    model_config = ConfigDict(extra="forbid")

    to: Id
    reason_code: Code = ""
    reason: Words = ""


class Say(BaseModel):
    """Something said about a question, for everybody who sees its card."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class Named(BaseModel):
    """One question, bound to what its card showed."""

    model_config = ConfigDict(extra="forbid")

    approval: Id
    digest: Digest


class Many(BaseModel):
    """The same answer to every named question; there is no way to say `all`."""

    model_config = ConfigDict(extra="forbid")

    named: list[Named] = Field(min_length=1, max_length=200)
    approve: bool
    reason_code: Code = ""
    reason: Words = ""


class Decider(Noun):
    """Somebody who may decide a question now."""

    user: Id
    name: Text
    roles: tuple[Id, ...]


def snooze(app: App, me: Me, approval: Id, body: Snooze) -> Card:
    """Hide a question from my list for a while."""
    return app.desk.snooze(approval, me.id, body.until, body.reason)


def reassign(app: App, me: Me, approval: Id, body: Reassign) -> Card:
    """Give a question to one person; it leaves the lists of the others, who may still decide it."""
    return app.desk.reassign(approval, me.id, body.to, body.reason_code, body.reason)


def comment(app: App, me: Me, approval: Id, body: Say) -> Card:
    """Say something about a question."""
    return app.desk.comment(approval, me.id, body.text)


def read_history(app: App, approval: Id) -> tuple[Step, ...]:
    """What happened to a question, oldest first: asked, reminded, escalated, put aside, given away, said, decided."""
    return app.desk.history(approval)


def list_deciders(app: App, me: Me, approval: Id) -> tuple[Decider, ...]:
    """People other than me who may decide a question now and are not away."""
    found = app.standing.deciders(approval, but=me.id)
    return tuple(Decider(user=one.id, name=one.name, roles=one.roles) for one in found)


def decide_many(app: App, me: Me, body: Many) -> tuple[Outcome, ...]:
    """Decide every named question by itself: one that fails stops no other. An outcome for each, in the order named."""
    named = [(one.approval, one.digest) for one in body.named]
    done = app.desk.decide_many(named, me.id, body.approve, body.reason_code, body.reason, settle=False)
    app.wake()
    return done


def router() -> APIRouter:
    """The routes of this room; it stands before the room that reads one approval by its path."""
    routes = APIRouter(prefix="/api/approvals", tags=["approvals"])
    routes.add_api_route("/decisions", decide_many, methods=["POST"])
    routes.add_api_route("/{approval:path}/snooze", snooze, methods=["POST"])
    routes.add_api_route("/{approval:path}/reassign", reassign, methods=["POST"])
    routes.add_api_route("/{approval:path}/comments", comment, methods=["POST"])
    routes.add_api_route("/{approval:path}/history", read_history, methods=["GET"])
    routes.add_api_route("/{approval:path}/deciders", list_deciders, methods=["GET"])
    return routes
