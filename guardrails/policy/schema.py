"""The shape of a policy document: who may decide what, which moves go alone, which ask, which never happen."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from domain.canonical import digest
from domain.errors import BadInput
from domain.noun import Id, Noun, PositiveUnits, Text
from domain.requests import Rates
from domain.signals import Thresholds
from domain.verdicts import Outcome
from guardrails.policy.conditions import Condition
from guardrails.vocabulary import ACTION_KINDS, MOVE_KINDS, Amount, Kind, parse_amount

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
ANY = "any"
RoleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


def _amount(kind: Kind) -> BeforeValidator:
    def read(value: object) -> object:
        if isinstance(value, Amount):
            return value
        try:
            return parse_amount(kind, value)
        except BadInput as wrong:
            raise ValueError(f"{wrong.message}; {wrong.fix}") from None

    return BeforeValidator(read)


MoneyAmount = Annotated[Amount, _amount(Kind.MONEY)]
UnitsAmount = Annotated[Amount, _amount(Kind.UNITS)]
Duration = Annotated[Amount, _amount(Kind.MINUTES)]


def _known(what: str, names: tuple[str, ...]) -> AfterValidator:
    def check(value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in names:
                raise ValueError(f"there is no {what} '{name}'; use one of {', '.join(names)}")
        return value

    return AfterValidator(check)


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


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


class Rule(Noun):
    """Speaks of a move with one of `actions` ("any": every move), of a kind in `moves` (none: all), that fits `when`.

    An action kind is only covered by an allow or approval rule that names it: 'any' covers nothing.
    `roles`: each of them, in this order, or (`mode: any`) one of them.
    """

    id: RuleId
    title: Text
    actions: Annotated[
        tuple[str, ...], BeforeValidator(_listed), _known("action kind", (*ACTION_KINDS, ANY)), Field(min_length=1)
    ]
    moves: Annotated[tuple[str, ...], _known("move kind", MOVE_KINDS)] = ()
    when: Condition | None = None
    outcome: Outcome
    roles: tuple[RoleId, ...] = ()
    mode: Literal["each", "any"] = "each"
    four_eyes: bool = False
    reason: Text

    @model_validator(mode="after")
    def _roles_fit(self) -> Rule:
        if (self.outcome is Outcome.APPROVAL) != bool(self.roles):
            raise ValueError("an approval rule names its roles, and no other rule does")
        if self.four_eyes and self.outcome is not Outcome.APPROVAL:
            raise ValueError("four_eyes belongs to an approval rule")
        return self

    @property
    def steps(self) -> tuple[str, ...]:
        """The roles that must decide; alternatives are written `lead/finance`."""
        return ("/".join(self.roles),) if self.mode == "any" and self.roles else self.roles


Level = Literal["observe", "recommend", "approve", "act"]
LEVELS: tuple[Level, ...] = ("observe", "recommend", "approve", "act")
"""Most cautious first."""


class AutonomyRule(Noun):
    """A level for some exceptions, SKU classes, sites or segments; an empty list is every one of them."""

    level: Level
    case_kinds: tuple[Id, ...] = ()
    sku_classes: tuple[Id, ...] = ()
    sites: tuple[Id, ...] = ()
    segments: tuple[Id, ...] = ()

    @property
    def width(self) -> int:
        """How many dimensions it names; more is narrower."""
        return sum(bool(part) for part in (self.case_kinds, self.sku_classes, self.sites, self.segments))


class Autonomy(Noun):
    """How far the copilot may go by itself; the narrowest entry that fits wins, and among equals the more cautious."""

    default: Level = "observe"
    confirm_role: RoleId = "planner"
    narrower: tuple[AutonomyRule, ...] = ()


class Pilot(Noun):
    """What may be written at all; an empty list is everything."""

    skus: tuple[Id, ...] = ()
    abc_classes: tuple[Id, ...] = ()
    sites: tuple[Id, ...] = ()


class Budget(Noun):
    """A cumulative limit, spent when a move is admitted.

    `per`: run; day (all of us, UTC); actor (one person or service, per day); customer (what is taken from one customer,
    per day). `counts`: every move, or only those nobody approved.
    """

    id: RuleId
    per: Literal["run", "day", "actor", "customer"]
    measure: Literal["units", "money", "moves"]
    limit: Amount | PositiveUnits
    counts: Literal["all", "unattended"] = "all"

    @model_validator(mode="before")
    @classmethod
    def _limit(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "limit" not in data or isinstance(data["limit"], Amount):
            return data
        measure, limit = data.get("measure"), data["limit"]
        if measure == "moves":
            if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
                raise ValueError(f"a limit of moves is a whole number, not '{limit}'; write it as '25'")
            return data
        try:
            return {**data, "limit": parse_amount(Kind.MONEY if measure == "money" else Kind.UNITS, limit)}
        except BadInput as wrong:
            raise ValueError(f"{wrong.message}; {wrong.fix}") from None

    @property
    def minor(self) -> int:
        """The limit as a whole number: units, moves, or money in minor units."""
        if isinstance(self.limit, Amount):
            return int(self.limit.number * (100 if self.measure == "money" else 1))
        return self.limit


class Waiting(Noun):
    """What happens to a move that waits: how long, and whether a better one may displace its claim."""

    expire_after: Duration
    displaceable: bool = False

    @property
    def span(self) -> timedelta:
        """How long an approval is good for."""
        return timedelta(minutes=int(self.expire_after.number))


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
