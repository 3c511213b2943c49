"""The field types that the parts of a policy share: ids of rules and roles, amounts with their unit, known names."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from domain.errors import BadInput
from guardrails.vocabulary import Amount, Kind, parse_amount

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
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
PercentAmount = Annotated[Amount, _amount(Kind.PERCENT)]


def known(what: str, names: tuple[str, ...]) -> AfterValidator:
    def check(value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in names:
                raise ValueError(f"there is no {what} '{name}'; use one of {', '.join(names)}")
        return value

    return AfterValidator(check)


def listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value
