"""Demotions: what lowers the level of autonomy at once and by itself. People lift them; nothing ever raises a level."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from domain.noun import Id, Noun, Text
from guardrails.policy.autonomy import LEVELS, AutonomyRule, Level

Cause = Literal["budget", "stale", "verify", "effect"]


class Demotion(Noun):
    """A ceiling on the level of some kinds, SKU classes, sites and segments (empty: every one) from `since` on.

    `cause` is what set it off and `why` says it; `actor` is on whose behalf the copilot worked then. `asked_to_lift` is
    the first of the two people who lift it together.
    """

    id: Id
    case_kinds: tuple[Id, ...] = ()
    sku_classes: tuple[Id, ...] = ()
    sites: tuple[Id, ...] = ()
    segments: tuple[Id, ...] = ()
    level: Level
    cause: Cause
    why: Text
    actor: Id = "copilot"
    since: datetime
    asked_to_lift: Id | None = None
    ended_at: datetime | None = None
    ended_by: tuple[Id, ...] = ()
    ended_why: Text = ""

    def concerns(
        self, case_kind: str, sku_classes: Iterable[str], sites: Iterable[str], segments: Iterable[str]
    ) -> bool:
        """Whether it lowers what touches any of these."""
        pairs = (
            (self.case_kinds, {case_kind}),
            (self.sku_classes, set(sku_classes)),
            (self.sites, set(sites)),
            (self.segments, set(segments)),
        )
        return self.ended_at is None and all(not named or touched & set(named) for named, touched in pairs)

    def meets(self, entry: AutonomyRule) -> bool:
        """Whether it has a place in common with an entry of a policy, in force or not."""
        pairs = (
            (self.case_kinds, entry.case_kinds),
            (self.sku_classes, entry.sku_classes),
            (self.sites, entry.sites),
            (self.segments, entry.segments),
        )
        return all(not mine or not theirs or set(mine) & set(theirs) for mine, theirs in pairs)


def lowered(level: Level, demotions: Iterable[Demotion]) -> Level:
    """The most cautious of a level and these demotions; a demotion never raises one."""
    return min((level, *(one.level for one in demotions)), key=LEVELS.index)
