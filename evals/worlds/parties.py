"""The customers of a world: tiers, segments, contracts and credit."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from domain.customers import Contract, Credit, CreditStatus, Customer, Tier
from evals.worlds.world import Dice

FIRST = ("Alder", "Bram", "Cinder", "Dunmore", "Elder", "Fallow", "Garnet", "Hollin", "Inver", "Juniper", "Kestrel")
SECOND = ("mark", "ley", "stead", "worth", "gate", "field", "haven", "croft")
TRADES = {
    "retail": "Stores",
    "industrial": "Engineering",
    "boutique": "Studio",
    "service": "Repairs",
    "marine": "Boats",
}
TIERS = ((Tier.STRATEGIC, 2), (Tier.KEY, 3), (Tier.STANDARD, 6))


def customers(seed: int, today: date, regions: tuple[str, ...]) -> tuple[Customer, ...]:
    """Eight to 25 customers: the first strategic with a strict contract, the second on credit hold, the third small."""
    dice = Dice(seed, "parties")
    count = dice.between(8, 25)
    names = dice.some([first + second for first in FIRST for second in SECOND], count)
    return tuple(_customer(dice, number, name, today, regions) for number, name in enumerate(names))


def _customer(dice: Dice, number: int, name: str, today: date, regions: tuple[str, ...]) -> Customer:
    tier = (Tier.STRATEGIC, Tier.STANDARD, Tier.STANDARD)[number] if number < 3 else dice.weighted(TIERS)
    segment = dice.pick(tuple(TRADES))
    return Customer(
        id=f"C-{name[:5].upper()}{number:02}",
        name=f"{name} {TRADES[segment]}",
        tier=tier,
        segment=segment,
        region=dice.pick(regions),
        contract=_contract(dice, number, tier, today),
        credit=_credit(dice, number),
        contact=f"purchasing at {name}",
    )


def _contract(dice: Dice, number: int, tier: Tier, today: date) -> Contract | None:
    if number and not dice.chance({Tier.STRATEGIC: 90, Tier.KEY: 50, Tier.STANDARD: 10}[tier]):
        return None
    strict = number == 0 or (tier is Tier.STRATEGIC and dice.chance(40))
    return Contract(
        id=f"K-{number + 1:03}",
        otif_target=Decimal(dice.between(90, 98)) / 100,
        penalty_share=Decimal(dice.between(2, 12)) / 100,
        fill_floor=Decimal(dice.between(3, 8)) / 10 if strict else Decimal(dice.pick((0, 0, 2, 3))) / 10,
        strict=strict,
        starts=today - timedelta(days=dice.between(30, 300)),
        ends=today + timedelta(days=dice.between(60, 400)),
    )


def _credit(dice: Dice, number: int) -> Credit:
    limit = dice.between(20, 400) * 1000
    held = number == 1 or (number > 2 and dice.chance(6))
    status = CreditStatus.HOLD if held else dice.weighted(((CreditStatus.OK, 8), (CreditStatus.WATCH, 2)))
    return Credit(
        limit=Decimal(limit),
        exposure=Decimal(limit * (dice.between(101, 140) if held else dice.between(5, 90))) / 100,
        overdue_days=dice.between(20, 70) if held else (dice.between(1, 15) if status is CreditStatus.WATCH else 0),
        status=status,
    )
