"""What every command starts from: settings, clock, who asks, how to answer; nothing is opened until needed."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.output import Format, Output
from domain.errors import BadInput

if TYPE_CHECKING:
    from agent.entities import Entity
    from agent.runtime.compose import Application
    from agent.runtime.installation import Installation
    from agent.settings import Settings


def parse_now(text: str | None, option: str = "--now") -> datetime | None:
    """An option as an instant: a date (midnight UTC) or ISO 8601 with or without a zone (UTC when absent)."""
    if text is None:
        return None
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time(0), tzinfo=UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"'{text[:40]}' is not a date or time", field=option, fix="write 2026-03-02 or 2026-03-02T08:00:00Z"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Session:
    """One invocation of the program."""

    output: Output
    home: Path | None
    now: datetime | None
    as_user: str | None
    entity: str | None = None

    def told(self) -> Settings:
        """Settings of the installation from the environment, with `--home` and `--entity` on top."""
        from agent.settings import load_settings

        told = load_settings(home=self.home)
        return told.model_copy(update={"entity": self.entity}) if self.entity else told

    def settings(self, *, anybody: bool = False) -> Settings:
        """Settings of the legal entity that this command is about: the one named, else the only one of who acts.

        With several, only somebody known there gets them, unless it is for `anybody`: a worker. Raises UnknownReference
        for an entity that is not there and for one where the user has no grant, EntityNeeded when it could be several.
        """
        from agent.entities import chosen, entities, unknown

        told = self.told()
        if told.entities is None:
            return chosen(entities(told), told.entity or entities(told)[0].id).settings
        if anybody:
            return chosen(entities(told), told.entity or "").settings
        from api.identity import ByName, current_user
        from domain.errors import NotAllowed

        with self.installation() as held:
            try:
                return current_user(held, ByName(self.user(told)), told.entity or "").entity.settings
            except NotAllowed as nobody:
                raise unknown(told.entity) if told.entity else nobody from None

    def user(self, settings: Settings) -> str:
        """Who acts: `--as` in demo mode, else the person that the operating-system user is mapped to."""
        from api.identity import acting_name

        return acting_name(settings, self.as_user, getpass.getuser())

    def tell_other_file(self, application: Application) -> None:
        """Say on stderr that the policy file named for this installation is not what is in force."""
        if application.policies.other_file is not None:
            self.output.progress(f"quartermaster: {application.policies.other_file.text}")

    @contextmanager
    def installation(self) -> Iterator[Installation]:
        """Every legal entity, each opened when it is needed; what is to be carried out is left to its worker."""
        from agent.entities import entities
        from agent.runtime.bring import remembered_time
        from agent.runtime.compose import open_application
        from agent.runtime.installation import Installation

        def opening(entity: Entity) -> tuple[Application, Callable[[], None]]:
            now = self.now or remembered_time(entity.settings.home)
            application = open_application(entity.settings, now=now, works=False)
            return application, application.close

        held = Installation(entities(self.told()), opening, self.home)
        try:
            yield held
        finally:
            held.close()

    @contextmanager
    def application(self, *, create: bool = True, anybody: bool = False) -> Iterator[Application]:
        """The program, opened on the data folder and closed again. In a demo's folder it is the time of its world; for
        `anybody`, a worker that stays, it goes on from there."""
        from agent.runtime.bring import remembered_time
        from agent.runtime.clock import RunningClock
        from agent.runtime.compose import open_application

        settings = self.settings(anybody=anybody)
        left = remembered_time(settings.home)
        clock = RunningClock(left) if anybody and left is not None and self.now is None else None
        application = open_application(settings, clock=clock, now=self.now or left, create=create)
        try:
            self.tell_other_file(application)
            yield application
        finally:
            application.close()


Run = Callable[[Session], int]


def new_session(
    output: Format,
    home: Path | None = None,
    now: str | None = None,
    as_user: str | None = None,
    entity: str | None = None,
) -> Session:
    """A session from raw option values; BadInput when `--now` cannot be read."""
    return Session(Output(output), home, parse_now(now), as_user, entity)
