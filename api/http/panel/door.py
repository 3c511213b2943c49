"""The door of the panel: start, sign-in, search, static files, and how a problem is shown to a person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from agent.runtime.application import Application
from agent.runtime.installation import Installation
from api.http.identity import (
    App,
    Me,
    installation_of,
    move_to,
    my_entities,
    options_of,
    personas_of,
    sign_in,
    sign_out,
)
from api.http.options import Options
from api.http.panel.pages import STATIC, fragment, may, page, render, see_other, wants_fragment
from api.http.panel.words import href
from api.http.problems import Problem
from api.identity import EntityNeeded
from domain.errors import NotAllowed, UnknownReference

API = "/api/"


async def form_of(request: Request) -> AsyncIterator[FormData]:
    """The fields of a form, read before the route runs in its thread; files that came with it are closed after."""
    async with request.form() as form:
        yield form


Fields = Annotated[FormData, Depends(form_of)]


def text_of(form: FormData, name: str) -> str:
    """A text field of a form; "" when it is not there or is a file."""
    found = form.get(name)
    return found if isinstance(found, str) else ""


def start(me: Me) -> Response:
    """The first page for whoever comes in."""
    return see_other("/chat" if may(me, "GET /chat") else "/cases")


def show_sign_in(request: Request, next: str = "/") -> HTMLResponse:
    """Pick a persona, or with several legal entities say who one is; where a proxy signs people in, say so."""
    return HTMLResponse(render("sign_in.html", **_signing_in(request, next, "")))


def enter(
    request: Request,
    user: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",
    entity: Annotated[str, Form()] = "",
) -> Response:
    """Sign in as a persona and go on to where one wanted to be."""
    response = see_other(local(next))
    try:
        sign_in(request, response, user, entity)
    except EntityNeeded as several:
        shown = _signing_in(request, next, "") | {"who": user, "mine": several.mine}
        return HTMLResponse(render("sign_in.html", **shown))
    except (NotAllowed, UnknownReference) as refused:
        return HTMLResponse(render("sign_in.html", **_signing_in(request, next, refused.message)), 403)
    return response


def _signing_in(request: Request, next: str, problem: str) -> dict[str, object]:
    """What the page of signing in shows. `mine`: the entities to choose from, once somebody has said who they are."""
    typed = options_of(request).personas and installation_of(request).several
    shown = {"personas": personas_of(request), "next": local(next), "problem": problem, "embedded": False}
    return {**shown, "typed": typed, "who": "", "mine": ()}


def choose(request: Request, next: str = "/") -> HTMLResponse:
    """The legal entities one may work at; asked before anything of one of them is shown."""
    return fragment("entities.html", entities=my_entities(request), next=local(next), embedded=False)


def go_on_at(request: Request, entity: Annotated[str, Form()], next: Annotated[str, Form()] = "/") -> Response:
    """Go on at another legal entity. What was on the page belonged to the one before, so one begins anew."""
    response = see_other(local(next))
    move_to(request, response, entity)
    return response


def leave(request: Request) -> Response:
    """Sign out."""
    response = see_other("/sign-in")
    sign_out(request, response)
    return response


def local(path: str) -> str:
    """`path` when it stays on this site, else the start: nobody is sent elsewhere by a link of ours."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if plain and all(ord(sign) > 31 for sign in path) else "/"


def search(request: Request, app: App, q: str = "") -> Response:
    """Go to the page of an id; what is not one exactly is looked for in ids and names."""
    wanted = q.strip()[:200]
    if not wanted:
        return page(request, "search.html", asked_for="", found=())
    exact = _exact(app, wanted)
    if exact is not None:
        return see_other(exact)
    return page(request, "search.html", asked_for=wanted, found=_like(app, wanted))


def _exact(app: Application, wanted: str) -> str | None:
    facts = app.browse.facts()
    for key in (wanted, wanted.upper()):
        for kind in ("order", "sku", "site", "customer"):
            if facts.has(kind, key):
                return href(kind, key)
        if facts.has("line", key):
            return f"{href('order', facts.line(key).order)}#line-{quote(key, safe='')}"
        if found := _ours(app, key):
            return found
    return None


def _ours(app: Application, key: str) -> str | None:
    """The page of one of our own records: a case, a run, an approval."""
    kinds = (("C-", app.browse.case, "/cases/"), ("R-", app.run, "/runs/"), ("A-", app.show, "/approvals/"))
    for prefix, look, path in kinds:
        if key.startswith(prefix):
            try:
                look(key)
            except UnknownReference:
                return None
            return path + quote(key, safe="")
    return None


def _like(app: Application, wanted: str) -> tuple[tuple[str, str, str, str], ...]:
    """(kind, id, name, path) of what holds the text in its id or name, at most 50."""
    facts, text = app.browse.facts(), wanted.casefold()
    named = [("sku", item.id, item.name) for item in facts.skus]
    named += [("order", item.id, facts.customer(item.customer).name) for item in facts.orders]
    named += [("customer", item.id, item.name) for item in facts.customers]
    named += [("site", item.id, item.name) for item in facts.sites]
    found = [(k, i, n, href(k, i)) for k, i, n in named if text in i.casefold() or text in n.casefold()]
    found += [
        ("case", case.id, case.title, href("case", case.id))
        for case in app.browse.cases()
        if case.kind != "question" and text in case.title.casefold()
    ]
    return tuple(found[:50])


def show_problem(request: Request, problem: Problem) -> Response | None:
    """A problem as a page or, for htmx, as a piece of one; the JSON API and programs get JSON."""
    path = request.url.path
    if path.startswith(API) or not ("text/html" in request.headers.get("accept", "") or wants_fragment(request)):
        return None
    if problem.status == 401:
        if wants_fragment(request):
            return Response(status_code=200, headers={"HX-Redirect": "/sign-in"})
        wanted = path + (f"?{request.url.query}" if request.url.query else "") if request.method == "GET" else "/"
        return see_other("/sign-in?next=" + quote(wanted, safe=""))
    if problem.code == "entity_needed" and not wants_fragment(request):
        return see_other("/entities?next=" + quote(path if request.method == "GET" else "/", safe=""))
    template = "parts/problem.html" if wants_fragment(request) else "problem.html"
    return fragment(template, status=problem.status, problem=problem, embedded=False)


class Kept(StaticFiles):
    """Static files; an address with a digest may be kept for good, and the loader may be read by other origins."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file."""
        response = await super().get_response(path, scope)
        versioned = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        if unquote(path) == "quartermaster-panel.js":
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response


def static(installation: Installation, options: Options) -> tuple[BaseRoute, ...]:  # noqa: ARG001
    """The static files of the panel."""
    return (Mount("/static", Kept(directory=STATIC), name="static"),)


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("/", start, methods=["GET"])
    routes.add_api_route("/sign-in", show_sign_in, methods=["GET"])
    routes.add_api_route("/sign-in", enter, methods=["POST"])
    routes.add_api_route("/sign-out", leave, methods=["POST"])
    routes.add_api_route("/entities", choose, methods=["GET"])
    routes.add_api_route("/entities", go_on_at, methods=["POST"])
    routes.add_api_route("/search", search, methods=["GET"])
    return routes
