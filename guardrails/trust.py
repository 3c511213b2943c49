"""How far the facts behind a move can be trusted: their age, degraded sources, and whether ERP and WMS agree."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal

from domain.facts import Facts
from domain.noun import CENT
from guardrails.touched import Touched
from guardrails.vocabulary import FactValue

FRESH_MINUTES = 240
"""For so long a reading counts as new."""


def trust(facts: Facts, touch: Touched) -> dict[str, FactValue]:
    """`fact_age` (minutes), `degraded` and `confidence` (percent, rounded down), of facts about what a move touches.

    confidence = 100 x min(1, FRESH_MINUTES / age of the oldest source) x the smallest of (smaller count / larger count)
    over the touched SKUs at the touched sites that ERP and WMS both count.
    """
    oldest = min((source.as_of for source in facts.sources), default=facts.taken_at)
    minutes = max(0, int((facts.taken_at - oldest).total_seconds() // 60))
    fresh = min(Decimal(1), Decimal(FRESH_MINUTES) / max(1, minutes))
    agreement = min(_agreements(facts, touch), default=Decimal(1))
    return {
        "fact_age": minutes,
        "degraded": any(source.degraded for source in facts.sources),
        "confidence": (100 * fresh * agreement).quantize(CENT, rounding=ROUND_FLOOR),
    }


def _agreements(facts: Facts, touch: Touched) -> Iterator[Decimal]:
    for theirs in facts.warehouse_positions:
        if theirs.sku in touch.skus and theirs.site in touch.sites:
            ours = facts.position(theirs.sku, theirs.site)
            if ours is not None and (larger := max(ours.on_hand, theirs.on_hand)):
                yield Decimal(min(ours.on_hand, theirs.on_hand)) / larger
