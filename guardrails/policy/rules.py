"""A rule of a policy: which moves it speaks of, and what it says."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from domain.noun import Noun, Text
from domain.verdicts import Outcome
from guardrails.policy.conditions import Condition
from guardrails.policy.fields import RoleId, RuleId, known, listed
from guardrails.vocabulary import ACTION_KINDS, MOVE_KINDS

ANY = "any"


class Rule(Noun):
    """Speaks of a move with one of `actions` ("any": every move), of a kind in `moves` (none: all), that fits `when`.

    An action kind is only covered by an allow or approval rule that names it: 'any' covers nothing.
    `roles`: each of them, in this order, or (`mode: any`) one of them. `topic` (its id when absent): what a narrower
    document says of a topic replaces what broader ones say of it, but for what is `final`.
    """

    id: RuleId
    title: Text
    actions: Annotated[
        tuple[str, ...], BeforeValidator(listed), known("action kind", (*ACTION_KINDS, ANY)), Field(min_length=1)
    ]
    moves: Annotated[tuple[str, ...], known("move kind", MOVE_KINDS)] = ()
    when: Condition | None = None
    outcome: Outcome
    roles: tuple[RoleId, ...] = ()
    mode: Literal["each", "any"] = "each"
    four_eyes: bool = False
    topic: RuleId | None = None
    final: bool = False
    reason: Text

    @model_validator(mode="after")
    def _roles_fit(self) -> Rule:
        if (self.outcome is Outcome.APPROVAL) != bool(self.roles):
            raise ValueError("an approval rule names its roles, and no other rule does")
        if self.four_eyes and self.outcome is not Outcome.APPROVAL:
            raise ValueError("four_eyes belongs to an approval rule")
        return self

    @property
    def about(self) -> str:
        """Its topic."""
        return self.topic or self.id

    @property
    def steps(self) -> tuple[str, ...]:
        """The roles that must decide; alternatives are written `lead/finance`."""
        return ("/".join(self.roles),) if self.mode == "any" and self.roles else self.roles
