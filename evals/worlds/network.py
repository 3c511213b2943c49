"""The sites of a world, the regions they serve, and the lanes between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

from domain.sites import Cutoff, Lane, Site
from evals.worlds.world import Dice

REGIONS = (
    ("coast", "America/Los_Angeles"),
    ("plains", "America/Chicago"),
    ("lakes", "America/Detroit"),
    ("harbour", "America/New_York"),
    ("alpine", "Europe/Zurich"),
    ("delta", "Europe/Amsterdam"),
)
TOWNS = ("Ashbrook", "Millford", "Tarnside", "Westmoor", "Larkhill", "Quarrydale", "Stonegate", "Birchfen")
CARRIERS = ("veloce", "northlink", "parcelway", "ironroad")


@dataclass(frozen=True)
class Network:
    """Sites, lanes, and which site is nearest to each region first (`near`)."""

    sites: tuple[Site, ...]
    lanes: tuple[Lane, ...]
    regions: tuple[str, ...]
    near: dict[str, tuple[str, ...]]


def network(seed: int, today: date) -> Network:
    """Two to four sites, each in its own region; perhaps one region with no site of its own."""
    dice = Dice(seed, "network")
    placed = dice.some(REGIONS, dice.between(2, 4))
    towns = dice.some(TOWNS, len(placed))
    carriers = dice.some(CARRIERS, dice.between(2, 3))
    sites = tuple(_site(dice, town, place, carriers, today) for town, place in zip(towns, placed, strict=True))
    spare = [name for name, _ in REGIONS if name not in {region for region, _ in placed}]
    regions = (*(region for region, _ in placed), *(dice.some(spare, 1) if dice.chance(50) else ()))
    lanes: list[Lane] = []
    reach: dict[tuple[str, str], int] = {}
    for number, site in enumerate(sites):
        for place, region in enumerate(regions):
            far = 0 if site.region == region else 1 + (number + place) % 3
            reach[region, site.id] = far
            lanes.append(_lane(dice, site, region, 1 + far, far))
        for other in sites:
            if other.id != site.id:
                lanes.append(_lane(dice, site, other.id, dice.between(2, 4), 1))
    near = {
        region: tuple(sorted((site.id for site in sites), key=lambda site: (reach[region, site], site)))
        for region in regions
    }
    return Network(sites, tuple(lanes), regions, near)


def _site(dice: Dice, town: str, place: tuple[str, str], carriers: list[str], today: date) -> Site:
    region, zone = place
    holiday = (today + timedelta(days=dice.between(6, 20)),) if dice.chance(40) else ()
    return Site(
        id=f"W-{town[:4].upper()}",
        name=f"{town} warehouse",
        region=region,
        timezone=zone,
        workdays=(1, 2, 3, 4, 5, 6) if dice.chance(30) else (1, 2, 3, 4, 5),
        holidays=holiday,
        pick_capacity=dice.between(8, 30) * 100,
        cutoffs=tuple(Cutoff(carrier=carrier, at=time(dice.between(14, 18), 30)) for carrier in carriers),
    )


def _lane(dice: Dice, site: Site, destination: str, days: int, far: int) -> Lane:
    """Freight grows with distance; the same lane is one carrier's."""
    return Lane(
        origin=site.id,
        destination=destination,
        carrier=dice.pick(site.cutoffs).carrier,
        transit_days=days,
        freight=Decimal(dice.between(8, 40) + 35 * far) / 100,
    )
