"""What a rules plan has read and gathered so far; every call leaves its evidence id on the moves it proposes."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from agent.planners.interface import Draft
from domain.allocation.types import AllocationPlan
from domain.facts import Facts
from domain.noun import Noun
from domain.plans import Move, Shortage
from domain.requests import Request
from tools.context import Proposal
from tools.toolbox import Toolbox

R = TypeVar("R", bound=Noun)


class Notebook:
    """Collects moves, shortages, sentences and evidence in the order they come up."""

    def __init__(self, request: Request, toolbox: Toolbox) -> None:
        self.request = request
        self.toolbox = toolbox
        self.moves: list[Move] = []
        self.shortages: list[Shortage] = []
        self.allocations: list[AllocationPlan] = []
        self.sentences: list[str] = []
        self.left_alone: list[str] = []
        self.evidence: list[str] = []

    @property
    def facts(self) -> Facts:
        """The snapshot, with what the events told."""
        return self.toolbox.facts

    def look(self, kind: type[R], tool: str, **arguments: object) -> R:
        """Call a read tool and remember the evidence."""
        found = self.toolbox.find(kind, tool, **arguments)
        self._remember(found.evidence)
        return found.result

    def propose(self, tool: str, *, needs: tuple[str, ...] = (), **arguments: object) -> Proposal:
        """Call a write tool and take over the moves it proposes, with the call as evidence; also hands them back.

        `needs`: draft ids of moves that must be carried out before these.
        """
        found = self.toolbox.find(Proposal, tool, **arguments)
        self._remember(found.evidence)
        marked = tuple(
            move.model_copy(
                update={"evidence": (*move.evidence, found.evidence), "needs": tuple(sorted({*move.needs, *needs}))}
            )
            for move in found.result.moves
        )
        self.moves.extend(marked)
        return found.result.model_copy(update={"moves": marked})

    def require(self, move: str, needs: tuple[str, ...]) -> None:
        """Let a gathered move wait for others as well."""
        for place, item in enumerate(self.moves):
            if item.id == move:
                self.moves[place] = item.model_copy(update={"needs": tuple(sorted({*item.needs, *needs}))})

    def withdraw(self, moves: Collection[str]) -> None:
        """Take gathered moves back: something proposed since then makes them pointless."""
        self.moves = [item for item in self.moves if item.id not in moves]

    def say(self, sentence: str) -> None:
        """Add a sentence to the summary."""
        self.sentences.append(sentence)

    def _remember(self, key: str) -> None:
        if key not in self.evidence:
            self.evidence.append(key)

    def draft(self) -> Draft:
        """Everything gathered, as a draft."""
        return Draft(
            summary=" ".join(self.sentences)[:4000],
            moves=tuple(self.moves),
            shortages=tuple(self.shortages),
            allocations=tuple(self.allocations),
            untouched=" ".join(self.left_alone)[:4000],
        )
