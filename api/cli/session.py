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
    from agent.runtime.compose import Application
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

    def settings(self) -> Settings:
        """Settings from the environment, with `--home` on top."""
        from agent.settings import load_settings

        return load_settings(home=self.home)

    def user(self, settings: Settings) -> str:
        """Who acts: `--as` in demo mode, else the person that the operating-system user is mapped to."""
        return settings.acting_user(self.as_user, getpass.getuser())

    def tell_other_file(self, application: Application) -> None:
        """Say on stderr that the policy file named for this installation is not what is in force."""
        if application.policies.other_file is not None:
            self.output.progress(f"quartermaster: {application.policies.other_file.text}")

    @contextmanager
    def application(self, *, create: bool = True) -> Iterator[Application]:
        """The program, opened on the data folder and closed again. In a demo's folder its own time goes on."""
        from agent.runtime.bring import remembered_time
        from agent.runtime.compose import open_application

        settings = self.settings()
        now = self.now or remembered_time(settings.home)
        application = open_application(settings, now=now, create=create)
        try:
            self.tell_other_file(application)
            yield application
        finally:
            application.close()


Run = Callable[[Session], int]


def new_session(
    output: Format, home: Path | None = None, now: str | None = None, as_user: str | None = None
) -> Session:
    """A session from raw option values; BadInput when `--now` cannot be read."""
    return Session(Output(output), home, parse_now(now), as_user)
