"""Who is there: a signed-in demo persona, or whom a trusted proxy names. Every door of the web asks `current_user`."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request, Response

from agent.runtime.application import Application
from api.http.options import Options
from api.http.problems import SignInNeeded
from domain.errors import NotAllowed
from guardrails.people import User

COOKIE = "quartermaster_session"
DOOR = "web"


def application_of(request: Request) -> Application:
    """The program behind this door."""
    found: Application = request.app.state.application
    return found


def options_of(request: Request) -> Options:
    """What this door was told."""
    found: Options = request.app.state.options
    return found


def current_user(request: Request) -> User:
    """The active user who sent this request.

    Raises SignInNeeded when nobody is signed in, NotAllowed for a header from somebody who is not the proxy and for a
    person we do not know.
    """
    known: User | None = getattr(request.state, "user", None)
    if known is None:
        known = request.state.user = _who(request)
    return known


def still_there(request: Request) -> bool:
    """Whether the user of a request that goes on and on is still signed in and active."""
    try:
        return bool(_who(request).active)
    except NotAllowed:
        return False


def _who(request: Request) -> User:
    options, visits = options_of(request), application_of(request).visits
    if options.personas:
        token = request.cookies.get(COOKIE, "")
        guest = visits.guest(token) if token else None
        if guest is None:
            raise SignInNeeded("nobody is signed in", field="session", fix="sign in as one of the personas")
        return guest
    named = request.headers.getlist(options.header)
    if not named:
        raise SignInNeeded("the proxy names nobody", field=options.header, fix="come in through the signing-in proxy")
    peer = request.client.host if request.client else ""
    if not _trusted(peer, options.proxies):
        visits.refused(named[0], f"a sign-in header from {peer or 'nowhere'}, which is no trusted proxy", DOOR)
        raise NotAllowed(
            "only a trusted proxy may say who is signed in", field=options.header, fix="come in through the proxy"
        )
    if len(named) != 1 or not named[0].strip():
        raise NotAllowed("the proxy names more than one person or none", field=options.header, fix="check the proxy")
    return visits.vouched(named[0].strip(), DOOR)


def _trusted(peer: str, proxies: tuple[str, ...]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in ip_network(network) for network in proxies)


def sign_in(request: Request, response: Response, user: str) -> User:
    """Begin a session of a persona and give its cookie to the browser; what came before in this browser ends.

    The cookie comes along when somebody follows a link to a card from elsewhere (SameSite=Lax); what changes something
    is kept from other sites by `shield.check_origin`. It is not Secure: personas are met over HTTP on this machine.

    Raises NotAllowed for somebody nobody knows, and where a proxy signs people in.
    """
    options, visits = options_of(request), application_of(request).visits
    if not options.personas:
        raise NotAllowed("people sign in at the proxy", field="user", fix="come in through the signing-in proxy")
    token = options.new_token()
    person = visits.sign_in(user, token, DOOR)
    old = request.cookies.get(COOKIE)
    if old:
        visits.sign_out(old)
    response.set_cookie(
        COOKIE, token, max_age=options.session_seconds, path="/", httponly=True, samesite="lax", secure=False
    )
    return person


def sign_out(request: Request, response: Response) -> None:
    """End the session of this browser."""
    token = request.cookies.get(COOKIE)
    if token:
        application_of(request).visits.sign_out(token)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


App = Annotated[Application, Depends(application_of)]
Me = Annotated[User, Depends(current_user)]
"""For routes: the program, and who asks."""
