"""What a run is asked to do, and its answer to a question. With Facts and a policy, a Request fixes the plan."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from domain.actions import Action
from domain.cases import Scope
from domain.events import Event
from domain.noun import Id, Noun, Text, Units, UntrustedText
from domain.signals import Signal

MoveKind = Literal[
    "reallocate", "reserve", "transfer", "replenish", "expedite", "promise", "credit", "wave", "carrier", "escalate"
]
"""What sort of move it is."""


class RejectedMove(Noun):
    """A move that somebody refused: its losers keep what it would have taken, its winner must be served otherwise.

    `keeps` are (line, supply site, inbound or "", units) of the refused releases; `winners` are lines it would have
    served; `move` names it in its own revision, `substance` is its `Move.substance` (never proposed again).
    """

    move: Id
    kind: Id
    by: Id
    reason: UntrustedText = ""
    substance: str = ""
    winners: tuple[Id, ...] = ()
    keeps: tuple[tuple[Id, Id, str, Units], ...] = ()


class Rates(Noun):
    """The numbers of the objective that policy sets (shares of one unit's cost, or of its price); notes in docs.

    `tier_bonus` per tier id: share of unit price added to a unit's value; `aging_bonus_per_day`: share of unit price
    per day since it was ordered, capped at `aging_bonus_cap`; `late_penalty_per_day`: share of unit cost for every
    day after due for lines with no contract; `break_cost`: share of unit price for a confirmed unit taken away.
    Small ones that choose among sites: `capacity_cost`: share of unit price when a site's open picks fill its day;
    `scarcity_cost`: share of unit price where stock covers none of the forecast; `shelf_life_bonus`: share of unit cost
    for stock at the end of its shelf life.
    """

    tier_bonus: tuple[tuple[Id, Decimal], ...] = (
        ("strategic", Decimal("0.10")),
        ("key", Decimal("0.05")),
        ("standard", Decimal("0")),
    )
    aging_bonus_per_day: Decimal = Decimal("0.001")
    aging_bonus_cap: Decimal = Decimal("0.03")
    late_penalty_per_day: Decimal = Decimal("0.005")
    late_penalty_cap: Decimal = Decimal("0.15")
    break_cost: Decimal = Decimal("0.02")
    capacity_cost: Decimal = Decimal("0.002")
    scarcity_cost: Decimal = Decimal("0.005")
    shelf_life_bonus: Decimal = Decimal("0.01")
    horizon_days: int = 60
    churn_budget: Units | None = None
    protect_released: bool = False


class Offer(Noun):
    """What the copilot could propose as moves once the one it talks with says yes: a call of a write tool.

    `arguments` is canonical JSON; `text` says it in words; `scope` is all that the moves may touch.
    """

    tool: Id
    arguments: str
    text: Text
    scope: Scope


class Undo(Noun):
    """An executed move that somebody takes back: its actions that were carried out and are in force, and why.

    `sequences` are (wave, its tasks in their former order) and `carriers` (wave, its former carrier), where the move
    changed them.
    """

    move: Id
    title: Text
    kind: MoveKind
    reason_code: Text
    reason: UntrustedText
    actions: tuple[Action, ...]
    sequences: tuple[tuple[Id, tuple[Id, ...]], ...] = ()
    carriers: tuple[tuple[Id, Id], ...] = ()


class Turn(Noun):
    """An earlier turn of the conversation a question belongs to: its run, the words, and how it was answered; `at` is
    when it was said."""

    run: Id
    question: UntrustedText
    intent: Id = "none"
    named: tuple[tuple[Id, Id], ...] = ()
    offer: Offer | None = None
    at: datetime | None = None


class Request(Noun):
    """One run's task. `now` is when it was asked; `by` is the actor; `scope` is the case's scope; `done` are
    substances of moves of earlier revisions that were or are being carried out: they are not proposed again.

    `spotted` is what triage saw that the case is about.
    `history` are the turns before a question, oldest first; `commission` is the offer that a command carries out;
    `undo` is what a command takes back.
    """

    case: Id
    case_kind: Id
    revision: int
    kind: Literal["event", "question", "sweep", "command"]
    now: datetime
    by: Id
    scope: Scope = Scope()
    events: tuple[Event, ...] = ()
    question: UntrustedText = ""
    rejected: tuple[RejectedMove, ...] = ()
    done: tuple[Id, ...] = ()
    rates: Rates = Rates()
    history: tuple[Turn, ...] = ()
    commission: Offer | None = None
    undo: Undo | None = None
    spotted: tuple[Signal, ...] = ()


class Answer(Noun):
    """The answer to a question: sentences, a table, and the ids it rests on. `intent` says how it was understood.

    `named` are the (kind, id) of entities it speaks of, for follow-ups. `asks`: it asks back, and `suggestions`
    are what may have been meant. `offer` waits for a yes; `accepted` got one.
    """

    intent: Id
    text: Text
    columns: tuple[Text, ...] = ()
    rows: tuple[tuple[Text, ...], ...] = ()
    evidence: tuple[Id, ...] = ()
    suggestions: tuple[Text, ...] = ()
    asks: bool = False
    named: tuple[tuple[Id, Id], ...] = ()
    offer: Offer | None = None
    accepted: Offer | None = None


class ToolCall(Noun):
    """One call of a tool in a run: canonical JSON of arguments and result, and an evidence id `T-` + 12 hex of both."""

    id: Id
    tool: Id
    arguments: str
    result: str
