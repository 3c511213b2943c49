"""Stories told to be measured: who decides what after how many minutes is chosen here, so the answers are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from domain.errors import BadInput, NotAllowed
from evals.metrics.notebook import Notebook
from evals.worlds.world import Dice

if TYPE_CHECKING:
    from agent.runtime.application import Application
    from agent.runtime.clock import FixedClock
    from guardrails.cards import Card

Verb = Literal["approve", "reject", "edit"]

NINE: tuple[tuple[int, Verb], ...] = (
    (7, "approve"),
    (12, "approve"),
    (3, "approve"),
    (20, "reject"),
    (5, "approve"),
    (41, "edit"),
    (2, "approve"),
    (9, "reject"),
    (30, "approve"),
)
"""Nine decisions, three of them against what was proposed: minutes waited before each, and what is done."""

OUTAGE = {2: True, 4: False}
"""Before which decision the system of customer service falls silent, and is back."""

DECIDERS = {
    "planner": ("paula", "peter"),
    "lead": ("lena",),
    "finance": ("farid", "fiona"),
    "warehouse_manager": ("wanda",),
    "commercial": ("carla",),
    "operations": ("omar", "olga"),
}
"""Which demo personas may answer for a role."""


@dataclass(frozen=True)
class Act:
    """One decision that a person made."""

    verb: Verb
    approval: str
    move: str
    role: str
    by: str
    at: datetime


@dataclass
class Teller:
    """Tells a story at the door: lets time pass, has somebody decide, and keeps the notebook."""

    door: Application
    clock: FixedClock
    notebook: Notebook
    acts: list[Act] = field(default_factory=list)

    def wait(self, minutes: int) -> None:
        """Let time pass; nothing happens."""
        self.clock.advance(timedelta(minutes=minutes))

    def sweep(self) -> None:
        """Let the program go on by itself: what is overdue ends, what is parked is tried again."""
        self.door.settle()
        self.notebook.look()

    def decide(self, verb: Verb) -> bool:
        """The first question whose turn it is gets this answer; one that cannot be edited is passed over.

        False when nothing waits that could be answered so.
        """
        for card in [card for card in self.door.approvals() if not card.before]:
            if who := self._does(verb, card):
                role = card.role
                self.acts.append(Act(verb, card.approval, card.move, role, who, self.door.now))
                self.notebook.look()
                return True
        return False

    def _does(self, verb: Verb, card: Card) -> str:
        involved = {card.asked_by, *card.edited_by} if card.four_eyes else set()
        who = next(person for person in DECIDERS[card.role.split("/")[0]] if person not in involved)
        if verb == "approve":
            self.door.approve(card.approval, who, card.digest)
        elif verb == "reject":
            self.door.reject(card.approval, who, "the customer was told otherwise", card.digest)
        else:
            return who if self._edits(card, who) else ""
        return who

    def _edits(self, card: Card, who: str) -> bool:
        """One unit less of something in the card; refused tries stand in the ledger and change nothing."""
        for quantity in card.quantities:
            try:
                self.door.edit(
                    card.approval, who, {quantity.action: quantity.units - 1}, card.digest, reason="counted again"
                )
            except (BadInput, NotAllowed):
                continue
            return True
        return False


def nine_decisions(teller: Teller, silent: Callable[[bool], None]) -> datetime:
    """The story of NINE; `silent` turns customer service's system off before the third and on again after the fourth.

    The moment after the ninth decision; then comes a day in which nobody answers, and the rest is approved.
    """
    for place, (waited, verb) in enumerate(NINE):
        teller.wait(waited)
        if place in OUTAGE:
            silent(OUTAGE[place])
        assert teller.decide(verb), f"nothing to {verb}"
    teller.wait(1)
    ended = teller.door.now
    teller.wait(25 * 60)
    teller.sweep()
    teller.wait(7)
    while teller.decide("approve"):
        teller.wait(7)
    return ended


def by_dice(teller: Teller, seed: int, most: int = 40) -> None:
    """Questions answered at random times, some with no; now and then nobody answers for a day."""
    dice = Dice(seed, "metrics")
    for _ in range(most):
        if not teller.door.approvals():
            break
        teller.wait(dice.between(1, 90))
        if dice.chance(6):
            teller.wait(25 * 60)
            teller.sweep()
        elif not (dice.chance(15) and teller.decide("edit")):
            teller.decide("reject" if dice.chance(20) else "approve")
