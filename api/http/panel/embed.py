"""The panel in a frame of another system's page: chat and approvals. Who may frame it is the door's configuration."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.http.identity import App, Me
from api.http.panel.cardview import Views
from api.http.panel.chat import starters
from api.http.panel.pages import page


def embedded(request: Request, app: App, me: Me, show: Literal["chat", "approvals"] = "chat") -> HTMLResponse:
    """Chat, or the approvals that wait for me, without the frame of the panel around them."""
    views = Views(app, me)
    mine = tuple(view for view in map(views.of, app.approvals(me.id)) if view.may_decide)
    asked = starters(app) if show == "chat" else ()
    return page(request, "embed.html", show=show, mine=mine, turns=(), conversation="", starters=asked)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/embed", include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("/panel", embedded, methods=["GET"])
    return routes
