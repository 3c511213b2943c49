"""Who may go against a plan, and how far: the override rules of a policy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from domain.noun import Noun
from guardrails.policy.fields import MoneyAmount, RoleId

OverrideKind = Literal["recommendation", "released", "commitment", "credit", "undo"]
"""What is overridden: what the plan recommends, a wave that is released, a promise or units of a confirmed line, a
credit hold, an executed move."""


class OverrideRule(Noun):
    """Who may override what. A move that does is decided by one of `roles`, beside whatever the rules ask for.

    `limit`: value given up against the optimum beyond which `above` decides instead; so it is where a contract floor or
    a strict rank is given up, or the cost cannot be computed. `reason_code`: nobody does it without a code. `always`:
    it also speaks of what the copilot plans by itself, not only of what a person edits, commands or takes back.
    """

    kind: OverrideKind
    roles: tuple[RoleId, ...] = Field(min_length=1)
    four_eyes: bool = False
    reason_code: bool = True
    limit: MoneyAmount | None = None
    above: RoleId | None = None
    always: bool = False

    @model_validator(mode="after")
    def _limit_has_a_role(self) -> OverrideRule:
        if (self.limit is None) != (self.above is None):
            raise ValueError("a limit names the role above it, and a role above its limit")
        return self
