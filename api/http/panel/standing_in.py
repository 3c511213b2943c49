"""Roles in other hands and people who are away, as a page: what is mine, hand over, take back, be away, be back."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from agent.runtime.application import Application
from api.http.identity import App, Me
from api.http.panel.door import Fields, text_of
from api.http.panel.pages import page, see_other
from api.http.problems import problem_of
from domain.errors import BadInput, QuartermasterError
from guardrails.people import User

LONGEST = timedelta(days=366)
PATH = "/delegations"


def show(request: Request, app: App, me: Me) -> HTMLResponse:
    """Whom I stand in for, who stands in for me, who is away."""
    return _page(request, app, me)


def delegate(request: Request, app: App, me: Me, form: Fields) -> Response:
    """Hand a role over for a time."""
    try:
        since, until = _times(app, form)
        app.desk.delegate(me.id, text_of(form, "to"), text_of(form, "role"), since, until, _why(form))
    except QuartermasterError as refused:
        return _page(request, app, me, refused)
    return see_other(PATH)


def end(request: Request, app: App, me: Me, delegation: str) -> Response:
    """Take a role back, or give it back."""
    try:
        app.desk.end_delegation(delegation, me.id)
    except QuartermasterError as refused:
        return _page(request, app, me, refused)
    return see_other(PATH)


def leave(request: Request, app: App, me: Me, form: Fields) -> Response:
    """Be out of office."""
    try:
        since, until = _times(app, form)
        app.desk.away(me.id, since, until, _why(form))
    except QuartermasterError as refused:
        return _page(request, app, me, refused)
    return see_other(PATH)


def come_back(request: Request, app: App, me: Me) -> Response:
    """Be back."""
    try:
        app.desk.back(me.id)
    except QuartermasterError as refused:
        return _page(request, app, me, refused)
    return see_other(PATH)


def _page(request: Request, app: Application, me: User, refused: QuartermasterError | None = None) -> HTMLResponse:
    now = app.now
    given = app.desk.delegations(None if "auditor" in me.roles else me.id)
    told = app.desk.absences()
    return page(
        request,
        "delegations.html",
        "delegations",
        status=200 if refused is None else problem_of(refused).status,
        problem=refused,
        held=tuple(one for one in given if one.ended_at is None and one.until > now),
        past=tuple(one for one in reversed(given) if one.ended_at is not None or one.until <= now)[:50],
        absences=tuple(one for one in told if one.ended_at is None and one.until > now),
        away=any(one.user == me.id and one.ended_at is None and one.until > now for one in told),
        roles=app.standing.deciding_roles(me),
        people=app.standing.may_take(me),
        names={one.id: one.name for one in app.people.all()},
        today=now.date(),
        week=(now + timedelta(days=7)).date(),
    )


def _times(app: Application, form: FormData) -> tuple[datetime, datetime]:
    """From the beginning of the first day (or now) to the end of the last one, UTC. BadInput for what is no day."""
    days: list[datetime] = []
    for name in ("since", "until"):
        try:
            day = date.fromisoformat(text_of(form, name))
        except ValueError:
            raise BadInput("a day looks like 2026-03-09", field=name, fix="pick a day") from None
        if abs((day - app.now.date()).days) > LONGEST.days:
            raise BadInput("it is at most a year away", field=name, fix="pick a nearer day")
        days.append(datetime.combine(day, time(), app.now.tzinfo))
    return max(days[0], app.now), days[1] + timedelta(days=1)


def _why(form: FormData) -> str:
    return text_of(form, "why").strip()[:500]


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route(PATH, show, methods=["GET"])
    routes.add_api_route(PATH, delegate, methods=["POST"])
    routes.add_api_route(PATH + "/{delegation}/end", end, methods=["POST"])
    routes.add_api_route("/away", leave, methods=["POST"])
    routes.add_api_route("/back", come_back, methods=["POST"])
    return routes
