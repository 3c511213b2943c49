"""A role of a policy, and how far its authority goes."""

from __future__ import annotations

from decimal import Decimal

from domain.noun import Noun, Text
from guardrails.policy.fields import MoneyAmount, RoleId, UnitsAmount


class Role(Noun):
    """A role and how far its authority goes; None is no limit.

    `confirm`: who asked for a move may also decide it in this role, inside these limits, unless the rule says four
    eyes. `escalates_to`: who decides instead when a move is too large or nobody answers.
    """

    title: Text
    max_value_at_stake: MoneyAmount | None = None
    max_units: UnitsAmount | None = None
    confirm: bool = False
    decides: bool = True
    escalates_to: RoleId | None = None

    def covers(self, value_at_stake: Decimal, units: int) -> bool:
        """Whether a move of this size is inside the role's authority."""
        return (self.max_value_at_stake is None or value_at_stake <= self.max_value_at_stake.number) and (
            self.max_units is None or units <= self.max_units.number
        )
