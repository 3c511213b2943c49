"""Approvals: what waits for whom, the card, and the decision on exactly what the card showed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.http.identity import App, Me
from api.http.paging import After, Limit, Page, page_of
from api.http.problems import Explained
from domain.errors import BadInput, Conflict
from domain.noun import Id, Units
from guardrails.cards import Card
from guardrails.deciding import Decision

Code = Annotated[str, StringConstraints(max_length=80)]
"""The code of a reason that policy lists; a card names those it takes as `reasons`."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The digest of the card that was shown; a decision on anything else is refused as stale."""


class Approve(BaseModel):
    """Yes to exactly what the card with this digest shows."""

    model_config = ConfigDict(extra="forbid")

    digest: Digest
    reason: Annotated[str, StringConstraints(max_length=2000)] = ""
    reason_code: Code = ""


class Reject(BaseModel):
    """No, and why, in words or as a code; the rest of the case is planned again."""

    model_config = ConfigDict(extra="forbid")

    digest: Digest
    reason: Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)] = ""
    reason_code: Code = ""


class Edit(BaseModel):
    """Other quantities (action id -> units); the move is judged again and the old card is void."""

    model_config = ConfigDict(extra="forbid")

    digest: Digest
    changes: dict[Id, Units] = Field(min_length=1, max_length=100)
    reason: Annotated[str, StringConstraints(max_length=2000)] = ""
    reason_code: Code = ""


def list_approvals(
    app: App,
    me: Me,
    mine: Annotated[bool, Query(description="Only what my roles may decide now.")] = False,
    decided: Annotated[bool, Query(description="Decided ones too.")] = False,
    case: Id | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Card]:
    """Cards that wait, in the order they were asked; with `decided`, every card, the one asked last first."""
    if decided and not mine:
        found, total = app.desk.newest(me.id, case=case, after=after, limit=limit + 1)
        shown = found[:limit]
        return Page(items=shown, total=total, next=shown[-1].approval if len(found) > limit else None)
    rows = [card for card in app.approvals(me.id if mine else None) if case in (None, card.case)]
    return page_of(rows, lambda card: card.approval, after, limit)


def read_approval(app: App, me: Me, approval: Id) -> Card:
    """One card: who gains, who loses, money, promises before and after, the rules that asked, what was said."""
    return app.show(approval, me.id)


def approve(app: App, me: Me, approval: Id, body: Approve) -> Decision:
    """Say yes. What it sets going is carried out by a worker."""
    with _explained(app, approval):
        return _decided(
            app, app.approve(approval, me.id, body.digest, body.reason, reason_code=body.reason_code, settle=False)
        )


def reject(app: App, me: Me, approval: Id, body: Reject) -> Decision:
    """Say no, for a reason."""
    if not body.reason and not body.reason_code:
        raise BadInput("a rejection needs a reason", field="reason", fix="say why, or give a reason code")
    with _explained(app, approval):
        return _decided(
            app, app.reject(approval, me.id, body.reason, body.digest, reason_code=body.reason_code, settle=False)
        )


def edit(app: App, me: Me, approval: Id, body: Edit) -> Decision:
    """Change quantities inside the move."""
    with _explained(app, approval):
        return _decided(
            app,
            app.edit(
                approval, me.id, body.changes, body.digest, body.reason, reason_code=body.reason_code, settle=False
            ),
        )


def _decided(app: App, decision: Decision) -> Decision:
    app.wake()
    return decision


@contextmanager
def _explained(app: App, approval: str) -> Iterator[None]:
    """A conflict shows what is true now: the card, who decided it and when, and what waits in its case instead."""
    try:
        yield
    except Conflict as refused:
        card = app.show(approval)
        more: dict[str, object] = {
            "card": card.model_dump(mode="json"),
            "decided_by": card.decided_by,
            "decided_at": card.decided_at.isoformat() if card.decided_at else None,
            "waiting": list(app.browse.waiting(card.case)),
        }
        raise Explained(refused, more) from refused


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api/approvals", tags=["approvals"])
    routes.add_api_route("", list_approvals, methods=["GET"])
    routes.add_api_route("/{approval:path}/approve", approve, methods=["POST"])
    routes.add_api_route("/{approval:path}/reject", reject, methods=["POST"])
    routes.add_api_route("/{approval:path}/edit", edit, methods=["POST"])
    routes.add_api_route("/{approval:path}", read_approval, methods=["GET"])
    return routes
