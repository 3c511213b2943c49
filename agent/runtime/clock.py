"""The one place that reads a clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What time it is (aware, UTC), and how to wait."""

    def now(self) -> datetime:
        """The instant that decisions are dated with."""
        ...

    def wall(self) -> datetime:
        """The machine's own time, for leases and waits between processes; never written into a decision."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Now, to the second: what is recorded should be readable."""
        return self.wall().replace(microsecond=0)

    def wall(self) -> datetime:
        """Now, exactly."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is told to move; leases still run on the machine's time."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """The fixed instant."""
        return self._now

    def wall(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)

    def advance(self, delta: timedelta) -> None:
        """Move on by `delta`."""
        self._now += delta


def pause(seconds: float) -> None:
    """Wait in this thread."""
    time.sleep(seconds)
