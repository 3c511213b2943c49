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


class RunningClock:
    """A clock that was set to another time and goes on from there: the time in the world of a demo."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The time there, to the second."""
        return (self._start + timedelta(seconds=time.monotonic() - self._began)).replace(microsecond=0)

    def reach(self, moment: datetime) -> None:
        """Be at least at `moment`: time does not go back."""
        self._start += max(timedelta(0), moment - self.now())

    def wall(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)


def pause(seconds: float) -> None:
    """Wait in this thread."""
    time.sleep(seconds)
