"""The approvals inbox: cards, and the three things one may do with one. A decision is bound to what its form showed."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from agent.runtime.application import Application
from api.http.identity import App, Me
from api.http.panel.cardview import CardView, Mood, Views, changed, changes_from, parse_seen
from api.http.panel.door import Fields, text_of
from api.http.panel.pages import fragment, page, see_other, wants_fragment
from domain.errors import AlreadyDecided, BadInput, Conflict, NotAllowed, QuartermasterError, StaleDecision
from guardrails.cards import Card
from guardrails.deciding import Decision
from guardrails.people import User
from storage.records import ApprovalState

Page = Annotated[int, Query(alias="page", ge=1, le=100_000)]
Verb = Literal["approve", "reject", "edit"]
DECIDED_SHOWN = 50
"""Rows of one page of what was decided."""
DECIDED = {"HX-Trigger": "decided"}
"""What the badge listens to."""


def inbox(request: Request, app: App, me: Me, show: str = "waiting", page_: Page = 1) -> HTMLResponse:
    """What waits for me, what I put aside, and what waits for others; or what was decided, page by page."""
    views = Views(app, me)
    if show == "decided":
        return _decided_page(request, app, views, page_)
    aside = app.standing.snoozed(me.id)
    my_own = {card.approval for card in app.approvals(me.id)}
    shown = [views.of(card) for card in app.approvals()]
    mine = tuple(view for view in shown if view.may_decide and view.card.approval in my_own)
    until = {view.card.approval: aside.get((view.card.approval, view.card.digest)) for view in shown}
    later = tuple((view, back) for view in shown if (back := until[view.card.approval]) is not None)
    seen = {view.card.approval for view in (*mine, *(view for view, _ in later))}
    others = tuple(view for view in shown if view.card.approval not in seen)
    return page(
        request,
        "approvals.html",
        "approvals",
        show="waiting",
        mine=mine,
        later=later,
        others=others,
        stands_in=app.standing.stands_in(me),
        names=views.names,
    )


def _decided_page(request: Request, app: Application, views: Views, number: int) -> HTMLResponse:
    """So many of what waits no more, the one asked last first."""
    found = app.approvals(decided=True, limit=DECIDED_SHOWN + 1, offset=(number - 1) * DECIDED_SHOWN)
    decided = tuple(views.of(card) for card in found[:DECIDED_SHOWN])
    more = len(found) > DECIDED_SHOWN
    return page(request, "approvals.html", "approvals", show="decided", decided=decided, number=number, more=more)


def badge(app: App, me: Me) -> HTMLResponse:
    """The number of questions that wait for me."""
    return fragment("parts/badge.html", waiting=len(app.approvals(me.id)))


def show_approval(request: Request, app: App, me: Me, approval: str) -> HTMLResponse:
    """One card on a page of its own."""
    return page(request, "approval.html", "approvals", view=Views(app, me).whole(app.show(approval, me.id)))


def approve(request: Request, app: App, me: Me, approval: str, form: Fields) -> Response:
    """Say yes to what the form showed."""
    return _decide(request, app, me, approval, form, "approve")


def reject(request: Request, app: App, me: Me, approval: str, form: Fields) -> Response:
    """Say no to what the form showed, for a reason."""
    return _decide(request, app, me, approval, form, "reject")


def edit(request: Request, app: App, me: Me, approval: str, form: Fields) -> Response:
    """Change quantities of what the form showed."""
    return _decide(request, app, me, approval, form, "edit")


def _decide(request: Request, app: Application, me: User, approval: str, form: FormData, verb: Verb) -> Response:
    try:
        decision = _call(app, me, approval, form, verb)
    except (Conflict, NotAllowed, BadInput) as refused:
        return _refused(request, app, me, approval, form, refused)
    app.wake()
    if not wants_fragment(request):
        return see_other(f"/approvals/{approval}")
    view = Views(app, me).of(app.show(approval))
    if decision.did == "edited" and view.may_decide:
        text = "Your edit is saved, and policy asks again: look at the card and decide."
        shown = replace(view, notice=text, notice_mood="good")
        return fragment("parts/card.html", headers=DECIDED, view=shown)
    mood: Mood = "bad" if decision.did == "rejected" else "good"
    shown = replace(view, did=decision.did, notice=_in_words(decision), notice_mood=mood)
    return fragment("parts/decided.html", headers=DECIDED, view=shown)


def _call(app: Application, me: User, approval: str, form: FormData, verb: Verb) -> Decision:
    digest, reason = text_of(form, "digest"), text_of(form, "reason").strip()
    code = text_of(form, "reason_code")
    if not digest:
        raise BadInput("the form names no digest", field="digest", fix="decide from a card")
    if verb == "approve":
        return app.approve(approval, me.id, digest, reason, reason_code=code, settle=False)
    if verb == "reject":
        if not reason and not code:
            raise BadInput("a rejection needs a reason", field="reason", fix="say why")
        return app.reject(approval, me.id, reason, digest, reason_code=code, settle=False)
    card = app.show(approval)
    if card.digest == digest:
        changes = _changes(form, card)
        return app.edit(approval, me.id, changes, digest, reason, reason_code=code, settle=False)
    return app.edit(approval, me.id, {}, digest, reason, reason_code=code, settle=False)


def _changes(form: FormData, card: Card) -> dict[str, int]:
    try:
        return changes_from({key: value for key, value in form.items() if isinstance(value, str)}, card)
    except ValueError as wrong:
        raise BadInput(
            "a quantity is a whole number of units, 0 or more", field=str(wrong), fix="give whole units"
        ) from None


def _refused(
    request: Request, app: Application, me: User, approval: str, form: FormData, why: QuartermasterError
) -> Response:
    """The card as it is now, with what stood in the way: what changed, who was faster, what cannot be."""
    card, views = app.show(approval), Views(app, me)
    if isinstance(why, AlreadyDecided):
        name = views.name(card.decided_by or "")
        text = f"This was already decided by {name}. {views.decision_in_words(card)}"
        view = replace(views.of(card), notice=text, notice_mood="bad")
    elif isinstance(why, StaleDecision):
        view = _stale(app, views, card, text_of(form, "seen"), why)
    else:
        typed = {key.removeprefix("units."): text_of(form, key) for key in form if key.startswith("units.")}
        view = replace(views.of(card), notice=why.message, notice_mood="bad", fix=why.fix or "", changes=typed)
    status = 409 if isinstance(why, Conflict) else 403 if isinstance(why, NotAllowed) else 422
    if wants_fragment(request):
        return fragment("parts/card.html", status=status, headers=DECIDED, view=view)
    return page(request, "approval.html", "approvals", status=status, view=view)


def _stale(app: Application, views: Views, card: Card, seen: str, why: StaleDecision) -> CardView:
    """The card that stands there now, and how it differs from what was seen."""
    now = _now(app, card)
    text = "What you saw is no longer what would be done. Nothing was decided."
    if now.approval != card.approval:
        text = f"{text} The plan was made again; this took its place."
    elif card.state is not ApprovalState.PENDING:
        text = f"{text} {why.message}."
    return replace(views.of(now), notice=text, notice_mood="wait", diff=changed(parse_seen(seen), now))


def _now(app: Application, card: Card) -> Card:
    """The card that stands where this one stood: itself after an edit, else one of its case for the same winners."""
    if card.state is ApprovalState.PENDING:
        return card
    winners = {effect.line for effect in card.gains}
    for other in app.approvals():
        if other.case == card.case and not other.before and winners & {effect.line for effect in other.gains}:
            return other
    return card


def _in_words(decision: Decision) -> str:
    """What was decided and what follows."""
    then = {
        "approved": "It is being carried out.",
        "rejected": "It will not be done; the rest is planned again.",
        "edited": "The edited move is being carried out.",
    }.get(decision.did, "")
    if decision.waiting:
        then = f"It now waits for {', then '.join(decision.waiting)}.".replace("_", " ").replace("/", " or ")
    what = {"approved": "You approved this.", "rejected": "You rejected this.", "edited": "Your edit is saved."}
    cancelled = f" Cancelled with it: {', '.join(decision.cancelled)}." if decision.cancelled else ""
    return f"{what.get(decision.did, decision.did)} {then}{cancelled}"


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/approvals", include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("", inbox, methods=["GET"])
    routes.add_api_route("/badge", badge, methods=["GET"])
    routes.add_api_route("/{approval}", show_approval, methods=["GET"])
    routes.add_api_route("/{approval}/approve", approve, methods=["POST"])
    routes.add_api_route("/{approval}/reject", reject, methods=["POST"])
    routes.add_api_route("/{approval}/edit", edit, methods=["POST"])
    return routes
