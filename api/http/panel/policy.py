"""The policy as pages: its versions, the changes that wait with what they make different, and trials on history."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from agent.runtime.application import Application
from agent.runtime.dry_run import DryRun
from api.http.identity import App, Me
from api.http.panel.door import Fields, text_of
from api.http.panel.pages import page, see_other
from api.http.problems import problem_of
from api.http.resources.policy import LONGEST
from domain.errors import BadInput, Conflict, NotAllowed, QuartermasterError
from domain.noun import Noun, Text
from guardrails.people import User
from guardrails.policy.difference import Difference
from storage.policy_changes import ChangeState, PolicyChange

OPEN = (ChangeState.PROPOSED, ChangeState.SCHEDULED)
MOST_MOVES = 100
"""Moves of a trial that are listed; the sums are of all."""
WHY = 2000


class ChangeCard(Noun):
    """A change as it is shown: `why_not` is why the one who looks may not approve it, "" when they may."""

    change: PolicyChange
    differences: tuple[Difference, ...]
    why_not: Text
    may_reject: bool
    mine: bool


def overview(request: Request, app: App, me: Me, before: str = "", after: str = "") -> HTMLResponse:
    """Versions, open changes, changes that are over; and what differs between two versions when they are named."""
    return _overview(request, app, me, before, after)


def propose(request: Request, app: App, me: Me, form: Fields) -> Response:
    """Ask the owners to put a document in force; what was typed stays when it is refused."""
    text, why = text_of(form, "text").replace("\r\n", "\n"), text_of(form, "why").strip()
    try:
        if len(text) > LONGEST:
            raise BadInput(f"it has {len(text)} characters", field="text", fix=f"use {LONGEST} at most")
        change = app.policies.propose(text, me.id, why[:WHY])
    except (Conflict, NotAllowed, BadInput) as refused:
        return _overview(request, app, me, typed=text[:LONGEST], why=why[:WHY], refused=refused)
    return see_other(f"/policy/{change.id}")


def _overview(
    request: Request,
    app: Application,
    me: User,
    before: str = "",
    after: str = "",
    *,
    typed: str = "",
    why: str = "",
    refused: QuartermasterError | None = None,
) -> HTMLResponse:
    desk = app.policies
    changes = desk.changes()
    return page(
        request,
        "policy.html",
        "policy",
        status=200 if refused is None else problem_of(refused).status,
        problem=refused,
        versions=desk.versions(),
        proposed=tuple(_card(app, me, one) for one in changes if one.state in OPEN),
        over=tuple(one for one in reversed(changes) if one.state not in OPEN),
        names=_names(app),
        before=before,
        after=after,
        compared=desk.diff(before, after) if before and after else None,
        typed=typed or desk.document().text,
        why=why,
    )


def change(request: Request, app: App, me: Me, change: str, since: str = "") -> HTMLResponse:
    """One change on a page of its own; with `since`, what it would have changed from that day on."""
    return _change_page(request, app, me, change, _trial(app, change, since), since)


def approve(request: Request, app: App, me: Me, change: str, form: Fields) -> Response:
    """Say yes as an owner."""
    try:
        app.policies.approve(change, me.id, text_of(form, "reason").strip()[:WHY])
    except (Conflict, NotAllowed, BadInput) as refused:
        return _change_page(request, app, me, change, problem=str(refused))
    app.wake()
    return see_other(f"/policy/{change}")


def reject(request: Request, app: App, me: Me, change: str, form: Fields) -> Response:
    """Say no as an owner, for a reason."""
    try:
        app.policies.reject(change, me.id, text_of(form, "reason").strip()[:WHY])
    except (Conflict, NotAllowed, BadInput) as refused:
        return _change_page(request, app, me, change, problem=str(refused))
    return see_other(f"/policy/{change}")


def withdraw(request: Request, app: App, me: Me, change: str, form: Fields) -> Response:
    """Take back what I have proposed."""
    try:
        app.policies.withdraw(change, me.id, text_of(form, "reason").strip()[:WHY])
    except (Conflict, NotAllowed, BadInput) as refused:
        return _change_page(request, app, me, change, problem=str(refused))
    return see_other(f"/policy/{change}")


def _change_page(
    request: Request,
    app: Application,
    me: User,
    change: str,
    trial: DryRun | None = None,
    since: str = "",
    problem: str = "",
) -> HTMLResponse:
    card = _card(app, me, app.policies.change(change))
    return page(
        request,
        "policy_change.html",
        "policy",
        status=409 if problem else 200,
        card=card,
        names=_names(app),
        trial=trial,
        listed=tuple(one for one in trial.moves if one.change != "same")[:MOST_MOVES] if trial else (),
        since=since,
        problem=problem,
    )


def _card(app: Application, me: User, change: PolicyChange) -> ChangeCard:
    desk = app.policies
    return ChangeCard(
        change=change,
        differences=desk.diff(change.base, change.policy),
        why_not=desk.why_not(change, me.id),
        may_reject=desk.owns(change, me.id),
        mine=change.by == me.id,
    )


def _trial(app: Application, change: str, since: str) -> DryRun | None:
    if not since:
        return None
    try:
        moment = datetime.combine(date.fromisoformat(since), time(0), tzinfo=UTC)
    except ValueError:
        raise BadInput(f"'{since[:40]}' is not a day", field="since", fix="write it as 2026-03-02") from None
    desk = app.policies
    return desk.dry_run(desk.document(desk.change(change).policy).text, moment)


def _names(app: Application) -> dict[str, str]:
    return {person.id: person.name for person in app.people.all()}


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/policy", include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("", overview, methods=["GET"])
    routes.add_api_route("", propose, methods=["POST"])
    routes.add_api_route("/{change}", change, methods=["GET"])
    routes.add_api_route("/{change}/approve", approve, methods=["POST"])
    routes.add_api_route("/{change}/reject", reject, methods=["POST"])
    routes.add_api_route("/{change}/withdraw", withdraw, methods=["POST"])
    return routes
