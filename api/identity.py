"""Who is there, and at which legal entity: every door brings its proof here, and nobody is known in another way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from agent.entities import Entity, unknown
from agent.runtime.application import Application
from agent.runtime.installation import Installation
from agent.settings import Settings
from domain.errors import BadInput, NotAllowed, UnknownReference
from guardrails.people import People, User


@dataclass(frozen=True)
class BySession:
    """A token that a door gave to a browser when somebody signed in; with several entities `ENTITY.token`."""

    token: str


@dataclass(frozen=True)
class ByProxy:
    """A user id or address that a trusted proxy names."""

    name: str
    door: str


@dataclass(frozen=True)
class ByMail:
    """An address that the workspace of a chat vouches for."""

    email: str


@dataclass(frozen=True)
class ByToken:
    """The token of a service account."""

    token: str
    door: str


@dataclass(frozen=True)
class ByName:
    """A user id: picked as a demo persona on this machine, or mapped from the user of the operating system."""

    name: str


Proof = BySession | ByProxy | ByMail | ByToken | ByName


@dataclass(frozen=True)
class Known:
    """An active user, the entity they act at, and its program. `user` holds the grants of that entity alone."""

    user: User
    entity: Entity
    application: Application


class NobodyThere(NotAllowed):
    """Nobody is signed in, or the session is over."""

    code = "sign_in_needed"


class EntityNeeded(BadInput):
    """You work for several legal entities; say for which one this is."""

    code = "entity_needed"

    def __init__(self, mine: tuple[Entity, ...]) -> None:
        names = ", ".join(one.id for one in mine)
        super().__init__("you work for several legal entities", field="entity", fix=f"name one of {names}")
        self.mine = mine


def current_user(installation: Installation, proof: Proof, entity: str = "") -> Known:
    """The active user behind a proof, at `entity` or at their only one.

    Raises NobodyThere without a living session, NotAllowed for whom nobody knows, EntityNeeded when it could be
    several, and UnknownReference alike for an entity that is not there and one where the user has no grant.
    """
    if isinstance(proof, BySession):
        return _of_session(installation, proof, entity)
    found = _candidates(installation, proof, entity)
    if entity and entity not in {one.id for one in found}:
        if found or not installation.several:
            raise unknown(entity)
    elif len(found) > 1 and not entity:
        raise EntityNeeded(found)
    if not found:
        raise _stranger(installation, proof)
    chosen = next(one for one in found if one.id == (entity or one.id))
    application = installation.application(chosen.id)
    return Known(_person(application, proof), chosen, application)


def places_of(installation: Installation, proof: Proof, entity: str = "") -> tuple[Entity, ...]:
    """The entities at which this is an active user, or the one named. Raises as `current_user`; never asks which."""
    try:
        return (current_user(installation, proof, entity).entity,)
    except EntityNeeded as several:
        return several.mine


def entities_of(installation: Installation, known: Known) -> tuple[Entity, ...]:
    """The entities at which this user may work, in written order."""
    if not installation.several:
        return installation.entities
    return tuple(installation.where(lambda people: _active(people, known.user.id) is not None))


def acting_name(settings: Settings, as_user: str | None, os_user: str) -> str:
    """Whom a command acts as: `--as` in demo mode, else the person that the operating-system user is mapped to."""
    return settings.acting_user(as_user, os_user)


def refused(installation: Installation, name: str, why: str, door: str) -> None:
    """Record a refusal where it belongs: with the entities that know the name, else with all: it was at their door."""
    known = tuple(installation.where(lambda people: _named(people, name) is not None))
    for one in known or tuple(installation.where(lambda _: True)):
        installation.application(one.id).visits.refused(name, why, door)


def digest_of(token: str) -> str:
    """What is kept of a service's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _of_session(installation: Installation, proof: BySession, entity: str) -> Known:
    place, token = installation.entities[0].id, proof.token
    if installation.several:
        place, _, token = proof.token.partition(".")
    try:
        application = installation.application(place)
    except UnknownReference:
        raise _over() from None
    person = application.visits.guest(token) if token else None
    if person is None:
        raise _over()
    if entity and entity != place:
        raise unknown(entity)
    return Known(person, installation.entity(place), application)


def _candidates(installation: Installation, proof: Proof, entity: str) -> tuple[Entity, ...]:
    if not installation.several:
        return installation.entities if entity in ("", installation.entities[0].id) else ()
    return tuple(installation.where(lambda people: _finder(proof)(people) is not None))


def _finder(proof: Proof) -> Callable[[People], User | None]:
    match proof:
        case ByMail(email):
            return lambda people: people.with_email(email)
        case ByToken(token):
            return lambda people: people.with_token(digest_of(token))
        case ByProxy(name, _):
            return lambda people: people.with_email(name) or _active(people, name)
        case ByName(name):
            return lambda people: _active(people, name)
        case BySession():
            raise AssertionError("a session names its entity itself")


def _person(application: Application, proof: Proof) -> User:
    """The user at one entity; what a proxy vouches for is recorded there once a day."""
    match proof:
        case ByProxy(name, door):
            return application.visits.vouched(name, door)
        case ByToken(token, door):
            found = application.people.with_token(digest_of(token))
            if found is None:
                application.visits.refused("unknown", "a token that is no service's", door)
                raise _token_refused()
            return application.visits.vouched(found.id, door)
        case ByMail(email):
            mailed = application.people.with_email(email)
            if mailed is None:
                raise NotAllowed("this address is none of our people's", field="user", fix="ask to be added")
            return mailed
        case ByName(name):
            return application.people.get(name)
        case BySession():
            raise AssertionError("a session names its entity itself")


def _stranger(installation: Installation, proof: Proof) -> NotAllowed:
    """What somebody hears whom no entity knows: nothing about who is known."""
    match proof:
        case ByProxy(name, door):
            refused(installation, name, "the proxy names somebody who is not an active user here", door)
        case ByToken(_, door):
            refused(installation, "unknown", "a token that is no service's", door)
            return _token_refused()
        case _:
            pass
    return NotAllowed("nobody here is known by this name", field="user", fix="ask whoever runs Quartermaster")


def _token_refused() -> NotAllowed:
    return NotAllowed("this token is no service's", field="Authorization", fix="show a token that is in force")


def _over() -> NobodyThere:
    return NobodyThere("nobody is signed in", field="session", fix="sign in")


def _named(people: People, name: str) -> User | None:
    """Whoever is called so, active or not."""
    return next((user for user in people.all() if name in (user.id, user.email)), None)


def _active(people: People, user: str) -> User | None:
    found = people.known().get(user)
    return found if found is not None and found.active else None
