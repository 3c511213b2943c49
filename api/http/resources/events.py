"""Events: tell the copilot what happened. The pair (source, id) is the key: sent again, it says what is known."""

from __future__ import annotations

from fastapi import APIRouter, Response

from agent.runtime.intake import Taken
from api.http.identity import App, Me
from domain.errors import Conflict
from domain.events import Event
from storage.records import Arrival


def take_event(response: Response, app: App, me: Me, body: Event) -> Taken:
    """Take in an event: 202 with the case and the run it started; 200 when it came before or out of order.

    The same id with another body is a conflict.
    """
    try:
        taken = app.take_event(body, me.id, settle=False)
    except Conflict as raced:
        if raced.field != "event":
            raise
        taken = app.take_event(body, me.id, settle=False)  # the same event came twice at once; the other was faster
    if taken.arrival is Arrival.ACCEPTED:
        app.wake()
    if taken.run is None:
        response.status_code = 200
    return taken


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(prefix="/api/events", tags=["events"])
    routes.add_api_route(
        "",
        take_event,
        methods=["POST"],
        status_code=202,
        responses={200: {"model": Taken, "description": "Known already, or out of order; nothing was started"}},
    )
    return routes
