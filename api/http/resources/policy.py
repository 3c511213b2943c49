"""The policy: its versions, what differs, what another would have changed, and changes with their owners' answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from agent.runtime.dry_run import DryRun
from agent.runtime.policy_desk import Document, Version
from api.http.identity import App, Me
from domain.errors import BadInput
from domain.noun import Id
from guardrails.policy.difference import Difference
from storage.policy_changes import PolicyChange

LONGEST = 200_000
"""Characters of a document."""
DocumentText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
Why = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class Proposal(BaseModel):
    """A document that should be in force, and why."""

    model_config = ConfigDict(extra="forbid")

    text: DocumentText
    why: Why


class Consenting(BaseModel):
    """Yes, as one of the owners."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(max_length=2000)] = ""


class Refusing(BaseModel):
    """No, and why."""

    model_config = ConfigDict(extra="forbid")

    reason: Why


class Trial(BaseModel):
    """A document, and from when on history is judged again."""

    model_config = ConfigDict(extra="forbid")

    text: DocumentText
    since: datetime


class ChangeView(BaseModel):
    """A change, what it makes different, and why the one who asks may not approve it ("" when they may)."""

    change: PolicyChange
    differences: tuple[Difference, ...]
    why_not: str


def list_policy_versions(app: App) -> tuple[Version, ...]:
    """Every version that counts, counted or will count, the last one first."""
    return app.policies.versions()


def read_policy_version(app: App, policy: Id) -> Document:
    """A version as it was written."""
    return app.policies.document(policy)


def list_policy_changes(app: App) -> tuple[PolicyChange, ...]:
    """Every change, in the order proposed."""
    return app.policies.changes()


def read_policy_change(app: App, me: Me, change: Id) -> ChangeView:
    """One change, with its differences in words."""
    return _view(app, me.id, app.policies.change(change))


def compare_policies(
    app: App,
    before: Annotated[Id, Query(description="The id of a version.")],
    after: Annotated[Id, Query(description="The id of a version to compare with.")],
) -> tuple[Difference, ...]:
    """What differs between two versions, rule by rule and field by field."""
    return app.policies.diff(before, after)


def try_policy(app: App, body: Trial) -> DryRun:
    """Judge recorded history again by a document; nothing is changed."""
    if body.since.tzinfo is None:
        raise BadInput("the time names no zone", field="since", fix="give it with its offset")
    return app.policies.dry_run(body.text, body.since)


def propose_policy(app: App, me: Me, body: Proposal) -> ChangeView:
    """Ask the owners of the policy in force to put a document in force."""
    return _view(app, me.id, app.policies.propose(body.text, me.id, body.why))


def approve_policy(app: App, me: Me, change: Id, body: Consenting) -> ChangeView:
    """Say yes as an owner; the last one puts it in force, or schedules it."""
    found = app.policies.approve(change, me.id, body.reason)
    app.wake()
    return _view(app, me.id, found)


def reject_policy(app: App, me: Me, change: Id, body: Refusing) -> ChangeView:
    """Say no as an owner."""
    return _view(app, me.id, app.policies.reject(change, me.id, body.reason))


def withdraw_policy(app: App, me: Me, change: Id, body: Consenting) -> ChangeView:
    """Take back what I have proposed."""
    return _view(app, me.id, app.policies.withdraw(change, me.id, body.reason))


def _view(app: App, user: str, change: PolicyChange) -> ChangeView:
    desk = app.policies
    return ChangeView(
        change=change, differences=desk.diff(change.base, change.policy), why_not=desk.why_not(change, user)
    )


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api/policy", tags=["policy"])
    routes.add_api_route("/versions", list_policy_versions, methods=["GET"])
    routes.add_api_route("/versions/{policy}", read_policy_version, methods=["GET"])
    routes.add_api_route("/difference", compare_policies, methods=["GET"])
    routes.add_api_route("/trial", try_policy, methods=["POST"])
    routes.add_api_route("/changes", list_policy_changes, methods=["GET"])
    routes.add_api_route("/changes", propose_policy, methods=["POST"])
    routes.add_api_route("/changes/{change}", read_policy_change, methods=["GET"])
    routes.add_api_route("/changes/{change}/approve", approve_policy, methods=["POST"])
    routes.add_api_route("/changes/{change}/reject", reject_policy, methods=["POST"])
    routes.add_api_route("/changes/{change}/withdraw", withdraw_policy, methods=["POST"])
    return routes
