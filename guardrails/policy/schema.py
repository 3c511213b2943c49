"""The shape of a policy document: who may decide what, which moves go alone, which ask, which never happen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, PrivateAttr, StringConstraints

from domain.canonical import digest
from domain.noun import Noun, PositiveUnits, Text
from domain.requests import Rates
from domain.signals import Thresholds
from guardrails.policy.autonomy import Autonomy, Pilot
from guardrails.policy.budgets import Budget
from guardrails.policy.compiled import Compiled
from guardrails.policy.fields import RoleId
from guardrails.policy.layers import Narrower, Standing
from guardrails.policy.overrides import OverrideRule
from guardrails.policy.owners import Owners
from guardrails.policy.reasons import ReasonCode
from guardrails.policy.records import Records
from guardrails.policy.roles import Role
from guardrails.policy.rules import Rule
from guardrails.policy.scopes import MAIN
from guardrails.policy.waiting import Waiting


class Policy(Noun):
    """A policy: the company document and the narrower ones below it. `effective_from` None: from its approval on.

    Its id is what its documents say: fields they leave out do not count, so that a field which a later release adds
    changes no id; neither do comments, layout and the names of files.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    name: Text
    version: PositiveUnits
    effective_from: date | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    roles: dict[RoleId, Role] = Field(min_length=1)
    autonomy: Autonomy
    pilot: Pilot = Pilot()
    owners: Owners = Owners()
    waiting: Waiting
    budgets: tuple[Budget, ...] = ()
    reasons: tuple[ReasonCode, ...] = ()
    records: Records = Records()
    overrides: tuple[OverrideRule, ...] = ()
    allocation: Rates = Rates()
    triage: Thresholds = Thresholds()
    rules: tuple[Rule, ...] = Field(min_length=1)
    documents: tuple[Narrower, ...] = ()

    _lines: Mapping[tuple[str, str], int] = PrivateAttr(default_factory=dict)
    _known_as: str | None = PrivateAttr(default=None)
    _entity: str = PrivateAttr(default=MAIN)

    @cached_property
    def id(self) -> str:
        """Content address: `P-` and 12 hex digits of its digest."""
        return self._known_as or "P-" + digest("policy/2", said(self))[:12]

    @property
    def rates(self) -> Rates:
        """The numbers of the objective."""
        return self.allocation

    @property
    def entity(self) -> str:
        """The legal entity whose moves it judges."""
        return self._entity

    def line_of(self, name: str) -> int:
        """The line of the company document that something begins on, by its id there; 0 when nobody knows."""
        return self._lines.get((self.name, name), 0)

    @cached_property
    def standing(self) -> tuple[Standing, ...]:
        """Every rule of every document, where it stands, the company document first."""
        written = [(self.name, None, rule) for rule in self.rules]
        written += [(one.name, one.scope, rule) for one in self.documents for rule in one.rules]  # type: ignore[misc]
        return tuple(
            Standing(rule, name, self._lines.get((name, rule.id), 0), scope, index)
            for index, (name, scope, rule) in enumerate(written)
        )

    @cached_property
    def compiled(self) -> Compiled:
        """What the judge asks."""
        return Compiled(self.standing, self._entity)

    def within(self, entity: str) -> Self:
        """The same policy, judging the moves of this legal entity."""
        return self._with("_entity", entity)

    def known_as(self, policy_id: str) -> Self:
        """The same policy under the id it was recorded by, whatever this release would call it."""
        return self._with("_known_as", policy_id)

    def written(self, lines: Mapping[tuple[str, str], int]) -> Self:
        """The same policy, with the line of every rule by (name of the document, id of the rule)."""
        return self._with("_lines", dict(lines))

    def _with(self, name: str, value: object) -> Self:
        copy = self.model_copy()
        setattr(copy, name, value)
        return copy

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields changed, and with nothing kept that was computed from the old ones."""
        copy = super().model_copy(update=update, deep=deep)
        for name in set(copy.__dict__) - set(type(self).model_fields):
            del copy.__dict__[name]
        if update:
            copy._known_as = None
        return copy


def said(value: Any) -> Any:
    """What a document says itself, without the fields it leaves out."""
    if isinstance(value, Noun):
        return {name: said(getattr(value, name)) for name in value.model_fields_set}
    if isinstance(value, Mapping):
        return {key: said(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [said(item) for item in value]
    return value
