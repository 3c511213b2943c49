"""From what was proposed and chosen to a draft; whatever counts in it was computed by tools."""

from __future__ import annotations

from collections.abc import Sequence

from agent.planners.interface import Draft
from agent.planners.shortfalls import shortages
from domain.allocation.types import AllocationPlan
from domain.facts import Facts
from domain.plans import Move
from domain.requests import Answer, Request
from tools.context import ToolContext

Bucket = tuple[str, str, str | None]
"""SKU, site, and inbound supply (None: stock)."""


def draft(
    facts: Facts, moves: Sequence[Move], allocations: Sequence[AllocationPlan], *, summary: str, untouched: str
) -> Draft:
    """A draft with the allocations its moves rest on, and what those leave short."""
    rests_on = {key for move in moves for key in move.evidence}
    used = tuple({plan.id: plan for plan in allocations if plan.id in rests_on}.values())
    return Draft(
        summary=summary,
        moves=tuple(moves),
        shortages=tuple(row for plan in used for row in shortages(facts, plan)),
        allocations=used,
        untouched=untouched,
    )


def answered(summary: str, ask: str, evidence: Sequence[str]) -> Answer | None:
    """The model's words as an answer with the tool calls it rests on; None when there are no words."""
    if ask:
        return Answer(intent="ask", text=ask, evidence=tuple(dict.fromkeys(evidence)))
    return Answer(intent="model", text=summary, evidence=tuple(dict.fromkeys(evidence))) if summary else None


def counted(moves: Sequence[Move]) -> str:
    """The summary when the model's own cannot be shown: what is proposed, by the titles the tools gave."""
    if not moves:
        return "Nothing is proposed."
    shown = "; ".join(move.title for move in moves[:5])
    more = f"; and {len(moves) - 5} more" if len(moves) > 5 else ""
    return f"{len(moves)} moves are proposed: {shown}{more}."[:4000]


def overdrawn(facts: Facts, request: Request, moves: Sequence[Move]) -> str:
    """What moves together take too much of: units of a bucket, or need of a line; "" when they go together.

    A bucket may give what is free plus what the moves release into it; a line may gain what it lacks plus what the
    moves release from it.
    """
    context = ToolContext(facts, request)
    taken: dict[Bucket, int] = {}
    gained: dict[str, int] = {}
    for action in (action for move in moves for action in move.actions):
        if action.kind in ("reserve", "release_reservation"):
            sign = 1 if action.kind == "reserve" else -1
            bucket = (action.sku, action.site, action.inbound)
            taken[bucket] = taken.get(bucket, 0) + sign * action.quantity
            gained[action.line] = gained.get(action.line, 0) + sign * action.quantity
        elif action.kind == "substitute":
            bucket = (action.alternative, action.site, None)
            taken[bucket] = taken.get(bucket, 0) + action.quantity
            gained[action.line] = gained.get(action.line, 0) + action.quantity
        elif action.kind == "transfer":
            bucket = (action.sku, action.from_site, None)
            taken[bucket] = taken.get(bucket, 0) + action.quantity
    for (sku, site, inbound), units in sorted(taken.items(), key=str):
        if units > context.free(sku, site, inbound):
            return f"{sku} {f'on {inbound}' if inbound else f'at {site}'}"
    for line, units in sorted(gained.items()):
        if units > 0 and units > context.uncovered(facts.line(line)):
            return line
    return ""
