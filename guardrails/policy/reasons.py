"""The reasons a person may give for a decision, as codes that can be counted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.noun import Noun, Text
from guardrails.policy.fields import RuleId

Of = Literal["approve", "reject", "edit", "override", "undo", "reassign", "stop", "redact"]
"""What a reason is given for."""


class ReasonCode(Noun):
    """One reason: its code stands in the ledger, its title on the card; `of` says what it may be given for."""

    code: RuleId
    title: Text
    of: tuple[Of, ...] = Field(min_length=1)
