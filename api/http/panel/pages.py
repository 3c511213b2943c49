"""Rendering: a template and what it shows become a response. Autoescape is always on; nothing is ever marked safe."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api.http.access import ACCESS, PUBLIC
from api.http.identity import application_of, current_user, installation_of, known_of, options_of
from api.http.panel.words import FILTERS
from domain.noun import Noun, Text
from guardrails.people import User

HERE = Path(__file__).parent
STATIC = HERE / "static"
EMBED = "/embed/"


class Place(Noun):
    """One entry of the navigation."""

    key: Text
    title: Text
    href: Text


PLACES = (
    Place(key="chat", title="Chat", href="/chat"),
    Place(key="approvals", title="Approvals", href="/approvals"),
    Place(key="cases", title="Cases", href="/cases"),
    Place(key="supply", title="Supply", href="/supply"),
    Place(key="delegations", title="Stand-ins", href="/delegations"),
    Place(key="autonomy", title="Autonomy", href="/autonomy"),
    Place(key="metrics", title="Metrics", href="/metrics"),
    Place(key="policy", title="Policy", href="/policy"),
    Place(key="ledger", title="Ledger", href="/ledger"),
)


@cache
def environment() -> Environment:
    """The templates, read once."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(["html"], default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    made.globals["asset"] = asset
    return made


@cache
def asset(path: str) -> str:
    """The address of a static file; it changes with its bytes, so browsers may keep it."""
    return f"/static/{path}?v={hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]}"


def render(template: str, **context: object) -> str:
    """A template as text: for fragments and event streams."""
    return environment().get_template(template).render(context)


def page(request: Request, template: str, here: str = "", *, status: int = 200, **context: object) -> HTMLResponse:
    """A whole page for whoever is signed in. `here` is the place in the navigation."""
    application, user = application_of(request), current_user(request)
    frame: dict[str, object] = {
        "user": user,
        "here": here,
        "now": application.now,
        "places": [place for place in PLACES if may(user, f"GET {place.href}")],
        "waiting": len(application.approvals(user.id)),
        "embedded": request.url.path.startswith(EMBED),
        "may_sign_out": options_of(request).personas,
        "entity": known_of(request).entity.name if installation_of(request).several else "",
        "may": lambda key: may(user, key),
        "asked_for": "",
        "banner": application.standing.banner(),
        "stops": application.standing.stops(),
        "called": {person.id: person.name for person in application.people.all()},
    }
    taken = frame.keys() & context.keys() - {"asked_for"}
    assert not taken, f"{template} takes from the frame what the frame shows: {taken}"
    return HTMLResponse(render(template, **(frame | context)), status)


def fragment(template: str, *, status: int = 200, headers: dict[str, str] | None = None, **ctx: object) -> HTMLResponse:
    """Part of a page, to be swapped in."""
    return HTMLResponse(render(template, **ctx), status, headers)


def wants_fragment(request: Request) -> bool:
    """Whether htmx asks, and swaps in what it gets."""
    return request.headers.get("hx-request") == "true"


def see_other(path: str) -> Response:
    """Go on there."""
    return RedirectResponse(path, 303)


def may(user: User, key: str) -> bool:
    """Whether this user may use a route of the table of access."""
    allowed = ACCESS[key]
    return allowed is PUBLIC or bool(allowed & set(user.roles))
