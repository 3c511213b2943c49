"""What one may do with a card short of deciding it: not now, somebody else, a comment. The card comes back as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from agent.runtime.application import Application
from agent.runtime.later import picked
from api.http.identity import App, Me
from api.http.panel.cardview import Views
from api.http.panel.door import Fields, text_of
from api.http.panel.pages import fragment, page, see_other, wants_fragment
from domain.errors import BadInput, Conflict, NotAllowed, QuartermasterError
from guardrails.cards import Card
from guardrails.people import User

CHANGED = {"HX-Trigger": "decided"}
"""What the badge listens to."""
LONGEST_COMMENT = 2_000


def snooze(request: Request, app: App, me: Me, approval: str, form: Fields) -> Response:
    """Not now: hide it from my list until the time picked."""

    def act() -> Card:
        found = picked(app.standing.later(app.show(approval)), text_of(form, "until"))
        if found is None:
            raise BadInput("this time cannot be picked any more", field="until", fix="pick one of those shown now")
        return app.desk.snooze(approval, me.id, found.until, text_of(form, "reason").strip()[:2000])

    return _shown(request, app, me, approval, act, gone="Put aside")


def reassign(request: Request, app: App, me: Me, approval: str, form: Fields) -> Response:
    """Give it to the person picked."""

    def act() -> Card:
        to = text_of(form, "to")
        if not to:
            raise BadInput("nobody was picked", field="to", fix="pick a person")
        code, reason = text_of(form, "reason_code"), text_of(form, "reason").strip()[:2000]
        return app.desk.reassign(approval, me.id, to, code, reason)

    return _shown(request, app, me, approval, act, gone="Given away")


def comment(request: Request, app: App, me: Me, approval: str, form: Fields) -> Response:
    """Say something about it, for everybody who sees it."""
    text = text_of(form, "text").strip()

    def act() -> Card:
        if len(text) > LONGEST_COMMENT:
            raise BadInput("a comment has at most 2000 characters", field="text", fix="say it in fewer words")
        return app.desk.comment(approval, me.id, text)

    return _shown(request, app, me, approval, act, typed=text[:LONGEST_COMMENT])


def _shown(
    request: Request,
    app: Application,
    me: User,
    approval: str,
    act: Callable[[], Card],
    *,
    gone: str = "",
    typed: str = "",
) -> Response:
    """The card after something was done with it; where it left my list, a line in its place; or what stood in the way,
    with what was typed."""
    try:
        card = act()
    except (Conflict, NotAllowed, BadInput) as refused:
        return _refused(request, app, me, approval, refused, typed)
    if not wants_fragment(request):
        return see_other("/approvals" if gone else f"/approvals/{approval}")
    views = Views(app, me)
    if not gone:
        return fragment("parts/card.html", view=views.of(card))
    shown = replace(views.of(card), did=gone, notice=_whereabouts(card, views), notice_mood="wait")
    return fragment("parts/decided.html", headers=CHANGED, view=shown)


def _whereabouts(card: Card, views: Views) -> str:
    """Where a card has gone."""
    if card.snoozed_until is not None:
        until = f"{card.snoozed_until.day} {card.snoozed_until:%b %Y, %H:%M}"
        return f"It is back in your list on {until}. It is neither approved nor rejected, and expires all the same."
    return f"It is in the list of {views.name(card.assigned_to or '')} now. It is neither approved nor rejected."


def _refused(
    request: Request, app: Application, me: User, approval: str, why: QuartermasterError, typed: str
) -> HTMLResponse:
    views = Views(app, me)
    card = app.show(approval, me.id)
    shown = replace(views.of(card), notice=why.message, notice_mood="bad", fix=why.fix or "", typed=typed)
    status = 409 if isinstance(why, Conflict) else 403 if isinstance(why, NotAllowed) else 422
    if wants_fragment(request):
        return fragment("parts/card.html", status=status, view=shown)
    return page(request, "approval.html", "approvals", status=status, view=shown)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/approvals", include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("/{approval}/snooze", snooze, methods=["POST"])
    routes.add_api_route("/{approval}/reassign", reassign, methods=["POST"])
    routes.add_api_route("/{approval}/comment", comment, methods=["POST"])
    return routes
