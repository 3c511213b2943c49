"""How far the copilot goes, as pages: autonomy and agreement, the kill switch, who holds the stock, undo of a move."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from agent.runtime.application import Application
from api.http.identity import App, Me
from api.http.panel.door import Fields, local, text_of
from api.http.panel.pages import page, see_other
from api.http.problems import problem_of
from domain.errors import QuartermasterError
from domain.noun import Id
from guardrails.switches import EVERYTHING
from storage.records import MoveState

MOST_HOLDERS = 300
"""Rows of one page."""
WHY = 500
CARRIED_OUT = (MoveState.EXECUTED, MoveState.FAILED)
"""What may have left something to take back."""


def autonomy(request: Request, app: App) -> HTMLResponse:
    """Levels, demotions, the pilot, and how far people do what is planned."""
    return _autonomy(request, app)


def lift_demotion(request: Request, app: App, me: Me, demotion: str, form: Fields) -> Response:
    """Lift a demotion, or ask for it as the first of two."""
    try:
        app.pilot.lift_demotion(demotion, me.id, text_of(form, "why").strip()[:WHY])
    except QuartermasterError as refused:
        return _autonomy(request, app, refused)
    return see_other("/autonomy")


def _autonomy(request: Request, app: Application, refused: QuartermasterError | None = None) -> HTMLResponse:
    return page(
        request,
        "autonomy.html",
        "autonomy",
        status=200 if refused is None else problem_of(refused).status,
        problem=refused,
        standing=app.standing.now(app.pilot.demotions()),
        report=app.pilot.report(),
        names=_names(app),
    )


def claims(request: Request, app: App, sku: str = "", site: str = "") -> HTMLResponse:
    """Who holds the stock, by SKU and site."""
    sku, site = sku.strip()[:80], site.strip()[:80]
    found = app.pilot.claims(sku or None, site or None)
    return page(
        request,
        "claims.html",
        "supply",
        sku=sku,
        site=site,
        found=found[:MOST_HOLDERS],
        total=len(found),
        facts=app.browse.facts(),
        names=_names(app),
    )


def stop(request: Request, app: App, me: Me, form: Fields) -> Response:
    """The kill switch: stop writes now."""
    code, reason = text_of(form, "reason_code"), text_of(form, "reason").strip()[:WHY]
    try:
        app.stop(me.id, text_of(form, "system") or EVERYTHING, reason, code)
    except QuartermasterError as refused:
        return _stops(request, app, refused)
    return see_other(local(text_of(form, "back") or "/stops"))


def lift(request: Request, app: App, me: Me, form: Fields) -> Response:
    """Ask for writes to go on, or be the second who lets them."""
    try:
        app.lift(me.id, text_of(form, "system") or EVERYTHING, text_of(form, "reason").strip()[:WHY])
    except QuartermasterError as refused:
        return _stops(request, app, refused)
    app.wake()
    return see_other("/stops")


def stops(request: Request, app: App) -> HTMLResponse:
    """What is stopped, and the switches."""
    return _stops(request, app)


def _stops(request: Request, app: Application, refused: QuartermasterError | None = None) -> HTMLResponse:
    return page(
        request,
        "stops.html",
        "stops",
        status=200 if refused is None else problem_of(refused).status,
        problem=refused,
        systems=app.standing.systems,
        reasons=app.standing.reasons("stop"),
    )


def ask_undo(request: Request, app: App, move: str) -> HTMLResponse:
    """What an executed move did, and the form that takes it back."""
    return _undo(request, app, move)


def undo(request: Request, app: App, me: Me, move: str, form: Fields) -> Response:
    """Take back what an executed move did, as a new move; then the case it became."""
    code, reason = text_of(form, "reason_code"), text_of(form, "reason").strip()[:WHY]
    try:
        undone = app.overrides.undo(move, me.id, code, reason, settle=False)
    except QuartermasterError as refused:
        return _undo(request, app, move, refused)
    app.wake()
    return see_other(f"/cases/{undone.case}")


def _undo(request: Request, app: Application, move: str, refused: QuartermasterError | None = None) -> HTMLResponse:
    record = app.browse.move(move)
    return page(
        request,
        "undo.html",
        "cases",
        status=200 if refused is None else problem_of(refused).status,
        problem=refused,
        record=record,
        possible=record.state in CARRIED_OUT,
        reasons=app.standing.reasons("undo"),
        facts=app.facts(record.run),
    )


def _names(app: Application) -> dict[Id, str]:
    return {one.id: one.name for one in app.people.all()}


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("/autonomy", autonomy, methods=["GET"])
    routes.add_api_route("/autonomy/demotions/{demotion}/lift", lift_demotion, methods=["POST"])
    routes.add_api_route("/claims", claims, methods=["GET"])
    routes.add_api_route("/stops", stops, methods=["GET"])
    routes.add_api_route("/stops", stop, methods=["POST"])
    routes.add_api_route("/stops/lift", lift, methods=["POST"])
    routes.add_api_route("/moves/{move:path}/undo", ask_undo, methods=["GET"])
    routes.add_api_route("/moves/{move:path}/undo", undo, methods=["POST"])
    return routes
