"""One Slack address for several legal entities: each request goes to the door of one, or nowhere.

A channel that the entities file names belongs to its entity, then a workspace; what is left (a direct message in a
shared workspace) goes where its sender works, when that is one entity. Whoever has no part in it is told so privately.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from agent.entities import Entity
from api.slack.door import SlackDoor, TooMuch, again, body_of
from api.slack.modals import entity_of
from domain.errors import DependencyDown

ELSEWHERE = "This conversation belongs to no legal entity you work for, so nothing was done. Write where yours is."


class SlackDoors:
    """The doors of the entities that have one, in written order."""

    def __init__(self, doors: tuple[tuple[Entity, SlackDoor], ...]) -> None:
        self._doors = doors

    async def open(self) -> None:
        """Begin to speak, each for its own."""
        for _, door in self._doors:
            await door.open()

    async def close(self) -> None:
        """End; what is under way is taken up by the next process."""
        await asyncio.gather(*(door.close() for _, door in self._doors), return_exceptions=True)

    async def endpoint(self, request: Request) -> Response:
        """Answer one request of Slack through the door of its entity. Its signature is checked before it is read."""
        try:
            body = await body_of(request)
        except TooMuch:
            return JSONResponse({"error": "too large"}, 413)
        signed = tuple((entity, door) for entity, door in self._doors if door.is_signed(request, body))
        if not signed:
            return JSONResponse({"error": "invalid request"}, 401)
        try:
            said = parsed(body)
            door = await self._door(signed, said)
        except (AttributeError, KeyError, TypeError, ValueError):
            return JSONResponse({"error": "malformed"}, 400)
        except DependencyDown:
            return JSONResponse({"error": "not now"}, 503)  # Slack sends it again
        if door is None:
            await signed[0][1].tell(place_of(said), sender_of(said), ELSEWHERE)
            return Response(status_code=200)
        return await door.endpoint(Request(request.scope, again(body)))

    async def _door(self, signed: tuple[tuple[Entity, SlackDoor], ...], said: Mapping[str, object]) -> SlackDoor | None:
        if said.get("type") == "url_verification":
            return signed[0][1]
        marked = entity_of(said)
        if marked:
            return next((door for entity, door in signed if entity.id == marked), None)
        channel, team = place_of(said), team_of(said)
        named = [door for entity, door in signed if channel in _channels(entity)]
        if named:
            return named[0]
        mine = [(entity, door) for entity, door in signed if not entity.slack_teams or team in entity.slack_teams]
        if len(mine) == 1 and mine[0][0].slack_teams:
            return mine[0][1]
        if not channel.startswith("D"):
            return None
        known = [door for _, door in mine if await door.knows(sender_of(said))]
        return known[0] if len(known) == 1 else None


def parsed(body: bytes) -> Mapping[str, object]:
    """What a signed request says: an event as JSON, an interaction as a form with JSON in it."""
    text = body.decode("utf-8")
    found = json.loads(text if text.lstrip().startswith("{") else parse_qs(text)["payload"][0])
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def place_of(said: Mapping[str, object]) -> str:
    """The channel of an event or an interaction; "" when it has none."""
    event, channel, container = said.get("event"), said.get("channel"), said.get("container")
    if isinstance(event, Mapping):
        return str(event.get("channel") or "")
    if isinstance(channel, Mapping):
        return str(channel.get("id") or "")
    return str(container.get("channel_id") or "") if isinstance(container, Mapping) else ""


def team_of(said: Mapping[str, object]) -> str:
    """The workspace it comes from."""
    team = said.get("team")
    return str(team.get("id") or "") if isinstance(team, Mapping) else str(said.get("team_id") or "")


def sender_of(said: Mapping[str, object]) -> str:
    """Slack's id of whoever wrote or clicked."""
    event, user = said.get("event"), said.get("user")
    if isinstance(event, Mapping):
        return str(event.get("user") or "")
    return str(user.get("id") or "") if isinstance(user, Mapping) else ""


def _channels(entity: Entity) -> tuple[str, ...]:
    return (*entity.slack_channels, *((entity.settings.slack_channel,) if entity.settings.slack_channel else ()))
