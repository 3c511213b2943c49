"""The legal entities of an installation: a file says which, and gives each its own settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError, field_validator

from agent.settings import Settings, variable
from domain.errors import BadInput, UnknownReference
from domain.noun import Id, Noun, Text
from guardrails.policy.document import Document

MAIN = "main"
"""The one entity of an installation that names none."""


class _Written(Noun):
    """One entity as it is written. What is absent is as for the whole installation, in a place of its own."""

    id: Id
    name: Text
    home: Path | None = None
    database_url: str | None = None
    tenant: Id | None = None
    keys: Path | None = None
    sign_command: str | None = None
    policy: Path | None = None
    knowledge: Path | None = None
    planner: str | None = None
    model: str | None = None
    triage_minutes: int | None = None
    slack_channel: str | None = None
    slack_teams: tuple[Text, ...] = ()
    slack_channels: tuple[Text, ...] = ()

    @field_validator("id")
    @classmethod
    def _plain(cls, value: str) -> str:
        if "." in value or "/" in value:
            raise ValueError("an entity's id has no dots and slashes")
        return value


class _File(Noun):
    entities: tuple[_Written, ...]


class Entity(Noun):
    """A legal entity: its id, its name, what it was told, and which part of Slack is its own."""

    id: Id
    name: Text
    settings: Settings
    slack_teams: tuple[Text, ...] = ()
    slack_channels: tuple[Text, ...] = ()


def entities(settings: Settings, environ: Mapping[str, str] | None = None) -> tuple[Entity, ...]:
    """The entities of an installation, in written order; the one `main` when there is no file.

    A value `$NAME` is taken from the environment, so that no password stands in the file. Paths start at the folder of
    the file. Raises BadInput with file, line and fix for a file that is wrong or lets two entities share anything.
    """
    if settings.entities is None:
        return (Entity(id=MAIN, name=MAIN, settings=settings),)
    try:
        text = settings.entities.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as broken:
        raise BadInput(
            f"the entities file cannot be read ({type(broken).__name__})",
            field="QUARTERMASTER_ENTITIES",
            fix="check the path and that it is UTF-8 text",
        ) from None
    document = Document(settings.entities.name, text)
    try:
        written = _File.model_validate(document.data).entities
    except ValidationError as wrong:
        item = wrong.errors()[0]
        path, field = document.path(item["loc"]), item["loc"][-1] if item["loc"] else "entities"
        raise document.error(
            path, f"{field}: {item['msg']}", "give each entity id and name; see docs/identity.md"
        ) from None
    if not written:
        raise document.error(("entities",), "no entity is named", "name one, or leave QUARTERMASTER_ENTITIES out")
    made = tuple(_entity(one, settings, document, place, environ) for place, one in enumerate(written))
    _apart(made, document)
    return made


def chosen(known: tuple[Entity, ...], wanted: str) -> Entity:
    """The entity with this id. UnknownReference, which names no other, when there is none."""
    for one in known:
        if one.id == wanted:
            return one
    raise unknown(wanted)


def unknown(wanted: str) -> UnknownReference:
    """What is said of an entity that is not there, and of one in which somebody has no grant: the same."""
    return UnknownReference(
        f"there is no legal entity '{wanted[:80]}' for you here", field="entity", fix="name one you have a grant in"
    )


def _entity(
    one: _Written, settings: Settings, document: Document, place: int, environ: Mapping[str, str] | None
) -> Entity:
    assert settings.entities is not None
    folder = settings.entities.absolute().parent
    told: dict[str, Any] = {"entity": one.id, "tenant": one.tenant or one.id}
    told["home"] = _path(folder, one.home) if one.home else settings.home / one.id
    told["keys"] = _path(folder, one.keys) if one.keys else settings.keys and settings.keys / one.id
    told["database_url"] = None
    if one.database_url is not None:
        told["database_url"] = (
            variable(one.database_url[1:], environ) if one.database_url.startswith("$") else one.database_url
        )
        if not told["database_url"]:
            raise document.error(
                ("entities", place, "database_url"), f"{one.database_url} is not set", "set it, or write the URL"
            )
    for name in ("policy", "knowledge"):
        if (given := getattr(one, name)) is not None:
            told[name] = _path(folder, given)
    for name in ("sign_command", "planner", "model", "triage_minutes", "slack_channel"):
        if (given := getattr(one, name)) is not None:
            told[name] = given
    if one.slack_channel is None:
        told["slack_channel"] = None
    whole = {name: getattr(settings, name) for name in Settings.model_fields}
    try:
        own = Settings.model_validate({**whole, **told})
    except ValidationError as wrong:
        item = wrong.errors(include_url=False, include_input=False)[0]
        field = item["loc"][0]
        raise document.error(
            ("entities", place, str(field)), f"{field}: {item['msg']}", "see docs/identity.md"
        ) from None
    return Entity(
        id=one.id, name=one.name, settings=own, slack_teams=one.slack_teams, slack_channels=one.slack_channels
    )


def _path(folder: Path, given: Path) -> Path:
    return (folder / given.expanduser()).absolute()


def _apart(made: tuple[Entity, ...], document: Document) -> None:
    """Two entities share nothing that holds data. What the fields are called in the file, and what they come to."""
    held: dict[str, Callable[[Entity], tuple[str, ...]]] = {
        "id": lambda one: (one.id,),
        "home": lambda one: (str(one.settings.home.resolve()),),
        "database_url": lambda one: (_where(one.settings.database),),
        "keys": lambda one: (str((one.settings.keys or one.settings.home / "keys").resolve()),),
        "tenant": lambda one: (one.settings.tenant,),
        "slack_channels": lambda one: (*one.slack_channels, one.settings.slack_channel or f"none of {one.id}"),
    }
    for field, values_of in held.items():
        taken: dict[str, str] = {}
        for place, one in enumerate(made):
            for value in set(values_of(one)):
                if value in taken:
                    shown = "" if field == "database_url" else f" ({value})"
                    raise document.error(
                        ("entities", place, field),
                        f"{one.id} and {taken[value]} have the same {field}{shown}",
                        "give each its own; nothing that holds data is shared",
                    )
                taken[value] = one.id
    homes = [(one.id, one.settings.home.resolve()) for one in made]
    for place, (mine, home) in enumerate(homes):
        for other, outer in homes:
            if mine != other and outer in home.parents:
                raise document.error(
                    ("entities", place, "home"), f"{mine} lies in the folder of {other}", "move it out"
                )


def _where(url: str) -> str:
    """What a database URL leads to, without who asks: the durable engine has one schema in a database, so that two
    schemas of one database are not apart enough."""
    parts = urlsplit(url)
    if parts.scheme.startswith("sqlite"):
        return str(Path(parts.path.removeprefix("/")).resolve()) if parts.path not in ("", "/") else f"memory {url}"
    return f"{(parts.hostname or '').lower()}:{parts.port or 5432}{parts.path}"
