"""What every planner is: from a request and a toolbox to a draft of the answer."""

from __future__ import annotations

from typing import Protocol

from domain.allocation.types import AllocationPlan
from domain.noun import Noun, Text
from domain.plans import Move, Shortage
from domain.requests import Answer, Request
from tools.toolbox import Toolbox


class Draft(Noun):
    """What a planner hands over: moves with draft ids, best first, the shortages that stay, the answer to a question.

    `untouched` says in words what was looked at and deliberately left alone.
    """

    summary: Text
    moves: tuple[Move, ...] = ()
    shortages: tuple[Shortage, ...] = ()
    allocations: tuple[AllocationPlan, ...] = ()
    untouched: Text = ""
    answer: Answer | None = None


class Planner(Protocol):
    """A way to plan. Equal requests on equal facts give equal drafts for a deterministic planner."""

    @property
    def name(self) -> str:
        """Which planner this is, as recorded in the plan."""
        ...

    @property
    def version(self) -> str:
        """Which version of it; a new one may plan differently."""
        ...

    def plan(self, request: Request, toolbox: Toolbox) -> Draft:
        """The draft for a request. Raises errors of domain.errors; executes nothing."""
        ...
