"""Allocation problems of a wanted size: one SKU, three sites and two late supplies, about a third of it missing."""

from __future__ import annotations

from datetime import date, timedelta

from domain.allocation.types import Arc, Demand, Holding, Problem, Supply
from evals.worlds.world import Dice

DAY = date(2026, 3, 2)
SKU = "SKU-1"
PLACES = (("A", "", 0), ("B", "", 0), ("C", "", 0), ("A", "PO-1", 9), ("B", "PO-2", 18))
"""Site, inbound supply, days until it is there."""


def problem(seed: int, lines: int) -> Problem:
    """The problem of this seed with so many lines: ranks, holds, ship-complete lines, floors, first-come holdings."""
    dice = Dice(seed, f"bench/{lines}")
    asked = [dice.between(2, 60) for _ in range(lines)]
    share = sum(asked) * 2 // 3 // len(PLACES) or 1
    supplies = tuple(
        Supply(
            id=f"{SKU}@{site}#{inbound}",
            sku=SKU,
            site=site,
            available=DAY + timedelta(days=days),
            quantity=share * dice.between(60, 140) // 100,
            inbound=inbound or None,
        )
        for site, inbound, days in PLACES
    )
    free = {supply.id: supply.quantity for supply in supplies}
    return Problem(
        demand=tuple(_line(dice, n, units, supplies, free) for n, units in enumerate(asked)), supply=supplies
    )


def _line(dice: Dice, number: int, units: int, supplies: tuple[Supply, ...], free: dict[str, int]) -> Demand:
    kind = dice.weighted((("plain", 80), ("atomic", 8), ("floor", 6), ("blocked", 4), ("frozen", 2)))
    tier = dice.weighted(((0, 15), (1, 30), (2, 55)))
    home, worth = dice.pick(supplies), dice.between(400, 4500)
    due = dice.between(1, 14)
    holdings: tuple[Holding, ...] = ()
    if dice.chance(70) and (held := min(units, free[home.id])):
        free[home.id] -= held
        holdings = (Holding(supply=home.id, quantity=held),)
    arcs = []
    for supply in supplies:
        days = (supply.available - DAY).days + (1 if supply.site == home.site else dice.between(2, 4))
        value = worth - (20 if supply.site == home.site else dice.between(60, 240)) - 12 * max(0, days - due)
        arcs.append(Arc(supply=supply.id, arrives=DAY + timedelta(days=days), value=value))
    return Demand(
        id=f"L-{number:04}",
        order=f"O-{number:04}",
        customer=f"C-{number % 17}",
        sku=SKU,
        quantity=units,
        rank=0 if tier == 0 else 1,
        tier=tier,
        ordered=(DAY - timedelta(days=dice.between(1, 30))).isoformat(),
        due=DAY + timedelta(days=due),
        atomic=kind == "atomic",
        floor=units // 2 if kind == "floor" else 0,
        blocked="credit hold" if kind == "blocked" else "",
        frozen=kind == "frozen",
        break_cost=dice.between(20, 120),
        arcs=tuple(arcs),
        holdings=holdings,
    )
