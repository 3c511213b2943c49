"""Whether a report of agreement is enough to propose a higher level of autonomy, and what stands with the proposal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Protocol

from domain.errors import NotAllowed
from guardrails.autonomy import level_at
from guardrails.demotions import Demotion
from guardrails.policy import AutonomyRule, Policy
from guardrails.policy.autonomy import LEVELS


class Numbers(Protocol):
    """What is needed of a report: how many cases, how far people agreed, how many moves would have been errors."""

    @property
    def cases(self) -> int: ...
    @property
    def unit_agreement(self) -> Decimal | None: ...
    @property
    def money_agreement(self) -> Decimal | None: ...
    @property
    def errors(self) -> int: ...


def check(entry: AutonomyRule, policy: Policy, found: Numbers, demotions: Iterable[Demotion]) -> None:
    """NotAllowed, naming everything that is missing, unless `entry` is a raise and the evidence is what policy asks."""
    if missing := tuple(_missing(entry, policy, found, demotions)):
        raise NotAllowed(
            f"{entry.level} is not proposed: {'; '.join(missing)}",
            field="promotion",
            fix="watch on until the report shows it; the owners can still approve a version written by hand",
        )


def _missing(entry: AutonomyRule, policy: Policy, found: Numbers, demotions: Iterable[Demotion]) -> Iterator[str]:
    now = level_at(policy, entry)
    if LEVELS.index(entry.level) <= LEVELS.index(now):
        yield f"the level there is {now} already"
    for one in demotions:
        if one.ended_at is None and one.meets(entry):
            yield f"{one.id} has lowered it and is not lifted"
    wanted = policy.autonomy.promotion
    if found.cases < wanted.min_cases:
        yield f"{found.cases} cases were compared, {wanted.min_cases} are asked for"
    for what, rate in (("units", found.unit_agreement), ("money", found.money_agreement)):
        if rate is None or rate * 100 < wanted.min_agreement.number:
            shown = "nothing was compared" if rate is None else f"{rate * 100:.1f} % of {what} agree"
            yield f"{shown}, {wanted.min_agreement.text} is asked for"
    if found.errors > wanted.max_errors:
        yield f"{found.errors} moves would have been errors, at most {wanted.max_errors} may be"


def evidence(entry: AutonomyRule, policy: Policy, report: Mapping[str, Any]) -> dict[str, Any]:
    """What stands with the proposal: the place, the level before and after, and the numbers of the report."""
    return {
        "promotion": entry.model_dump(mode="json"),
        "level_before": level_at(policy, entry),
        "asked": policy.autonomy.promotion.model_dump(mode="json"),
        "report": dict(report),
    }
