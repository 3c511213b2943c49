"""A scenario as it stands in its folder: about, world, events, gold, expected."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from connectors.embedded.world import read_world
from domain.errors import BadInput, UnknownReference
from domain.events import Event
from domain.facts import Facts
from domain.noun import Id, Noun, Text
from evals.verdict.deeds import Gold

FOLDER = Path(__file__).parents[1] / "scenarios"
"""Where the scenarios are."""

Outcome = Literal["act", "ask", "answer", "refuse"]
"""act: something was carried out and nobody asked; ask: a person had to decide; answer: a question was answered;
refuse: an event came, and nothing was carried out or asked."""


class Step(Noun):
    """Something a user says: an event or a question, what must be said about it (patterns), and what becomes of it."""

    user: Id
    event: Event | None = None
    ask: Text = ""
    then: Literal["taken", "stale", "refused"] = "taken"
    say: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _one_thing(self) -> Step:
        if (self.event is None) == (not self.ask):
            raise ValueError("a step is either an event or a question")
        return self


class Ruling(Noun):
    """How a role decides whatever it is asked."""

    role: Id
    say: Literal["approve", "reject"]
    reason: Text = ""


class Script(Noun):
    """What happens, in order, and how people decide. A role that is not named was not to be asked, and rejects."""

    steps: tuple[Step, ...] = Field(min_length=1)
    decisions: tuple[Ruling, ...] = ()


class Expected(Noun):
    """What must be said and asked. `say` and `never` are patterns over all that was said, without regard to case.

    `asked` is exactly who must be asked; `unattended` the kinds of moves that may be carried out without asking;
    `never_decides`: people who hold the role and must be refused nevertheless. `known`: numbers that may be said
    although no record holds them, because the scenario's own text gives them.
    """

    outcome: Outcome
    asked: tuple[Id, ...] = ()
    unattended: tuple[Id, ...] = ()
    never_decides: dict[Id, tuple[Id, ...]] = Field(default_factory=dict)
    known: tuple[int, ...] = ()
    say: tuple[Text, ...] = ()
    never: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _patterns(self) -> Expected:
        for pattern in (*self.say, *self.never):
            re.compile(pattern)
        return self


class Scenario(Noun):
    """One scenario, whole."""

    name: Id
    about: Text
    world: Facts
    script: Script
    gold: Gold
    expected: Expected


def read(folder: Path) -> Scenario:
    """The scenario in a folder. BadInput names the folder and what is wrong with it."""
    try:
        return Scenario(
            name=folder.name,
            about=(folder / "about.md").read_text(encoding="utf-8"),
            world=read_world((folder / "world.yaml").read_text(encoding="utf-8")),
            script=Script.model_validate_json((folder / "events.json").read_bytes()),
            gold=Gold.model_validate_json((folder / "gold.json").read_bytes()),
            expected=Expected.model_validate(yaml.safe_load((folder / "expected.yaml").read_text(encoding="utf-8"))),
        )
    except (OSError, ValidationError, KeyError, json.JSONDecodeError, yaml.YAMLError, UnknownReference) as wrong:
        raise BadInput(f"{folder.name} is no scenario: {wrong}", field="scenario", fix="compare it with 01") from wrong


def folders(names: tuple[str, ...] = (), where: Path = FOLDER) -> tuple[Path, ...]:
    """Every folder of a scenario, in order; or those whose name begins with one of `names`.

    BadInput when a name fits none.
    """
    known = sorted(path for path in where.iterdir() if (path / "about.md").is_file())
    if not names:
        return tuple(known)
    for name in names:
        if not any(path.name.startswith(name) for path in known):
            raise BadInput(
                f"there is no scenario '{name}'",
                field="scenario",
                fix=f"one of {', '.join(path.name for path in known)}",
            )
    return tuple(path for path in known if path.name.startswith(names))
