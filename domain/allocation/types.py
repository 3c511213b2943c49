"""The frozen inputs and outputs of `allocate`. Quantities are integer base units, money is integer minor units of the
base currency."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from domain.noun import Id, Noun, PositiveUnits, Text, Units


class Supply(Noun):
    """Units of one SKU that can leave `site` from `available` on. `inbound`: the supply it waits for; None is stock.

    `quantity` is everything the allocation may hand out, units currently held by lines included.
    """

    id: Id
    sku: Id
    site: Id
    available: date
    quantity: Units
    inbound: Id | None = None


class Arc(Noun):
    """One way to serve a line: from which supply, arriving when, at what value per unit (minor units, may be negative).

    `value` already holds margin, penalty avoided, tier, aging, freight and lateness of this arrival. `limit`: at most
    so many units may come this way (somebody refused the move that would have brought more); None: no limit.
    """

    supply: Id
    arrives: date
    value: int
    limit: Units | None = None


class Holding(Noun):
    """Units of a supply that a line holds now. `locked` of them may not be taken away in this run."""

    supply: Id
    quantity: Units
    locked: Units = 0


class Demand(Noun):
    """One line (or transfer request) that competes.

    `rank`: strict ranks, 0 first; a higher rank's attainable fill, and then its units that arrive by `due`, are never
    traded for money or for a lower rank. `floor`: units that must be granted whenever the supply allows. `frozen`:
    current holdings stay as they are and nothing is added. `blocked` (a hold) gets nothing new and its holdings are
    available to others unless frozen.
    `break_cost`: minor units per unit of current holding that is taken away without an equal or earlier arrival.
    `pack`: grants are multiples of it (the last one of the line may be smaller).
    `due` is the last day on time; it and `ordered` are also for the baseline policies and tie-breaks. `tier` 0 is the
    most important.
    """

    id: Id
    order: Id
    customer: Id
    sku: Id
    quantity: PositiveUnits
    rank: int = Field(default=1, ge=0)
    tier: int = 2
    ordered: str
    due: date
    atomic: bool = False
    order_atomic: bool = False
    floor: Units = 0
    pack: PositiveUnits = 1
    frozen: bool = False
    blocked: Text = ""
    break_cost: Units = 0
    arcs: tuple[Arc, ...] = ()
    holdings: tuple[Holding, ...] = ()
    is_transfer: bool = False


class Rules(Noun):
    """What policy lets the allocation do.

    `policy`: 'optimal', or a baseline: 'fcfs', 'earliest_due', 'tiers'. `budget`: units that may be moved off
    confirmed orders (None: no limit).
    """

    policy: Literal["optimal", "fcfs", "earliest_due", "tiers"] = "optimal"
    strict_ranks: bool = True
    budget: Units | None = None


class Problem(Noun):
    """Everything `allocate` sees. `notes` say in plain words what was odd about the facts it was built from."""

    demand: tuple[Demand, ...]
    supply: tuple[Supply, ...]
    rules: Rules = Rules()
    notes: tuple[Text, ...] = ()


class Grant(Noun):
    """Units of a supply for a line."""

    line: Id
    supply: Id
    quantity: PositiveUnits
    arrives: date
    value: int


class NonGrant(Noun):
    """Why a line is short by `units`.

    `constraint`: 'hold', 'no_supply' (nothing can reach it), 'displaced' (others are worth more), 'rank' (a higher rank
    took it), 'atomic' (would not be complete), 'frozen', 'late' (possible only at a loss), 'budget', 'pack', 'rejected'
    (somebody refused the move that would have served it).
    `price`: minor units a further unit would have had to be worth (shadow price of the scarce supply), 0 if no supply.
    `displaced_by`: lines that got what this one could have used, most valuable first.
    `needs`: in plain numbers, what it would take.
    """

    line: Id
    units: PositiveUnits
    constraint: Literal[
        "hold", "no_supply", "displaced", "rank", "atomic", "frozen", "late", "budget", "pack", "rejected"
    ]
    price: int = 0
    own_value: int = 0
    displaced_by: tuple[Id, ...] = ()
    text: Text


class Kpis(Noun):
    """What a policy achieved on the input. Fill rates and Jain index in basis points (10,000 = all)."""

    policy: Id
    value: int
    units: Units
    unit_fill: int
    line_fill: int
    order_fill: int
    on_time_in_full: int
    contract_on_time: int = 10_000
    jain: int
    units_moved: Units


class AllocationPlan(Noun):
    """Grants, a reason for every unit not granted, a valid upper bound, and the baselines on the same input.

    `value` counts arc values of grants minus break costs (minor units); `bound` >= the value of every plan
    with the same floors, strict ranks and units on time in them; `gap` in millionths of the bound. `shadow_prices` per
    supply id in minor units per unit. `notes` name constraints that contradict each other (floors beyond supply, a
    budget that supply has already broken).
    """

    id: Id
    skus: tuple[Id, ...]
    grants: tuple[Grant, ...]
    shortages: tuple[NonGrant, ...]
    value: int
    bound: int
    gap: int
    proven_optimal: bool
    shadow_prices: tuple[tuple[Id, int], ...] = ()
    kpis: tuple[Kpis, ...] = ()
    notes: tuple[Text, ...] = ()
