"""The shape of a policy document: who may decide what, which moves go alone, which ask, which never happen."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from domain.canonical import digest
from domain.noun import Noun, PositiveUnits, Text
from domain.requests import Rates
from domain.signals import Thresholds
from guardrails.policy.autonomy import Autonomy, Pilot
from guardrails.policy.budgets import Budget
from guardrails.policy.fields import RoleId
from guardrails.policy.reasons import ReasonCode
from guardrails.policy.records import Records
from guardrails.policy.roles import Role
from guardrails.policy.rules import Rule
from guardrails.policy.waiting import Waiting


class Policy(Noun):
    """A policy document. Its id is its content. `effective_from` None: from its approval on."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    name: Text
    version: PositiveUnits
    effective_from: date | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    roles: dict[RoleId, Role] = Field(min_length=1)
    autonomy: Autonomy
    pilot: Pilot = Pilot()
    waiting: Waiting
    budgets: tuple[Budget, ...] = ()
    reasons: tuple[ReasonCode, ...] = ()
    records: Records = Records()
    allocation: Rates = Rates()
    triage: Thresholds = Thresholds()
    rules: tuple[Rule, ...] = Field(min_length=1)

    @cached_property
    def id(self) -> str:
        """Content address: `P-` and 12 hex digits of its digest."""
        return "P-" + digest("policy/1", self)[:12]

    @property
    def rates(self) -> Rates:
        """The numbers of the objective."""
        return self.allocation
