"""What a world sells and who supplies it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.inventory import Sku, Substitute, Supplier, UnitOfMeasure
from evals.worlds.world import Dice

THINGS = ("pump", "valve", "filter", "hose", "gasket", "sensor", "bearing", "relay", "clamp", "fitting", "belt", "seal")
KINDS = ("compact", "heavy", "inline", "marine", "sealed", "dual", "slim", "steel")
MAKERS = ("Orrin Works", "Tessel Industries", "Calder & Finch", "Norvane Supply", "Pellam Foundry")


@dataclass(frozen=True)
class Catalog:
    """SKUs (the first is the one that will run short), suppliers and allowed substitutes."""

    skus: tuple[Sku, ...]
    suppliers: tuple[Supplier, ...]
    substitutes: tuple[Substitute, ...]

    @property
    def hot(self) -> Sku:
        """The high-volume SKU that will run short."""
        return self.skus[0]


def catalog(seed: int) -> Catalog:
    """Five to twelve SKUs from two to four suppliers, with packs, units of measure and one or two substitutes."""
    dice = Dice(seed, "catalog")
    suppliers = tuple(
        Supplier(
            id=f"V-{number + 1:02}",
            name=maker,
            lead_time_days=dice.between(7, 30),
            lead_time_sd=Decimal(dice.between(5, 60)) / 10,
        )
        for number, maker in enumerate(dice.some(MAKERS, dice.between(2, 4)))
    )
    things = dice.some(THINGS, dice.between(5, 12))
    skus = tuple(_sku(dice, number, thing, suppliers) for number, thing in enumerate(things))
    pairs = [Substitute(sku=skus[0].id, alternative=skus[1].id, ratio=1)]
    if dice.chance(60):
        pairs.append(Substitute(sku=skus[2].id, alternative=skus[3].id, ratio=dice.between(1, 2)))
    return Catalog(skus, suppliers, tuple(pairs))


def _sku(dice: Dice, number: int, thing: str, suppliers: tuple[Supplier, ...]) -> Sku:
    pack = dice.weighted(((1, 5), (6, 2), (12, 2), (10, 1)))
    case = pack * dice.pick((2, 4, 6)) if pack > 1 else dice.pick((10, 12, 24))
    return Sku(
        id=f"{thing[:3].upper()}-{dice.between(100, 899) + number}",
        name=f"{dice.pick(KINDS)} {thing}",
        abc_class="A" if number == 0 else dice.pick(("A", "B", "B", "C")),
        unit_cost=Decimal(dice.between(300, 9000)) / 100,
        pack=pack,
        units_of_measure=(UnitOfMeasure(code="EA", factor=1), UnitOfMeasure(code="CS", factor=case)),
        supplier=dice.pick(suppliers).id,
        shelf_life_days=dice.between(60, 400) if dice.chance(20) else None,
    )
