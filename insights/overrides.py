"""What people gave up by going against the plan, in money, by reason code, by person and by what they overrode."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from guardrails.chain import EntryKind
from insights.numbers import Item, Number, Telling, total
from insights.past import Line, Past

FORMULA = (
    "sum over the overrides of the period (edits, commands against the plan, undos; carried out or not) of: value of "
    "the best allocation less value of the best one that contains the override, less what an earlier override of the "
    "same move had cost; taken over those whose cost is known; parts: "
)
_PARTS: tuple[tuple[str, str, str, Callable[[Line], str]], ...] = (
    ("override_cost", "", "reason code", lambda line: str(line.said.get("reason_code") or "none")),
    ("override_cost_by_person", ", by person", "person", lambda line: line.actor),
    ("override_cost_by_kind", ", by kind", "what was overridden", lambda line: "+".join(line.said["kinds"]) or "none"),
)


def numbers(past: Past) -> tuple[Number, ...]:
    """The value given up by overrides, three times: its parts by reason code, by person and by kind."""
    lines = [line for line in past.of(EntryKind.OVERRIDE) if line.said.get("cost") is not None]
    unit = next((str(line.said["currency"]) for line in lines if line.said.get("currency")), "base currency")
    return tuple(
        Telling(key, f"Value given up by overrides{suffix}", unit, f"{FORMULA}{parts}").of(
            [Item(label(line), _added(past, line), (line.seq,)) for line in lines], total
        )
        for key, suffix, parts, label in _PARTS
    )


def _added(past: Past, line: Line) -> Decimal:
    """The cost of an override less that of the one before it of the same move."""
    told = [one for one in past.moves.get(line.move or "", ()) if one.kind == EntryKind.OVERRIDE and one.seq < line.seq]
    known = [Decimal(one.said["cost"]) for one in told if one.said.get("cost") is not None]
    return Decimal(line.said["cost"]) - (known[-1] if known else Decimal(0))
