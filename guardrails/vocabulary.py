"""The facts that a rule may compare: one table, each with its kind, its unit and what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.actions import SYSTEM_OF
from domain.errors import BadInput
from domain.noun import Noun
from domain.orders import Channel

FactValue = Decimal | int | bool | str | tuple[str, ...]


class Kind(StrEnum):
    """What sort of value a fact has; this decides its operators and units."""

    MONEY = "money"
    UNITS = "units"
    DAYS = "days"
    MINUTES = "minutes"
    PERCENT = "percent"
    FLAG = "flag"
    CHOICE = "choice"
    SET = "set"


@dataclass(frozen=True)
class FactSpec:
    """A declared fact. `choices`: the closed list of its values, empty when any id may stand there. A number is never
    below 0 and, when `most` is not None, never above it."""

    kind: Kind
    meaning: str
    choices: tuple[str, ...] = ()
    most: int | None = None


ACTION_KINDS = tuple(SYSTEM_OF)
MOVE_KINDS = (
    "reallocate", "reserve", "transfer", "replenish", "expedite", "promise", "credit", "wave", "carrier", "escalate",
)  # fmt: skip
CHANNELS = tuple(channel.value for channel in Channel)
TIERS_LOSING = ("none", "standard", "key", "strategic")
"""Mildest first."""

FACTS: dict[str, FactSpec] = {
    "value_moved": FactSpec(Kind.MONEY, "sales value of the units that change hands"),
    "value_at_stake": FactSpec(Kind.MONEY, "units moved x (margin + penalty avoided), plus slip and expedite cost"),
    "margin_given_up": FactSpec(Kind.MONEY, "margin of the units that lines lose, net"),
    "cost": FactSpec(Kind.MONEY, "what the move costs: expedite, freight between sites"),
    "expedite_cost": FactSpec(Kind.MONEY, "what is paid to hurry inbound supply"),
    "purchase_cost": FactSpec(Kind.MONEY, "cost of goods of the replenishment asked for"),
    "credit_amount": FactSpec(Kind.MONEY, "exposure that finance is asked to release"),
    "units_moved": FactSpec(Kind.UNITS, "units reserved, transferred or substituted, or released if that is more"),
    "units_from_confirmed": FactSpec(
        Kind.UNITS, "units that lines with a promise lose, or have in stock and will wait for"
    ),
    "units_from_released_waves": FactSpec(Kind.UNITS, "units taken from lines the warehouse is already picking"),
    "units_below_floor": FactSpec(Kind.UNITS, "units that a line falls below the fill floor of its contract"),
    "promise_slip": FactSpec(Kind.DAYS, "the largest number of days that a promise date gets later"),
    "fact_age": FactSpec(Kind.MINUTES, "age of the oldest source behind the facts"),
    "stock_age": FactSpec(Kind.DAYS, "days since the oldest lot that the units come from was received"),
    "margin_share": FactSpec(Kind.PERCENT, "margin of the moved units as a share of their sales value", most=100),
    "shelf_life_spent": FactSpec(Kind.PERCENT, "spent share of that lot's shelf life", most=100),
    "site_capacity": FactSpec(Kind.PERCENT, "units to pick as a share of what its site picks a day"),
    "confidence": FactSpec(Kind.PERCENT, "how fresh the facts are, and how far systems agree", most=100),
    "degraded": FactSpec(Kind.FLAG, "a system could not be read; its last good answer stands in"),
    "contract_losing": FactSpec(Kind.FLAG, "a customer under contract loses units"),
    "contract_floor_broken": FactSpec(Kind.FLAG, "a line falls below the fill floor of its contract"),
    "credit_hold": FactSpec(Kind.FLAG, "units go to a customer or order under credit hold"),
    "compliance_hold": FactSpec(Kind.FLAG, "units go to an order under compliance or quality hold"),
    "manual_hold": FactSpec(Kind.FLAG, "units go to an order that somebody has put on hold"),
    "frozen_line": FactSpec(Kind.FLAG, "a frozen line loses units"),
    "picked_units": FactSpec(Kind.FLAG, "units already picked would be taken"),
    "tier_losing": FactSpec(Kind.CHOICE, "the best tier among the customers that lose units", TIERS_LOSING),
    "tier_gaining": FactSpec(Kind.CHOICE, "the best tier among the customers that gain units", TIERS_LOSING),
    "tier_slipping": FactSpec(Kind.CHOICE, "the best tier among the customers told a later date", TIERS_LOSING),
    "move_kind": FactSpec(Kind.CHOICE, "what sort of move it is", MOVE_KINDS),
    "case_kind": FactSpec(Kind.CHOICE, "what sort of exception the case is"),
    "actions": FactSpec(Kind.SET, "the kinds of its actions", ACTION_KINDS),
    "skus": FactSpec(Kind.SET, "the SKUs it touches"),
    "sku_classes": FactSpec(Kind.SET, "ABC classes of the SKUs it touches"),
    "sites": FactSpec(Kind.SET, "the sites it touches"),
    "segments": FactSpec(Kind.SET, "segments of the customers it touches"),
    "customers": FactSpec(Kind.SET, "the customers it touches"),
    "regions": FactSpec(Kind.SET, "regions of the orders, or sites, it touches"),
    "channels": FactSpec(Kind.SET, "how the orders it touches reached us", CHANNELS),
}
"""Name -> spec. `guardrails.subject.describe` gives a value for every one of them (tested)."""

STEPS = {
    Kind.MONEY: Decimal("0.01"),
    Kind.UNITS: Decimal(1),
    Kind.DAYS: Decimal(1),
    Kind.MINUTES: Decimal(1),
    Kind.PERCENT: Decimal("0.01"),
}
"""Kind of number -> the smallest difference between two values of a fact."""
NUMERIC = frozenset({Kind.MONEY, Kind.UNITS, Kind.DAYS, Kind.MINUTES, Kind.PERCENT})
OPERATORS: dict[str, frozenset[Kind]] = {
    "<": NUMERIC,
    "<=": NUMERIC,
    ">": NUMERIC,
    ">=": NUMERIC,
    "==": NUMERIC | {Kind.FLAG, Kind.CHOICE},
    "!=": NUMERIC | {Kind.CHOICE},
    "in": frozenset({Kind.CHOICE}),
    "not_in": frozenset({Kind.CHOICE}),
    "includes_any": frozenset({Kind.SET}),
    "includes_none": frozenset({Kind.SET}),
    "only": frozenset({Kind.SET}),
}
"""Operator -> the kinds of facts it can compare."""

_UNIT_NAMES: dict[Kind, dict[str, int]] = {
    Kind.UNITS: {"unit": 1, "units": 1},
    Kind.DAYS: {"day": 1, "days": 1},
    Kind.MINUTES: {"minute": 1, "minutes": 1, "hour": 60, "hours": 60, "day": 1440, "days": 1440},
    Kind.PERCENT: {"%": 1},
}
_EXAMPLES = {
    Kind.MONEY: "500 USD",
    Kind.UNITS: "20 units",
    Kind.DAYS: "3 days",
    Kind.MINUTES: "90 minutes",
    Kind.PERCENT: "10 %",
}
_AMOUNT = re.compile(r"^\s*(-?\d+(?:\.\d+)?)\s*([A-Za-z]+|%)\s*$")


class Amount(Noun):
    """A number with its unit, normalised: money in its currency, time in minutes where minutes are asked for."""

    kind: Kind
    number: Decimal
    unit: str

    @property
    def text(self) -> str:
        """As a person writes it."""
        return show(self.kind, self.number, self.unit)


def parse_amount(kind: Kind, text: object) -> Amount:
    """Read `500 USD`, `20 units`, `3 days`, `90 minutes`, `10 %`. BadInput when the unit is not one of `kind`."""
    found = _AMOUNT.match(text) if isinstance(text, str) else None
    if found is None:
        raise BadInput(f"'{text}' is not an amount of {kind.value}", fix=f"write it as '{_EXAMPLES[kind]}'")
    number, unit = Decimal(found[1]), found[2]
    if kind is Kind.MONEY:
        if not re.fullmatch(r"[A-Z]{3}", unit):
            raise BadInput(f"'{text}' is not money", fix=f"name the currency, as in '{_EXAMPLES[kind]}'")
        return Amount(kind=kind, number=number.quantize(Decimal("0.01")), unit=unit)
    factor = _UNIT_NAMES[kind].get(unit)
    if factor is None:
        raise BadInput(f"'{unit}' is not a unit of {kind.value}", fix=f"write it as '{_EXAMPLES[kind]}'")
    if kind is not Kind.PERCENT and number != number.to_integral_value():
        raise BadInput(f"'{text}' must be a whole number", fix=f"write it as '{_EXAMPLES[kind]}'")
    base = "%" if kind is Kind.PERCENT else kind.value
    return Amount(kind=kind, number=number * factor, unit=base)


def show(kind: Kind, value: FactValue, unit: str) -> str:
    """A fact's value as text for a card."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if kind is Kind.CHOICE:
        return str(value)
    number = format(value, "f") if isinstance(value, Decimal) else str(value)
    return f"{number} {unit}"
