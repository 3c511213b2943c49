"""What happens to a move that waits for people."""

from __future__ import annotations

from datetime import timedelta

from pydantic import model_validator

from domain.noun import Noun
from guardrails.policy.fields import Duration


class Waiting(Noun):
    """What happens to a move that waits: how long, when people are reminded, and whether a better one may displace it.

    A reminder comes `remind_after` a question can be decided, and once more `remind_before` it expires. After
    `escalate_after` the role above may answer as well, while the role asked still can; one that nobody answered before
    `expire_after` is over, and is asked of the role above or not carried out. What is not named does not happen.
    """

    expire_after: Duration
    remind_after: Duration | None = None
    remind_before: Duration | None = None
    escalate_after: Duration | None = None
    snooze_at_most: Duration | None = None
    displaceable: bool = False

    @model_validator(mode="after")
    def _inside(self) -> Waiting:
        for name in ("remind_after", "remind_before", "escalate_after"):
            given: Duration | None = getattr(self, name)
            if given is not None and given.number >= self.expire_after.number:
                raise ValueError(f"{name} must be shorter than expire_after")
        return self

    @property
    def span(self) -> timedelta:
        """How long an approval is good for."""
        return _span(self.expire_after)

    @property
    def first_reminder(self) -> timedelta | None:
        """How long after it can be decided a question is brought to mind; None: never."""
        return None if self.remind_after is None else _span(self.remind_after)

    @property
    def last_reminder(self) -> timedelta | None:
        """How long before its end a question is brought to mind; None: never."""
        return None if self.remind_before is None else _span(self.remind_before)

    @property
    def patience(self) -> timedelta | None:
        """How long the role asked has a question to itself; None: to the end."""
        return None if self.escalate_after is None else _span(self.escalate_after)

    @property
    def longest_snooze(self) -> timedelta | None:
        """How long somebody may put a question aside; None: to its end."""
        return None if self.snooze_at_most is None else _span(self.snooze_at_most)


def _span(duration: Duration) -> timedelta:
    return timedelta(minutes=int(duration.number))
