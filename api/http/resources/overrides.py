"""Undo of executed moves, and what people did against the plan."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from agent.runtime.overrides import Override, Undone
from api.http.identity import App, Me
from api.http.resources.approvals import Code
from api.http.resources.autonomy import From
from api.http.resources.waiting import Words
from domain.noun import Id


class Undo(BaseModel):
    """Take back what an executed move did, as a new move that policy judges."""

    model_config = ConfigDict(extra="forbid")

    reason_code: Code = ""
    reason: Words = ""


def undo_move(app: App, me: Me, move: Id, body: Undo) -> Undone:
    """Ask for the undo of an executed move; the new move is judged, asked about and carried out like any other."""
    undone = app.overrides.undo(move, me.id, body.reason_code, body.reason, settle=False)
    app.wake()
    return undone


def list_overrides(app: App, since: From = None) -> tuple[Override, ...]:
    """What people did against the plan, in order: why, and what it cost against the optimum."""
    return app.overrides.listed(since)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api", tags=["overrides"])
    routes.add_api_route("/moves/{move:path}/undo", undo_move, methods=["POST"])
    routes.add_api_route("/overrides", list_overrides, methods=["GET"])
    return routes
