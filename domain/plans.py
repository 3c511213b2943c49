"""Plans and moves. A move is everything that must be true together; people decide moves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.actions import Action
from domain.allocation.types import AllocationPlan
from domain.canonical import digest
from domain.noun import Id, Money, Noun, Text
from domain.requests import Answer, MoveKind

__all__ = ["Effect", "Move", "MoveKind", "Plan", "Shortage", "shown_digest"]


class Effect(Noun):
    """Who gains or loses by a move: units (negative = loses), units that come sooner (negative = later) without a
    change of their number, and the promise date before and after."""

    line: Id
    order: Id
    customer: Id
    sku: Id
    units: int
    sooner: int = 0
    promise_before: date | None = None
    promise_after: date | None = None
    why: Text = ""


class Move(Noun):
    """Actions that are true together, who gains and who loses, and what it is worth.

    `value` (base currency) is the objective after minus before of this move alone; `value_at_stake` = units moved x
    (margin + penalty avoided) plus promise slip and expedite cost (notes in docs). `needs` names moves of the same
    plan that must be executed first. `evidence` are ids of facts and tool results it rests on.
    """

    id: Id
    title: Text
    reason: Text
    kind: MoveKind
    actions: tuple[Action, ...]
    effects: tuple[Effect, ...] = ()
    needs: tuple[Id, ...] = ()
    value: Money = Decimal("0.00")
    value_at_stake: Money = Decimal("0.00")
    cost: Money = Decimal("0.00")
    evidence: tuple[Id, ...] = ()

    @property
    def substance(self) -> str:
        """Digest of what the move does and to whom, without ids: the same in a new revision is the same move."""
        return digest("substance/1", {"kind": self.kind, "actions": self.actions, "effects": self.effects})


class Shortage(Noun):
    """A line that the plan leaves short, and the computed reason."""

    line: Id
    order: Id
    customer: Id
    sku: Id
    short: int
    reason: Text


class Plan(Noun):
    """One revision of the answer to a case or question. The whole thing is replayable byte for byte from its inputs."""

    case: Id
    revision: int
    planner: Id
    engine: Id
    policy: Id
    facts: Id
    summary: Text
    moves: tuple[Move, ...] = ()
    shortages: tuple[Shortage, ...] = ()
    allocations: tuple[AllocationPlan, ...] = ()
    untouched: Text = ""
    rejected: tuple[Id, ...] = ()
    answer: Answer | None = None

    def move(self, key: str) -> Move:
        """The move with this id."""
        return next(move for move in self.moves if move.id == key)


def shown_digest(move: Move, policy: str, facts: str) -> str:
    """sha256 of exactly what a decider is shown: actions and effects of the move, policy version and snapshot."""
    return digest("shown/1", {"move": move, "policy": policy, "facts": facts})
