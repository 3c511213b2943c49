"""Turn an allocation of this run into moves: releases, reservations, transfers, wave holds, promises and notices."""

from __future__ import annotations

from domain.allocation.build import build
from domain.noun import Id, Noun
from domain.plans import Move
from domain.response.compose import compose
from tools.context import Proposal, ToolContext


class ReallocateArgs(Noun):
    """An allocation of this run; `winners` keeps only the moves in which one of these lines gains (all when empty)."""

    allocation_id: Id
    winners: tuple[Id, ...] = ()


def reallocate(context: ToolContext, args: ReallocateArgs) -> Proposal:
    """The moves that carry the allocation out, best first. Quantities are the allocation's; nobody else names any.

    BadInput when the allocation was not made in this run, UnknownReference when a winner is unknown.
    """
    plan = context.allocation(args.allocation_id)
    for key in args.winners:
        if not context.facts.has("transfer", key):
            context.facts.line(key)
    problem = build(context.facts, plan.skus, context.request)
    moves = compose(context.facts, problem, plan, plan.id)
    chosen = tuple(_without_snapshot(context, move) for move in moves if _wanted(move, args.winners))
    return Proposal(moves=chosen, note="" if chosen else "what is reserved now is what the allocation wants")


def _wanted(move: Move, winners: tuple[str, ...]) -> bool:
    return not winners or any(effect.line in winners and effect.units > 0 for effect in move.effects)


def _without_snapshot(context: ToolContext, move: Move) -> Move:
    """The plan names the snapshot once; its moves name what they rest on inside it."""
    return move.model_copy(update={"evidence": tuple(key for key in move.evidence if key != context.facts.id)})
