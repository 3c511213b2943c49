"""How long to leave alone what failed: longer each time, so that a typo is not asked of Slack all day."""

from __future__ import annotations

import time
from collections.abc import Callable

FIRST, LONGEST = 2.0, 300.0
"""Seconds."""


class Patience:
    """Remembers per key, in this process, when to try again."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._waits: dict[str, tuple[float, float]] = {}

    def over(self, key: str) -> bool:
        """Whether it is time to try."""
        return key not in self._waits or self._waits[key][0] <= self._monotonic()

    def failed(self, key: str) -> None:
        """It failed again: twice as long as last time."""
        wait = min(LONGEST, 2 * self._waits[key][1]) if key in self._waits else FIRST
        self._waits[key] = (self._monotonic() + wait, wait)

    def worked(self, key: str) -> None:
        """It is well."""
        self._waits.pop(key, None)
