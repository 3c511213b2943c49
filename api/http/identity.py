"""Who sent a request: its proof (a session, a trusted proxy's word, a service's token), for `api.identity` to judge.
Every door of the web asks `current_user`."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request, Response

from agent.entities import Entity
from agent.runtime.application import Application
from agent.runtime.installation import Installation
from api.http.options import Options
from api.http.problems import SignInNeeded
from api.http.stream import Broadcaster
from api.identity import ByName, ByProxy, BySession, ByToken, Known, NobodyThere, Proof, entities_of, refused
from api.identity import current_user as known_by
from domain.errors import NotAllowed, QuartermasterError
from guardrails.people import User

COOKIE = "quartermaster_session"
PLACE = "quartermaster_entity"
"""Behind a proxy, the entity somebody has chosen in this browser."""
HEADER = "x-quartermaster-entity"
DOOR = "web"
BEARER = "bearer "


def installation_of(request: Request) -> Installation:
    """Everything behind this door."""
    found: Installation = request.app.state.installation
    return found


def application_of(request: Request) -> Application:
    """The program of the entity that this request is about: that of its user."""
    installation = installation_of(request)
    return known_of(request).application if installation.several else installation.application(installation.only.id)


def options_of(request: Request) -> Options:
    """What this door was told."""
    found: Options = request.app.state.options
    return found


def broadcaster_of(request: Request) -> Broadcaster:
    """What tells the runs of this request's entity, and of no other."""
    installation = installation_of(request)
    entity = known_of(request).entity if installation.several else installation.only
    found: Broadcaster = request.app.state.broadcaster.of(entity.id)
    return found


def current_user(request: Request) -> User:
    """The active user who sent this request.

    Raises SignInNeeded when nobody is signed in, NotAllowed for a header from somebody who is not the proxy and for a
    person we do not know, and what `api.identity.current_user` raises about entities.
    """
    return known_of(request).user


def known_of(request: Request) -> Known:
    """The user who sent this request, and the entity it is about."""
    known: Known | None = getattr(request.state, "known", None)
    if known is None:
        known = request.state.known = _who(request)
    return known


def still_there(request: Request) -> bool:
    """Whether the user of a request that goes on and on is still signed in and active, at the same entity."""
    try:
        return _who(request).entity.id == known_of(request).entity.id
    except QuartermasterError:
        return False


def _who(request: Request) -> Known:
    asked = request.headers.get(HEADER) or request.query_params.get("entity") or ""
    proof = _proof(request)
    if not asked and isinstance(proof, ByProxy) and installation_of(request).several:
        asked = request.cookies.get(PLACE, "")
    try:
        return known_by(installation_of(request), proof, asked)
    except NobodyThere as nobody:
        raise SignInNeeded(nobody.message, field=nobody.field, fix="sign in as one of the personas") from None


def _proof(request: Request) -> Proof:
    options = options_of(request)
    said = request.headers.get("authorization", "")
    if said[: len(BEARER)].lower() == BEARER:
        return ByToken(said[len(BEARER) :].strip(), DOOR)
    if options.personas:
        return BySession(request.cookies.get(COOKIE, ""))
    return ByProxy(_vouched_for(request, options), DOOR)


def _vouched_for(request: Request, options: Options) -> str:
    """Whom the proxy names. The header counts from a trusted proxy alone, and only when it names one person."""
    named = request.headers.getlist(options.header)
    if not named:
        raise SignInNeeded("the proxy names nobody", field=options.header, fix="come in through the signing-in proxy")
    peer = request.client.host if request.client else ""
    if not _trusted(peer, options.proxies):
        why = f"a sign-in header from {peer or 'nowhere'}, which is no trusted proxy"
        refused(installation_of(request), named[0], why, DOOR)
        raise NotAllowed(
            "only a trusted proxy may say who is signed in", field=options.header, fix="come in through the proxy"
        )
    if len(named) != 1 or not named[0].strip():
        raise NotAllowed("the proxy names more than one person or none", field=options.header, fix="check the proxy")
    return named[0].strip()


def _trusted(peer: str, proxies: tuple[str, ...]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in ip_network(network) for network in proxies)


def personas_of(request: Request) -> tuple[User, ...]:
    """Whom one may sign in as by picking: the active people of a demo with one entity. With several, names are told to
    nobody who has not signed in, so that one has to know one's own."""
    installation = installation_of(request)
    if not options_of(request).personas or installation.several:
        return ()
    people = installation.application(installation.only.id).people
    return tuple(user for user in people.all() if user.active and not user.service)


def sign_in(request: Request, response: Response, user: str, entity: str = "") -> Known:
    """Begin a session of a persona and give its cookie to the browser; what came before in this browser ends.

    The cookie comes along when somebody follows a link to a card from elsewhere (SameSite=Lax); what changes something
    is kept from other sites by `shield.check_origin`. It is not Secure: personas are met over HTTP on this machine.

    Raises NotAllowed for somebody nobody knows and for a service, and where a proxy signs people in; EntityNeeded and
    UnknownReference about the entity, at which the session stays.
    """
    options, installation = options_of(request), installation_of(request)
    if not options.personas:
        raise NotAllowed("people sign in at the proxy", field="user", fix="come in through the signing-in proxy")
    try:
        known = known_by(installation, ByName(user), entity)
    except NotAllowed as nobody:
        refused(installation, user, str(nobody), DOOR)
        raise
    if known.user.service:
        refused(installation, user, "a service does not sign in", DOOR)
        raise NotAllowed(f"{user} is a service", field="user", fix="show its token instead")
    token = options.new_token()
    known.application.visits.sign_in(user, token, DOOR)
    _end_session(request)
    value = f"{known.entity.id}.{token}" if installation.several else token
    response.set_cookie(
        COOKIE, value, max_age=options.session_seconds, path="/", httponly=True, samesite="lax", secure=False
    )
    return known


def sign_out(request: Request, response: Response) -> None:
    """End the session of this browser."""
    _end_session(request)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def move_to(request: Request, response: Response, entity: str) -> Known:
    """Go on at another entity of one's own: with a new session there, behind a proxy with a mark in this browser."""
    if options_of(request).personas:
        return sign_in(request, response, current_user(request).id, entity)
    known = known_by(installation_of(request), _proof(request), entity)
    response.set_cookie(PLACE, known.entity.id, path="/", httponly=True, samesite="lax", secure=False)
    return known


def my_entities(request: Request) -> tuple[Entity, ...]:
    """The entities at which the user of this request may work; asked also by those who have not chosen one yet."""
    from api.identity import EntityNeeded

    try:
        return entities_of(installation_of(request), known_of(request))
    except EntityNeeded as several:
        return several.mine


def _end_session(request: Request) -> None:
    held = request.cookies.get(COOKIE, "")
    if not held:
        return
    installation = installation_of(request)
    place, _, token = held.partition(".") if installation.several else (installation.only.id, "", held)
    if place in {one.id for one in installation.entities}:
        installation.application(place).visits.sign_out(token)


App = Annotated[Application, Depends(application_of)]
Me = Annotated[User, Depends(current_user)]
"""For routes: the program of the entity, and who asks."""
