"""What happens to a move that waits for people."""

from __future__ import annotations

from datetime import timedelta

from domain.noun import Noun
from guardrails.policy.fields import Duration


class Waiting(Noun):
    """What happens to a move that waits: how long, and whether a better one may displace its claim."""

    expire_after: Duration
    displaceable: bool = False

    @property
    def span(self) -> timedelta:
        """How long an approval is good for."""
        return timedelta(minutes=int(self.expire_after.number))
