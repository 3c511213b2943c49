"""Puts causes into a quiet world, each with an item, a customer and orders of its own: none disturbs another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from domain.facts import Facts
from evals.injector import service, supply
from evals.injector.cause import Cause
from evals.injector.kinds import KINDS, Cure, Label, Night
from evals.injector.parts import EVENING, Ground, Parts, together
from evals.worlds.calm import calm
from evals.worlds.network import Network
from evals.worlds.world import Dice

Maker = Callable[[Ground], Cause]

EXCEPTIONS: dict[str, Maker] = {
    "atp_below_commitments": supply.oversold,
    "eta_moved": supply.moved,
    "wave_at_risk": service.slow_wave,
    "credit_changed": service.credit_gone,
    "aging_backorder": service.overdue,
    "stock_out_ahead": supply.running_out,
    "promise_at_risk": service.breaking,
    "inventory_discrepancy": supply.counted_apart,
    "shipment_late": service.lost,
    "shortage": supply.too_little,
}
NEAR_MISSES: dict[str, Maker] = {
    "atp_below_commitments": supply.barely_sold,
    "eta_moved": supply.hardly_moved,
    "wave_at_risk": service.quick_wave,
    "credit_changed": service.credit_fine,
    "aging_backorder": service.not_overdue,
    "stock_out_ahead": supply.just_enough,
    "promise_at_risk": service.kept,
    "inventory_discrepancy": supply.counted_alike,
    "shipment_late": service.on_its_way,
    "shortage": supply.enough,
}


def night(seed: int, exceptions: int = 100, near_misses: int = 50) -> Night:
    """The night of this seed with so many labels, the same number of every kind (the first kinds get the rest).

    One cause in ten exceptions is late supply that breaks promises: several labels, one root.
    """
    base, grid = calm(seed)
    made: list[Cause] = []
    wanted = {kind: exceptions // len(KINDS) + (n < exceptions % len(KINDS)) for n, kind in enumerate(KINDS)}
    for _ in range(exceptions // 25):
        _add(made, wanted, service.late_supply(_ground(seed, base, grid, len(made))))
    for kind in KINDS:
        while wanted[kind] > 0:
            _add(made, wanted, EXCEPTIONS[kind](_ground(seed, base, grid, len(made))))
    for n, kind in enumerate(KINDS):
        for _ in range(near_misses // len(KINDS) + (n < near_misses % len(KINDS))):
            made.append(NEAR_MISSES[kind](_ground(seed, base, grid, len(made))))
    return _night(seed, base, made)


def _add(made: list[Cause], wanted: dict[str, int], new: Cause) -> None:
    count = Counter(label.kind for label in new.labels)
    if all(wanted[kind] >= units for kind, units in count.items()):
        made.append(new)
        for kind, units in count.items():
            wanted[kind] -= units


def _ground(seed: int, base: Facts, grid: Network, number: int) -> Ground:
    return Ground(number, Dice(seed, f"night/{number}"), base.taken_at, grid, base.suppliers)


def _night(seed: int, base: Facts, made: list[Cause]) -> Night:
    labels: tuple[Label, ...] = tuple(label for one in made for label in one.labels)
    return Night(
        seed=seed,
        before=together(base, [one.before for one in made], base.taken_at - EVENING),
        after=together(base, [one.after for one in made], base.taken_at),
        events=tuple(event for one in made for event in one.events),
        labels=labels,
        cures=tuple(
            Cure(cell=one.labels[0].cell, facts=_alone(base, one.cure)) for one in made if not one.labels[0].near
        ),
    )


def _alone(base: Facts, well: Parts) -> Facts:
    """A cause's own part of the world and nothing else."""
    empty = Facts(taken_at=base.taken_at, base_currency=base.base_currency)
    return together(empty, [well], base.taken_at)
