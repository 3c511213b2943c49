"""Settings: the one module that reads the environment. Importing it costs nothing but pydantic."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from domain.errors import BadInput, NotAllowed
from domain.noun import Id

OFFLINE = {
    "LANGGRAPH_STRICT_MSGPACK": "true",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGCHAIN_TRACING": "false",
    "DBOS_TELEMETRY": "false",
}
"""What the frameworks must find in the environment before they are imported: closed formats, and nobody to phone."""


def _mapping(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    if any(not sign or not left.strip() or not right.strip() for left, sign, right in pairs):
        raise ValueError("write os_user=our_user, separated by commas")
    return {left.strip(): right.strip() for left, _, right in pairs}


def _list(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], BeforeValidator(_list)]
"""Several values, written `one,another`."""


class Settings(BaseModel):
    """What the program was told. Every field can be set by `QUARTERMASTER_<FIELD>`, the model's by `OPENAI_*`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path
    """The data folder."""
    database_url: SecretStr | None = None
    """Our database; a SQLite file in the data folder when absent. May hold a password, so it is never shown whole."""
    mode: Literal["demo", "live"] = "demo"
    """In demo mode `--as` names a persona; in live mode the operating-system user must be mapped."""
    users: Annotated[dict[str, str], BeforeValidator(_mapping)] = {}
    """Live mode: operating-system user -> our user, written `os=ours,os=ours`."""
    people: Path | None = None
    """A YAML file of our users and their roles; the demo personas when absent."""
    entities: Path | None = None
    """A YAML file of the legal entities of this installation; one, `main`, when absent."""
    entity: Id | None = None
    """Which of them is meant, where nobody says otherwise."""
    tenant: Id = "local"
    planner: Literal["rules", "llm"] = "rules"
    policy: Path | None = None
    """The policy file; the shipped one when absent."""
    knowledge: Path | None = None
    """A folder of your own documents, beside the starter library."""
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    model: str = ""
    """Which model the endpoint should answer with."""
    model_timeout: float = Field(default=60.0, gt=0, le=600)
    """Seconds for one answer of the model."""
    model_turns: int = Field(default=12, ge=1, le=50)
    """Answers of the model in one run before the rules planner takes over."""
    lease_seconds: int = Field(default=20, ge=2, le=600)
    """How long a worker may be silent before another takes over its work."""
    park_after: int = Field(default=3, ge=1, le=20)
    """Attempts on a silent system before a saga is parked."""
    proxy_user_header: str = Field(default="", pattern=r"^[A-Za-z0-9-]*$")
    """The header in which a trusted proxy names who is signed in (our user id or e-mail address); "" for none."""
    trusted_proxies: Listed = ()
    """Addresses or networks whose header is believed; from anybody else it is refused."""
    session_hours: int = Field(default=12, ge=1, le=720)
    """How long somebody who signed in stays signed in."""
    embed_ancestors: Listed = ()
    """Origins whose pages may show the embedded panel in a frame; nobody's when empty."""
    slack_signing_secret: SecretStr | None = None
    """What Slack signs its requests with; without it and a bot token there is no Slack door."""
    slack_bot_token: SecretStr | None = None
    """The bot token of the Slack app."""
    slack_api_url: str = "https://slack.com/api/"
    """Where the Slack Web API is."""
    slack_channel: str | None = None
    """The Slack channel for approval cards of cases that were not born in Slack; none there when absent."""
    keys: Path | None = None
    """The folder of the keys that sign the ledger; `keys` in the data folder when absent."""
    sign_command: str = ""
    """A command that signs instead, for an HSM: message on stdin, signature on stdout; `{key}` is the id of the key."""
    checkpoint_entries: int = Field(default=500, ge=1, le=1_000_000)
    """A worker signs the ledger when so many entries are not signed yet, ..."""
    checkpoint_minutes: int = Field(default=60, ge=1, le=10_080)
    """... or so many minutes after the last signature, when anything came."""
    triage_minutes: int | None = Field(default=None, ge=0, le=1440)
    """How often a worker sweeps for exceptions; 0 is never. When absent `quartermaster worker` takes 15, others 0."""
    sources: tuple[tuple[str, str], ...] = ()
    """Where each given field came from: (field, variable or option)."""

    @property
    def database(self) -> str:
        """SQLAlchemy URL of our database."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'quartermaster.db'}"

    def acting_user(self, as_user: str | None, os_user: str) -> str:
        """Who acts: `--as` in demo mode (the demo planner when absent), else whom the system user is mapped to.

        Raises NotAllowed when nobody is named.
        """
        if self.mode == "demo":
            return as_user or DEMO_USER
        if as_user is not None and as_user != self.users.get(os_user):
            raise NotAllowed(
                "`--as` is for demo mode", field="--as", fix="leave it out; you act as your operating-system user"
            )
        if os_user not in self.users:
            raise NotAllowed(
                f"the operating-system user '{os_user}' is not mapped to one of ours",
                field="QUARTERMASTER_USERS",
                fix=f"add {os_user}=YOUR_USER to QUARTERMASTER_USERS",
            )
        return self.users[os_user]

    def view(self) -> tuple[tuple[str, str, str], ...]:
        """(field, value, where from), secrets masked, in field order."""
        came = dict(self.sources)
        return tuple(
            (name, _shown(getattr(self, name)), came.get(name, "default"))
            for name in type(self).model_fields
            if name != "sources"
        )


DEMO_USER = "paula"
"""Who acts in demo mode when nobody is named."""

_VARIABLES = {"openai_api_key": "OPENAI_API_KEY", "openai_base_url": "OPENAI_BASE_URL"}


def load_settings(home: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment, `home` on top. BadInput names the variable that cannot be used and the fix."""
    found = os.environ if environ is None else environ
    values: dict[str, object] = {}
    sources: list[tuple[str, str]] = []
    for field in Settings.model_fields:
        variable = _VARIABLES.get(field, f"QUARTERMASTER_{field.upper()}")
        if field != "sources" and found.get(variable):
            values[field] = found[variable]
            sources.append((field, variable))
    if home is not None:
        values["home"] = home
        sources = [pair for pair in sources if pair[0] != "home"] + [("home", "--home")]
    values.setdefault("home", _default_home(found))
    values["home"] = Path(str(values["home"])).expanduser().absolute()
    try:
        return Settings.model_validate({**values, "sources": tuple(sources)})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(first["loc"][0])
        variable = _VARIABLES.get(name, f"QUARTERMASTER_{name.upper()}")
        raise BadInput(first["msg"], field=variable, fix=f"change or unset {variable}") from None


def variable(name: str, environ: Mapping[str, str] | None = None) -> str:
    """A variable that a file of ours names instead of a secret; "" when it is not set."""
    return (os.environ if environ is None else environ).get(name, "")


def prepare_process() -> None:
    """Tell the frameworks, before they are imported, to stay closed and offline. What the user set himself stands."""
    for name, value in OFFLINE.items():
        os.environ.setdefault(name, value)


def _default_home(environ: Mapping[str, str]) -> Path:
    data = environ.get("XDG_DATA_HOME") or environ.get("LOCALAPPDATA")
    return Path(data) / "quartermaster" if data else Path("~/.local/share/quartermaster")


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ",".join(f"{left}={right}" for left, right in value.items())
    if isinstance(value, tuple):
        return ",".join(str(one) for one in value)
    return str(value)
