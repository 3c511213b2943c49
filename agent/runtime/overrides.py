"""Overrides: what people did against the plan and what it cost, and the undo of an executed move as a new move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from domain.errors import NotAllowed
from domain.noun import Id, Money, Noun, Text, Units

if TYPE_CHECKING:
    from agent.runtime.compose import Parts


class Undone(Noun):
    """An undo that was asked for: the move it takes back (`of`), and the case, run and move it became.

    `move` is None when nothing could be taken back. `decision` is how that move stands now: `waiting` for the roles
    `waits_for`, `approved`, `executed`, `denied` and so on, or `nothing`. `left` are sentences: what stays as it is.
    """

    of: Id
    case: Id
    run: Id
    move: Id | None
    decision: Text
    waits_for: tuple[Id, ...] = ()
    left: tuple[Text, ...] = ()
    text: Text = ""


class Override(Noun):
    """A person's departure from the plan, as the ledger has it: what kinds it is of, why, and its cost.

    Money in the base currency: `optimum` is what the best allocation is worth, `chosen` what the best one that contains
    this decision is, `cost` the value given up (never negative). `ranked` and `floors` are units of strict ranks and of
    contract floors given up, which no money stands against. The amounts are None where no allocation was possible.
    """

    seq: int
    at: datetime
    by: Id
    case: Id
    move: Id
    kinds: tuple[Id, ...]
    reason_code: Text
    reason: Text = ""
    cost: Money | None = None
    optimum: Money | None = None
    chosen: Money | None = None
    ranked: Units = 0
    floors: Units = 0


class OverrideDesk:
    """What doors may ask about overrides."""

    def __init__(self, parts: Parts, settle: Callable[[str | None], None]) -> None:
        self._parts = parts
        self._settle = settle

    def undo(self, move: str, user: str, reason_code: str, reason: str = "", *, settle: bool = True) -> Undone:
        """Take back what an executed move did, as a new move that policy judges and the gate carries out.

        Raises NotAllowed (no role that may undo), BadInput (a reason code the policy does not know), Conflict (nothing
        of it is in force: not executed, undone before, or being undone).
        """
        raise NotAllowed("undo is being built", field="move", fix="wait for the next version")

    def listed(self, since: datetime | None = None) -> tuple[Override, ...]:
        """Overrides in the order they were made."""
        return ()

    def cost(self, move: str) -> Override | None:
        """The last override of a move; None when nobody has overridden it."""
        return None
