"""Who may decide: users and their roles, from a YAML file or the demo personas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints, ValidationError, model_validator

from domain.errors import BadInput, NotAllowed
from domain.noun import Id, Noun, Text
from guardrails.policy.document import Document
from guardrails.policy.fields import MoneyAmount, RoleId, UnitsAmount

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Grant(Noun):
    """A role a user has, and where it ends: at these legal entities and sites (none named: all), and at limits that are
    narrower than those of the role itself."""

    role: RoleId
    entities: tuple[Id, ...] = ()
    sites: tuple[Id, ...] = ()
    max_value_at_stake: MoneyAmount | None = None
    max_units: UnitsAmount | None = None


class User(Noun):
    """A person or service account. One that is not active decides nothing.

    `roles: [lead]` in a file is short for a grant of that role without limits; read back, `roles` names every role.
    """

    id: Id
    name: Text
    email: Text
    roles: tuple[RoleId, ...] = ()
    grants: tuple[Grant, ...] = ()
    active: bool = True
    service: bool = False
    """A program, not a person: it may raise and ask, and never decides."""
    tokens: tuple[Sha256, ...] = ()
    """Of a service: the sha256 of each token it may show. The token itself is written nowhere."""

    @model_validator(mode="after")
    def _both_ways(self) -> User:
        if self.tokens and not self.service:
            raise ValueError("only a service has tokens; people sign in")
        granted = {grant.role for grant in self.grants}
        whole = tuple(Grant(role=role) for role in self.roles if role not in granted)
        object.__setattr__(self, "grants", (*whole, *self.grants))
        object.__setattr__(self, "roles", tuple(dict.fromkeys((*self.roles, *(grant.role for grant in self.grants)))))
        return self


class _File(Noun):
    people: tuple[User, ...]


class People:
    """The users of an installation. What is asked is answered as things stand at that moment."""

    def __init__(self, users: Iterable[User]) -> None:
        """Raises BadInput when an id is given twice."""
        self._users: dict[str, User] = {}
        for user in users:
            if user.id in self._users:
                raise BadInput(f"the user '{user.id}' stands here twice", field="people", fix="keep one of them")
            self._users[user.id] = user

    def known(self) -> Mapping[str, User]:
        """Every user by id, in written order; the one look that everything else rests on."""
        return self._users

    def void_until(self, user: str) -> datetime | None:
        """What this user decided up to this moment no longer counts where it is not carried out; None: all counts."""
        del user
        return None

    def still(self) -> People:
        """The same people as they stand now, for one look at many things."""
        return self

    def all(self) -> tuple[User, ...]:
        """Everyone, in written order."""
        return tuple(self.known().values())

    def get(self, user: str) -> User:
        """The active user with this id. NotAllowed when there is none."""
        users = self.known()
        found = users.get(user)
        if found is None:
            known = ", ".join(users) or "nobody yet"
            raise NotAllowed(f"there is no user '{user}'", field="user", fix=f"act as one of {known}")
        if not found.active:
            raise NotAllowed(f"the user '{user}' is no longer active", field="user", fix="ask someone who is")
        return found

    def person(self, user: str) -> User:
        """The active person with this id, for what a program may not do. NotAllowed for a service, as for nobody."""
        found = self.get(user)
        if found.service:
            raise NotAllowed(f"{user} is a service: it decides nothing", field="user", fix="have a person do it")
        return found

    def with_email(self, email: str) -> User | None:
        """The active user with this address, whatever its case. A service has no address that is believed."""
        wanted = email.strip().casefold()
        return next((u for u in self.all() if u.active and not u.service and u.email.casefold() == wanted), None)

    def with_token(self, digest: str) -> User | None:
        """The active service that shows a token with this sha256."""
        return next((u for u in self.all() if u.active and digest in u.tokens), None)

    def holding(self, role: str) -> tuple[User, ...]:
        """Active people with this role; with `lead/finance`, with one of them. Services decide nothing."""
        wanted = set(role.split("/"))
        return tuple(user for user in self.all() if user.active and not user.service and wanted & set(user.roles))

    def within(self, entity: str, *, alone: bool = False) -> People:
        """The people of one legal entity: with the grants they have there, as if there were no other entity.

        Whoever has no grant there is unknown there. Where it is `alone`, people without any grant are known as well.
        """
        return People(inside for user in self.all() if (inside := _inside(user, entity, alone)) is not None)


def _inside(user: User, entity: str, alone: bool) -> User | None:
    grants = tuple(
        grant.model_copy(update={"entities": ()})
        for grant in user.grants
        if not grant.entities or entity in grant.entities
    )
    if not grants and not (alone and not user.grants):
        return None
    return User(**{**{name: getattr(user, name) for name in User.model_fields}, "roles": (), "grants": grants})


def personas() -> People:
    """The demo personas."""
    text = resources.files("guardrails").joinpath("people.yaml").read_text(encoding="utf-8")
    return parse(text, "people.yaml")


def load(path: Path) -> People:
    """The people of a file. BadInput when it cannot be read or is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        raise BadInput(
            f"the people file cannot be read ({broken.__class__.__name__})",
            field=str(path),
            fix="check the path and that it is UTF-8 text",
        ) from None
    return parse(text, path.name)


def parse(text: str, name: str = "people") -> People:
    """The people of a YAML text; BadInput names file, line, field and fix."""
    document = Document(name, text)
    try:
        read = _File.model_validate(document.data)
    except ValidationError as wrong:
        item = wrong.errors()[0]
        path, field = document.path(item["loc"]), item["loc"][-1] if item["loc"] else name
        raise document.error(path, f"{field}: {item['msg']}", "give id, name, email and roles") from None
    return People(read.people)
