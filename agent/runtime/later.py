"""When "not now" is over: the times a person may pick with one click, none past what policy lets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo

from domain.calendar import zone
from domain.facts import Facts
from domain.noun import Noun, Text
from domain.plans import Move
from guardrails.cards import Card
from guardrails.policy.waiting import Waiting

MORNING = time(8)
"""When a day begins for who decides, at the site the move is about."""


class Later(Noun):
    """One time to pick: its key stays while the time moves on."""

    key: Text
    title: Text
    until: datetime


def later(card: Card, move: Move, facts: Facts | None, waiting: Waiting, now: datetime) -> tuple[Later, ...]:
    """The times at which a question may come back to a list, the soonest first; none when it ends in a moment.

    An hour; the next morning at 8:00 where the move is; its reminder; as long as policy lets, where less than a day.
    """
    longest = waiting.longest_snooze
    latest = card.expires_at if longest is None else min(card.expires_at, now + longest)
    here = _zone(move, facts)
    local = now.astimezone(here)
    morning = datetime.combine(local.date(), MORNING, here)
    if morning <= local:
        morning = datetime.combine(local.date() + timedelta(days=1), MORNING, here)
    found = [
        Later(key="hour", title="1 hour", until=now + timedelta(hours=1)),
        Later(key="morning", title=_title("8:00 in the morning", here), until=morning.astimezone(UTC)),
    ]
    if waiting.last_reminder is not None:
        found.append(Later(key="reminder", title="Until its reminder", until=card.expires_at - waiting.last_reminder))
    if longest is not None and latest == now + longest:
        hours = longest / timedelta(hours=1)
        found.append(Later(key="longest", title=f"{hours:g} hours, as long as may be", until=latest))
    return tuple(sorted((one for one in found if now < one.until <= latest), key=lambda one: one.until))


def picked(found: Iterable[Later], key: str) -> Later | None:
    """The time of a key; None when it cannot be picked any more."""
    return next((one for one in found if one.key == key), None)


def _title(text: str, here: tzinfo) -> str:
    name = str(here)
    return text if name == "UTC" else f"{text} ({name.rpartition('/')[2].replace('_', ' ')})"


def _zone(move: Move, facts: Facts | None) -> tzinfo:
    """The time zone of the first site a move names."""
    for action in move.actions:
        for name in ("site", "to_site", "from_site"):
            site = getattr(action, name, None)
            if facts is not None and isinstance(site, str) and facts.has("site", site):
                return zone(facts.site(site))
    return UTC
