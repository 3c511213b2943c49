"""A cumulative limit of a policy: what many small moves may do together."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from domain.errors import BadInput
from domain.noun import Noun, PositiveUnits
from guardrails.policy.fields import RuleId
from guardrails.vocabulary import Amount, Kind, parse_amount


class Budget(Noun):
    """A cumulative limit, spent when a move is admitted.

    `per`: run; day (all of us, UTC); actor (one person or service, per day); customer (what is taken from one customer,
    per day); rule (what goes by one of `rules`, each counted by itself, per day). `counts`: every move, or only those
    nobody approved.
    """

    id: RuleId
    per: Literal["run", "day", "actor", "customer", "rule"]
    measure: Literal["units", "money", "moves"]
    limit: Amount | PositiveUnits
    counts: Literal["all", "unattended"] = "all"
    rules: tuple[RuleId, ...] = ()

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

    @model_validator(mode="after")
    def _named(self) -> Budget:
        if (self.per == "rule") != bool(self.rules):
            raise ValueError("a budget per rule names its rules, and no other does; write rules: [free-stock]")
        return self

    @property
    def minor(self) -> int:
        """The limit as a whole number: units, moves, or money in minor units."""
        if isinstance(self.limit, Amount):
            return int(self.limit.number * (100 if self.measure == "money" else 1))
        return self.limit
