"""Typed comparisons, and all-of and any-of over them: the `when` of a rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from domain.errors import BadInput
from domain.noun import Noun
from guardrails.vocabulary import FACTS, NUMERIC, OPERATORS, Amount, Kind, parse_amount


class Comparison(Noun):
    """One fact against one value. `amount` is the value of a number, normalised."""

    fact: str
    operator: str
    value: str | bool | tuple[str, ...]
    amount: Amount | None = None

    @model_validator(mode="before")
    @classmethod
    def _typed(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not {"fact", "operator", "value"} <= set(data):
            return data
        spec = FACTS.get(str(data["fact"]))
        if spec is None:
            raise ValueError(f"there is no fact '{data['fact']}'; use one of {', '.join(FACTS)}")
        kinds = OPERATORS.get(str(data["operator"]))
        if kinds is None:
            raise ValueError(f"there is no operator '{data['operator']}'; use one of {', '.join(OPERATORS)}")
        if spec.kind not in kinds:
            fitting = ", ".join(name for name, allowed in OPERATORS.items() if spec.kind in allowed)
            raise ValueError(
                f"'{data['operator']}' does not compare {data['fact']} ({spec.kind.value}); use one of {fitting}"
            )
        return {**data, **_value(str(data["fact"]), str(data["operator"]), data["value"])}

    @property
    def names(self) -> tuple[str, ...]:
        """The value as a list of names."""
        return self.value if isinstance(self.value, tuple) else (str(self.value),)


def _value(fact: str, operator: str, value: Any) -> dict[str, Any]:
    """The typed value of a comparison; ValueError says what to write instead."""
    spec = FACTS[fact]
    if spec.kind in NUMERIC:
        try:
            amount = parse_amount(spec.kind, value)
        except BadInput as wrong:
            raise ValueError(f"{fact} is compared in {spec.kind.value}: {wrong.message}; {wrong.fix}") from None
        return {"value": amount.text, "amount": amount}
    if spec.kind is Kind.FLAG:
        if not isinstance(value, bool):
            raise ValueError(f"{fact} is yes or no and '{value}' is neither; write true or false")
        return {"value": value}
    many = operator not in ("==", "!=")
    names = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not names or not all(isinstance(name, str) for name in names) or (not many and len(names) != 1):
        raise ValueError(f"{fact} {operator} takes {'a list of names' if many else 'one name'}, not '{value}'")
    for name in names:
        if spec.choices and name not in spec.choices:
            raise ValueError(f"{fact} is never '{name}'; use one of {', '.join(spec.choices)}")
    return {"value": names if many else names[0]}


def _sort(part: Any) -> str:
    """Whether a part of a condition is a comparison or a condition, by its keys."""
    if isinstance(part, Condition) or (isinstance(part, dict) and ("all" in part or "any" in part)):
        return "condition"
    return "comparison"


Part = Annotated[
    Annotated[Comparison, Tag("comparison")] | Annotated["Condition", Tag("condition")], Discriminator(_sort)
]


class Condition(Noun):
    """All of some parts, or any of them; a part is a comparison or a condition again."""

    all: Annotated[tuple[Part, ...] | None, Field(min_length=1)] = None
    any: Annotated[tuple[Part, ...] | None, Field(min_length=1)] = None

    @model_validator(mode="after")
    def _one(self) -> Condition:
        if (self.all is None) == (self.any is None):
            raise ValueError("a condition is either 'all:' or 'any:' with a list")
        return self

    @property
    def parts(self) -> tuple[Comparison | Condition, ...]:
        """Its parts in written order."""
        return self.all or self.any or ()

    def comparisons(self) -> Iterator[Comparison]:
        """Every comparison in it, in written order."""
        for part in self.parts:
            if isinstance(part, Comparison):
                yield part
            else:
                yield from part.comparisons()


Condition.model_rebuild()
