"""A draft becomes a plan: final ids, no move twice, nothing that was refused before."""

from __future__ import annotations

from agent.planners.interface import Draft
from domain.engine import ENGINE
from domain.plans import Move, Plan
from domain.requests import Request


def assemble(draft: Draft, request: Request, *, planner: str, policy: str, facts: str) -> Plan:
    """The plan of one revision: moves are numbered `{case}/r{revision}/m{n}` in the order of the draft.

    Moves of equal substance are kept once; a move of a substance that somebody refused or that is done already is left
    out, and so is every move that needs it. Pure: equal arguments give equal bytes.
    """
    refused = {item.substance for item in request.rejected if item.substance} | set(request.done)
    kept: dict[str, Move] = {}
    first: dict[str, Move] = {}
    for move in draft.moves:
        if (substance := move.substance) not in refused:
            kept[move.id] = first.setdefault(substance, move)
    unique = _with_their_needs({key: move for key, move in kept.items() if key == move.id}, kept)
    names = {key: f"{request.case}/r{request.revision}/m{n}" for n, key in enumerate(unique, 1)}
    moves = tuple(
        move.model_copy(
            update={"id": names[key], "needs": tuple(sorted({names[kept[need].id] for need in move.needs}))}
        )
        for key, move in unique.items()
    )
    return Plan(
        case=request.case,
        revision=request.revision,
        planner=planner,
        engine=ENGINE,
        policy=policy,
        facts=facts,
        summary=draft.summary,
        moves=moves,
        shortages=draft.shortages,
        allocations=draft.allocations,
        untouched=draft.untouched,
        rejected=tuple(sorted(item.move for item in request.rejected)),
        answer=draft.answer,
    )


def _with_their_needs(unique: dict[str, Move], kept: dict[str, Move]) -> dict[str, Move]:
    """Only moves whose needs are all in the plan; dropping one may drop those that need it."""
    while True:
        whole = {
            key: move
            for key, move in unique.items()
            if all(need in kept and kept[need].id in unique for need in move.needs)
        }
        if len(whole) == len(unique):
            return whole
        unique = whole
