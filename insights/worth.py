"""What a change of holdings is worth to each line: the objective after it less the objective before, on given facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from decimal import Decimal

from domain.allocation.build import build
from domain.allocation.evaluate import lost
from domain.allocation.pool import supply_id
from domain.allocation.types import Arc, Demand, Problem
from domain.facts import Facts
from domain.noun import from_minor
from domain.requests import Rates, Request
from domain.scoring import score_line, score_transfer
from guardrails.supply import Bucket, held_by


class Worth:
    """Values of these SKUs' lines on one snapshot, in the arithmetic of the allocation (domain/scoring.py)."""

    def __init__(self, facts: Facts, skus: Collection[str], rates: Rates) -> None:
        request = Request(
            case="C-0", case_kind="observed", revision=1, kind="event", now=facts.taken_at, by="copilot", rates=rates
        )
        problem: Problem = build(facts, sorted(sku for sku in set(skus) if facts.has("sku", sku)), request)
        self._facts = facts
        self._rates = rates
        self._demand = {demand.id: demand for demand in problem.demand}
        self._held: dict[str, dict[str, int]] = defaultdict(dict)
        for (line, bucket), units in held_by(facts).items():
            self._held[line][supply_id(*bucket)] = units

    def of(self, changes: Mapping[tuple[str, Bucket], int]) -> dict[str, Decimal]:
        """Value of the change to each line: units x unit value, less break cost of confirmed units that are lost."""
        mine: dict[str, dict[Bucket, int]] = defaultdict(dict)
        for (line, bucket), units in changes.items():
            mine[line][bucket] = units
        return {line: from_minor(self._line(line, changed)) for line, changed in sorted(mine.items())}

    def granted(self, request: str, units: int) -> Decimal:
        """Value of units for a transfer request, as if they came the best way, whichever site has sent them."""
        item = self._facts.transfer(request)
        sites = {lane.origin for lane in self._facts.lanes if lane.destination == item.to_site}
        scores = [score_transfer(self._facts, item, site, None, self._rates) for site in sorted(sites)]
        best = max((score.total_minor for score in scores if score is not None), default=0)
        return from_minor(best * units)

    def _line(self, line: str, changed: Mapping[Bucket, int]) -> int:
        demand = self._demand.get(line)
        if demand is None:
            return 0
        before = self._held.get(line, {})
        after = dict(before)
        for bucket, units in changed.items():
            key = supply_id(*bucket)
            after[key] = max(0, after.get(key, 0) + units)
        arcs = self._arcs(demand, changed, before)
        total = sum((after.get(key, 0) - before.get(key, 0)) * arcs[key].value for key in before.keys() | after.keys())
        if not demand.break_cost:
            return total
        whole = demand.model_copy(update={"arcs": tuple(arcs.values())})
        return total - demand.break_cost * lost(whole, before, after, demand.quantity)

    def _arcs(self, demand: Demand, changed: Mapping[Bucket, int], before: Mapping[str, int]) -> dict[str, Arc]:
        """Every way the line is served by, also those the allocation leaves out; on hold, units are worth nothing."""
        arcs = {arc.supply: arc for arc in demand.arcs}
        for bucket in changed:
            key = supply_id(*bucket)
            if key in arcs:
                continue
            known = bucket[2] is None or self._facts.has("inbound", bucket[2])
            score = score_line(self._facts, demand.id, bucket[1], bucket[2], self._rates) if known else None
            value = 0 if score is None or demand.blocked else score.total_minor
            arcs[key] = Arc(supply=key, arrives=score.arrives if score else demand.due, value=value)
        for key in before:
            arcs.setdefault(key, Arc(supply=key, arrives=demand.due, value=0))
        return arcs
