"""Deciding several cards at once: those that were ticked, each named with what it showed, after a look at the list."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from agent.runtime.application import Application
from agent.runtime.approval_desk import MANY, Outcome
from api.http.identity import App, Me
from api.http.panel.cardview import Views
from api.http.panel.door import Fields, text_of
from api.http.panel.pages import page
from domain.errors import BadInput, UnknownReference
from domain.noun import Id, Noun, Text
from guardrails.cards import Card
from storage.records import ApprovalState

VERBS = ("approve", "reject")


class Ticked(Noun):
    """One ticked card: what its tick names, the card now, and why it cannot be decided from here ("" when it can)."""

    approval: Text
    named: Text
    card: Card | None = None
    why_not: Text = ""


class Done(Noun):
    """What became of one: the card as it is now, and the sentence that says it."""

    approval: Text
    title: Text
    well: bool
    says: Text
    case: Id | None = None


def confirm(request: Request, app: App, me: Me, form: Fields) -> HTMLResponse:
    """The list of what was ticked, before anything is decided."""
    verb, named = _asked(form)
    ticked = tuple(_looked_at(app, one) for one in named)
    views = Views(app, me)
    listed = tuple((one, views.of(one.card)) for one in ticked if one.card is not None and not one.why_not)
    left_out = tuple(one for one in ticked if one.why_not)
    of = app.standing.reasons("approve" if verb == "approve" else "reject")
    return page(
        request, "batch.html", "approvals", verb=verb, listed=listed, left_out=left_out, reasons=of, names=views.names
    )


def decide(request: Request, app: App, me: Me, form: Fields) -> Response:
    """Decide each one named; one that fails stops no other."""
    verb, named = _asked(form)
    reason, code = text_of(form, "reason").strip()[:2000], text_of(form, "reason_code")
    pairs = [_parts(one) for one in named]
    done = app.desk.decide_many(pairs, me.id, verb == "approve", code, reason, settle=False)
    app.wake()
    shown = tuple(_said(app, one) for one in done)
    status = 200 if all(one.well for one in shown) else 409
    return page(request, "batch_done.html", "approvals", status=status, verb=verb, done=shown)


def _asked(form: FormData) -> tuple[str, tuple[str, ...]]:
    """What to do, and what was ticked, each once."""
    verb = text_of(form, "verb")
    named = tuple(dict.fromkeys(one for one in form.getlist("named") if isinstance(one, str)))
    if verb not in VERBS:
        raise BadInput("a form says to approve or to reject", field="verb", fix="use the buttons under the cards")
    if not 0 < len(named) <= MANY:
        raise BadInput(f"tick 1 to {MANY} cards", field="named", fix="tick what you want to decide")
    return verb, named


def _parts(named: str) -> tuple[str, str]:
    approval, _, digest = named.partition("|")
    return approval[:80], digest[:64]


def _looked_at(app: Application, named: str) -> Ticked:
    approval, digest = _parts(named)
    try:
        card = app.show(approval)
    except UnknownReference as unknown:
        return Ticked(approval=approval, named=named[:200], why_not=f"{unknown.message}.")
    why = ""
    if card.state is not ApprovalState.PENDING:
        why = f"It is {card.state.value} already."
    elif card.digest != digest:
        why = "It has changed since you ticked it; look at it again."
    return Ticked(approval=approval, named=named[:200], card=card, why_not=why)


def _said(app: Application, outcome: Outcome) -> Done:
    try:
        card = app.show(outcome.approval)
    except UnknownReference:
        return Done(approval=outcome.approval, title=outcome.approval, well=False, says=outcome.error)
    if outcome.decision is None:
        return Done(approval=card.approval, title=card.title, well=False, says=outcome.error, case=card.case)
    waits = ", then ".join(outcome.decision.waiting).replace("_", " ").replace("/", " or ")
    says = f"{outcome.decision.did.capitalize()}." + (f" It now waits for {waits}." if waits else "")
    return Done(approval=card.approval, title=card.title, well=True, says=says, case=card.case)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/approvals", include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("/batch", confirm, methods=["POST"])
    routes.add_api_route("/batch/decide", decide, methods=["POST"])
    return routes
