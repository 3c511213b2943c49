"""The supply side of a problem: which units there are to hand out, and who has them now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from domain.allocation.types import Demand, Supply
from domain.calendar import zone
from domain.execution import TaskState, WaveState
from domain.facts import Facts
from domain.orders import LineState, OrderLine
from domain.requests import Rates, Request


def supply_id(sku: str, site: str, inbound: str | None = None) -> str:
    """The id of a supply: `SKU@SITE` for stock, `SKU@SITE#INBOUND` for supply on its way."""
    return f"{sku}@{site}" + (f"#{inbound}" if inbound else "")


class Pool:
    """Supplies of the named SKUs and what is reserved, claimed and picked of them."""

    def __init__(self, facts: Facts, skus: Sequence[str], request: Request) -> None:
        self.skus = tuple(skus)
        self.notes: list[str] = []
        self._facts = facts
        self._open = {line.id for sku in skus for line in facts.lines_of_sku(sku)}
        self._supply = {supply.id: supply for supply in self._gross(facts)}
        self._held: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._gone: dict[str, int] = defaultdict(int)
        for reservation in facts.reservations:
            key = supply_id(reservation.sku, reservation.site, reservation.inbound)
            if key not in self._supply:
                continue
            if reservation.line in self._open:
                self._held[reservation.line or ""][key] += reservation.quantity
            else:
                self._gone[key] += reservation.quantity
        for claim in facts.claims:
            key = supply_id(claim.sku, claim.site, claim.inbound)
            if claim.case != request.case and key in self._supply:
                self._gone[key] += claim.quantity
        self._loose: dict[str, int] = defaultdict(int)
        self._picked = self._read_picks()

    def _gross(self, facts: Facts) -> Iterable[Supply]:
        sites = {site.id: site for site in facts.sites}
        wanted = set(self.skus)
        for position in facts.positions:
            if position.sku in wanted and position.site in sites:
                today = facts.taken_at.astimezone(zone(sites[position.site])).date()
                key = supply_id(position.sku, position.site)
                yield Supply(id=key, sku=position.sku, site=position.site, available=today, quantity=position.sellable)
        for item in facts.inbound:
            if item.sku in wanted and item.site in sites:
                key = supply_id(item.sku, item.site, item.id)
                ready = max(item.eta, facts.today)
                yield Supply(
                    id=key, sku=item.sku, site=item.site, available=ready, quantity=item.quantity, inbound=item.id
                )

    def _read_picks(self) -> frozenset[str]:
        """Lines with picked tasks. Picked units that no reservation covers are gone from stock."""
        units: dict[tuple[str, str], int] = defaultdict(int)
        lines: set[str] = set()
        for wave in self._facts.waves:
            for task in wave.tasks:
                if task.state is TaskState.PICKED and wave.state is not WaveState.DONE and task.line in self._open:
                    lines.add(task.line)
                    units[task.line, supply_id(task.sku, wave.site)] += task.quantity
        for (line, key), picked in units.items():
            loose = max(0, picked - self._held[line].get(key, 0))
            if loose and key in self._supply:
                self._gone[key] += loose
                self._loose[line] += loose
        return frozenset(lines)

    def picked_loose(self, line: str) -> int:
        """Units of a line that are picked though no reservation covers them."""
        return self._loose.get(line, 0)

    def held(self, line: str) -> list[tuple[str, int]]:
        """(supply id, units) reserved for a line, stock first, then the earliest inbound."""
        mine = self._held.get(line, {})
        return sorted(
            mine.items(),
            key=lambda item: (self._supply[item[0]].inbound is not None, self._supply[item[0]].available, item[0]),
        )

    def frozen(self, line: OrderLine, rates: Rates) -> bool:
        """Picked, frozen by the ERP, or (where policy protects them) released to picking."""
        if line.frozen or line.state is LineState.PICKED or line.id in self._picked:
            return True
        if not rates.protect_released:
            return False
        return line.state is LineState.RELEASED or any(
            wave.state is WaveState.RELEASED and any(task.line == line.id for task in wave.tasks)
            for wave in self._facts.waves
        )

    def of_sku(self, sku: str) -> list[Supply]:
        """Gross supplies of a SKU, by id."""
        return [self._supply[key] for key in sorted(self._supply) if self._supply[key].sku == sku]

    def free(self, key: str) -> int:
        """Units of a supply that nobody holds, has claimed or has picked."""
        held = sum(units.get(key, 0) for units in self._held.values())
        return max(0, self._supply[key].quantity - self._gone[key] - held)

    def supply(self, demand: Iterable[Demand]) -> tuple[Supply, ...]:
        """Supplies net of what is gone. Frozen and locked units are there whatever the count says: where they exceed
        it, the supply is exactly them, and a note says so."""
        kept: dict[str, int] = defaultdict(int)
        for line in demand:
            for held in line.holdings:
                kept[held.supply] += held.quantity if line.frozen else held.locked
        result = []
        for key in sorted(self._supply):
            item = self._supply[key]
            net = item.quantity - self._gone[key]
            if net < kept[key]:
                self.notes.append(
                    f"{key}: {kept[key]} units must stay with their lines, but only {max(0, net)} are there"
                )
            result.append(item.model_copy(update={"quantity": max(0, net, kept[key])}))
        return tuple(result)
