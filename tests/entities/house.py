"""Two companies in one installation: worlds of drawn seeds in which everything is marked, with cases and cards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from agent.entities import Entity, entities
from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from agent.runtime.compose import open_application
from agent.runtime.installation import Installation
from agent.runtime.world import load_world
from agent.settings import Settings
from evals.isolation import marked
from evals.worlds.world import World
from guardrails.policy import default_text

EVERYTHING = "[planner, lead, finance, warehouse_manager, commercial, operations, auditor]"


@dataclass(frozen=True)
class Company:
    """One legal entity: its mark, its world, and who works there. `user` may do everything that its roles may."""

    mark: str
    world: World

    @property
    def id(self) -> str:
        """The id of the entity."""
        return f"{self.mark}-GmbH"

    @property
    def user(self) -> str:
        """Somebody with every role here and none elsewhere."""
        return f"{self.mark}-anna"

    @property
    def other(self) -> str:
        """Somebody else with every role here."""
        return f"{self.mark}-otto"

    @property
    def now(self) -> datetime:
        """An hour after what happened."""
        return self.world.facts.taken_at + timedelta(hours=1)


def company(seed: int, mark: str) -> Company:
    """The company of a seed and a mark."""
    return Company(mark, marked(seed, mark))


def settings_of(folder: Path, *companies: Company, both: str = "") -> Settings:
    """The settings of an installation of these companies, with its files written. `both` works at every one."""
    rows = []
    for one in companies:
        grants = f"entities: ['{one.id}']"
        for person in (one.user, one.other):
            roles = ", ".join(f"{{role: {role}, {grants}}}" for role in EVERYTHING.strip("[]").split(", "))
            rows.append(f"  - {{id: {person}, name: {person} Doe, email: {person}@example.com, grants: [{roles}]}}")
    if both:
        rows.append(f"  - {{id: {both}, name: {both}, email: {both}@example.com, roles: [operations, planner]}}")
    (folder / "people.yaml").write_text("\n".join(["people:", *rows, ""]), encoding="utf-8")
    listed = []
    for place, one in enumerate(companies):
        books = folder / f"books{place}"
        books.mkdir(exist_ok=True)
        title = f"{one.mark} house rules"
        name = f"{one.mark}-rules".lower()
        head = f"---\nid: {name}\ntitle: {title}\nkind: sop\nversion: 1.0\nowner: {one.mark} quality\n---\n"
        text = f"{head}How the dock of {one.mark} works.\n\n## Hours\nThe dock of {one.mark} opens at six.\n"
        (books / f"{name}.md").write_text(text, encoding="utf-8")
        policy = folder / f"policy{place}.yaml"
        policy.write_text(default_text().replace("default: act", "default: approve"), encoding="utf-8")
        own = f"policy: policy{place}.yaml, knowledge: books{place}"
        listed.append(f"  - {{id: '{one.id}', name: '{one.mark} Handel', {own}}}")
    (folder / "entities.yaml").write_text("\n".join(["entities:", *listed, ""]), encoding="utf-8")
    given = {"home": folder / "home", "entities": folder / "entities.yaml", "people": folder / "people.yaml"}
    return Settings.model_validate(given)


@contextmanager
def opened_at(settings: Settings, one: Company, *, works: bool = True) -> Iterator[Application]:
    """The program of one company, on its own clock."""
    entity = next(found for found in entities(settings) if found.id == one.id)
    application = open_application(entity.settings, clock=FixedClock(one.now), works=works)
    try:
        yield application
    finally:
        application.close()


def begin(settings: Settings, one: Company, questions: int, *, sweep: bool = False) -> None:
    """The world of a company in its folder, its event taken in, and so many questions asked and answered."""
    home = next(found for found in entities(settings) if found.id == one.id).settings.home
    home.mkdir(parents=True)
    load_world(home, one.world.facts)
    with opened_at(settings, one) as application:
        for event in one.world.events:
            application.take_event(event, one.user)
        if sweep:
            application.triage_once(one.user)
        for number in range(questions):
            application.ask(
                f"Who holds the stock of {one.world.hot}? ({number})", one.user, f"{one.mark}-talk-{number}"
            )


@contextmanager
def installed(settings: Settings, *companies: Company) -> Iterator[Installation]:
    """All of them behind one door; nothing is carried out."""
    clocks = {one.id: FixedClock(one.now) for one in companies}

    def opening(entity: Entity) -> tuple[Application, object]:
        application = open_application(entity.settings, clock=clocks[entity.id], works=False)
        return application, application.close

    held = Installation(entities(settings), opening)  # type: ignore[arg-type]
    try:
        yield held
    finally:
        held.close()


def contents(settings: Settings, one: Company) -> dict[str, str]:
    """Every byte that the databases of a company hold, as SQL."""
    home = next(found for found in entities(settings) if found.id == one.id).settings.home
    found = {}
    for path in sorted(home.glob("*.db")):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            found[path.name] = "\n".join(database.iterdump())
        database.close()
    return found
