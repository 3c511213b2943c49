"""The Slack door of an installation, whether it has one legal entity or several."""

from __future__ import annotations

from fastapi import APIRouter

from agent.runtime.installation import Installation
from api.slack.door import SlackDoor, is_configured, routes_of, slack_routes
from api.slack.entities import SlackDoors


def slack(installation: Installation) -> APIRouter:
    """The route of an installation, with its own settings. Entities without Slack have no part in it."""
    having = tuple(one for one in installation.entities if is_configured(one.settings)) if installation.several else ()
    if not having:
        application = installation.application(installation.entities[0].id)
        return slack_routes(application, application.settings)
    return routes_of(
        SlackDoors(tuple((one, SlackDoor(installation.application(one.id), one.settings)) for one in having))
    )
