"""Who may decide: users and their roles, from a YAML file or the demo personas."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from pydantic import ValidationError, model_validator

from domain.errors import BadInput, NotAllowed
from domain.noun import Id, Noun, Text
from guardrails.policy.document import Document
from guardrails.policy.fields import MoneyAmount, RoleId, UnitsAmount


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

    @model_validator(mode="after")
    def _both_ways(self) -> User:
        granted = {grant.role for grant in self.grants}
        whole = tuple(Grant(role=role) for role in self.roles if role not in granted)
        object.__setattr__(self, "grants", (*whole, *self.grants))
        object.__setattr__(self, "roles", tuple(dict.fromkeys((*self.roles, *(grant.role for grant in self.grants)))))
        return self


class _File(Noun):
    people: tuple[User, ...]


class People:
    """The users of an installation."""

    def __init__(self, users: Iterable[User]) -> None:
        """Raises BadInput when an id is given twice."""
        self._users: dict[str, User] = {}
        for user in users:
            if user.id in self._users:
                raise BadInput(f"the user '{user.id}' stands here twice", field="people", fix="keep one of them")
            self._users[user.id] = user

    def all(self) -> tuple[User, ...]:
        """Everyone, in written order."""
        return tuple(self._users.values())

    def get(self, user: str) -> User:
        """The active user with this id. NotAllowed when there is none."""
        found = self._users.get(user)
        if found is None:
            known = ", ".join(self._users) or "nobody yet"
            raise NotAllowed(f"there is no user '{user}'", field="user", fix=f"act as one of {known}")
        if not found.active:
            raise NotAllowed(f"the user '{user}' is no longer active", field="user", fix="ask someone who is")
        return found

    def with_email(self, email: str) -> User | None:
        """The active user with this address, whatever its case."""
        wanted = email.strip().casefold()
        return next((u for u in self._users.values() if u.active and u.email.casefold() == wanted), None)

    def holding(self, role: str) -> tuple[User, ...]:
        """Active users with this role; with `lead/finance`, with one of them."""
        wanted = set(role.split("/"))
        return tuple(user for user in self._users.values() if user.active and wanted & set(user.roles))


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
