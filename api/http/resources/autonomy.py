"""How far the copilot goes: the kill switch, levels and demotions, agreement with people, and who holds the stock."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from agent.runtime.standing import Standing, Stop
from api.http.identity import App, Me
from api.http.resources.approvals import Code
from api.http.resources.moments import Moment
from api.http.resources.waiting import Words
from domain.noun import Id
from guardrails.demoting import Lifted
from guardrails.holders import ClaimView
from guardrails.switches import EVERYTHING, Lift
from insights.agreement import Agreement, Scope

System = Annotated[str, StringConstraints(min_length=1, max_length=40)]
"""A system that is written to, or `*` for every one."""
From = Annotated[Moment | None, Query(description="Plans made from then on.")]
To = Annotated[Moment | None, Query(description="Plans made before then.")]


class StopWrites(BaseModel):
    """Stop all writes now, to one system or every one."""

    model_config = ConfigDict(extra="forbid")

    system: System = EVERYTHING
    reason: Words = ""
    reason_code: Code = ""


class LiftWrites(BaseModel):
    """Let writes go on. It takes two people, neither of whom stopped them."""

    model_config = ConfigDict(extra="forbid")

    system: System = EVERYTHING
    reason: Words = ""


class LiftDemotion(BaseModel):
    """Lift a demotion, or be the first of the two who do."""

    model_config = ConfigDict(extra="forbid")

    why: Words = ""


def list_stops(app: App) -> tuple[Stop, ...]:
    """What is stopped now: by whom, why, and who has asked to lift it."""
    return app.standing.stops()


def stop_writes(app: App, me: Me, body: StopWrites) -> tuple[Stop, ...]:
    """The kill switch. What is stopped afterwards."""
    app.stop(me.id, body.system, body.reason, body.reason_code)
    return app.standing.stops()


def lift_stop(app: App, me: Me, body: LiftWrites) -> Lift:
    """Ask for writes to go on, or be the second who lets them."""
    return app.lift(me.id, body.system, body.reason)


def read_autonomy(app: App) -> Standing:
    """Levels as the policy says them and as they are in force, demotions, the pilot, read-only, and what is stopped."""
    return app.standing.now(app.pilot.demotions())


def lift_demotion(app: App, me: Me, demotion: Id, body: LiftDemotion) -> Lifted:
    """Lift a demotion, or ask for it as the first of two."""
    return app.pilot.lift_demotion(demotion, me.id, body.why)


def read_agreement(
    app: App,
    since: From = None,
    until: To = None,
    kind: Id | None = None,
    sku_class: Id | None = None,
    site: Id | None = None,
) -> Agreement:
    """Plans beside what people did: rates, money, and what would have been errors."""
    return app.pilot.report(since, until, Scope(kind=kind, sku_class=sku_class, site=site))


def list_claims(app: App, sku: Id | None = None, site: Id | None = None) -> tuple[ClaimView, ...]:
    """Who holds the stock: claims of plans that wait or run, beside the reservations of the ERP."""
    return app.pilot.claims(sku, site)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api", tags=["autonomy"])
    routes.add_api_route("/stops", list_stops, methods=["GET"])
    routes.add_api_route("/stops", stop_writes, methods=["POST"])
    routes.add_api_route("/stops/lift", lift_stop, methods=["POST"])
    routes.add_api_route("/autonomy", read_autonomy, methods=["GET"])
    routes.add_api_route("/autonomy/agreement", read_agreement, methods=["GET"])
    routes.add_api_route("/autonomy/demotions/{demotion}/lift", lift_demotion, methods=["POST"])
    routes.add_api_route("/claims", list_claims, methods=["GET"])
    return routes
