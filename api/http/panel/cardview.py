"""A card as a screen shows it: to whom, with what buttons, and what changed since this person looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from agent.runtime.application import Application
from agent.runtime.later import Later
from api.http.panel.pages import may
from domain.actions import Action
from domain.facts import Facts
from domain.noun import Id, Noun, Text, Units
from domain.plans import Effect
from guardrails.cards import Card
from guardrails.people import User
from storage.approval_steps import Step
from storage.records import ApprovalState

Mood = Literal["", "good", "bad", "wait"]


class SeenEffect(Noun):
    """What a person saw of one line: units, units sooner, promise date after."""

    line: Id
    units: int
    sooner: int
    promise: Text


class Seen(Noun):
    """What a card showed when its form was made. It comes back with the form and only ever is shown again."""

    title: Text = ""
    value: Text = ""
    effects: tuple[SeenEffect, ...] = ()


class Change(Noun):
    """One thing that is different now."""

    what: Text
    old: Text
    new: Text


class QuantityView(Noun):
    """A quantity one may edit: its action, what it is in words, and its units now."""

    action: Id
    words: Text
    units: Units


@dataclass(frozen=True, kw_only=True)
class CardView:
    """Everything the template of a card needs.

    `left`: seconds until it expires; `seen`: what its forms bring back; `changes`: quantities somebody typed that could
    not be taken; `did`, `notice`, `fix`, `diff`: what came of the last attempt. `later`, `deciders`: when it may come
    back and to whom it may be given by whoever may decide it; `steps`: its history, on a page of its own; `typed`: a
    comment that was not taken.
    """

    card: Card
    facts: Facts | None
    names: Mapping[str, str]
    currency: str
    left: float
    seen: str
    quantities: tuple[QuantityView, ...]
    may_decide: bool
    why_not: str
    decided: str
    decided_by: str
    now: datetime
    later: tuple[Later, ...] = ()
    deciders: tuple[User, ...] = ()
    may_speak: bool = False
    steps: tuple[Step, ...] = ()
    typed: str = ""
    notice: str = ""
    notice_mood: Mood = ""
    fix: str = ""
    did: str = ""
    diff: tuple[Change, ...] = ()
    changes: Mapping[str, str] = field(default_factory=dict)


class Views:
    """Cards for one request of one person; a snapshot is read once."""

    def __init__(self, application: Application, user: User) -> None:
        self._application = application
        self._user = user
        self._names = {person.id: person.name for person in application.people.all()}
        self._roles = application.standing.roles_of(user)
        self._facts: dict[str, Facts | None] = {}

    def of(self, card: Card) -> CardView:
        """The view of a card."""
        facts = self._snapshot(card)
        pending = card.state is ApprovalState.PENDING
        why_not, others = self._standing(card, facts) if pending else ("", ())
        decides = pending and not why_not
        standing = self._application.standing
        return CardView(
            card=card,
            facts=facts,
            names=self._names,
            currency=facts.base_currency if facts else "",
            left=(card.expires_at - self._application.now).total_seconds(),
            seen=seen_of(card).model_dump_json(),
            quantities=self._quantities(card),
            may_decide=decides,
            why_not=why_not,
            decided="" if pending else self.decision_in_words(card),
            decided_by=self.name(card.decided_by or ""),
            now=self._application.now,
            later=standing.later(card, facts) if decides else (),
            deciders=others,
            may_speak=may(self._user, "POST /approvals/{approval}/comment"),
        )

    def whole(self, card: Card) -> CardView:
        """The view of a card with its history, for a page of its own."""
        return replace(self.of(card), steps=self._application.desk.history(card.approval))

    @property
    def names(self) -> Mapping[str, str]:
        """User -> name."""
        return self._names

    def name(self, user: str) -> str:
        """The name of a user; the id of somebody who is no longer there."""
        return self._names.get(user, user)

    def decision_in_words(self, card: Card) -> str:
        """Who decided what and when, or how the question ended by itself."""
        if card.decided_by is None or card.decided_at is None:
            return f"This question is {card.state.value}; its move is {card.move_state.value}."
        name = self.name(card.decided_by)
        titles = {reason.code: reason.title for reason in card.reasons}
        code = titles.get(card.decision_code, card.decision_code)
        said = ": ".join(part for part in (code, card.decision_reason) if part)
        why = f": {said}" if said else ""
        at = f"{card.decided_at.day} {card.decided_at:%b %Y, %H:%M}"
        behalf = f" for {self.name(card.decided_for)}" if card.decided_for else ""
        return f"{card.state.value.capitalize()} by {name}{behalf} on {at}{why}"

    def _standing(self, card: Card, facts: Facts | None) -> tuple[str, tuple[User, ...]]:
        """Why this person may not decide a card ("" when they may), and who else may whom they can give it to."""
        if card.before:
            return f"Decided first by {', then '.join(card.before).replace('_', ' ')}.", ()
        if not self._roles & set(card.role.split("/")):
            return f"This waits for {card.role.replace('_', ' ').replace('/', ' or ')}.", ()
        found = self._application.standing.deciding(card.approval, facts)
        why_not = found.refused.get(self._user.id, "")
        return why_not, () if why_not else found.others(self._user.id)

    def _quantities(self, card: Card) -> tuple[QuantityView, ...]:
        move = self._application.browse.move(card.move).move
        words = {action.id: quantity_in_words(action) for action in move.actions}
        return tuple(
            QuantityView(action=one.action, words=words.get(one.action, one.text), units=one.units)
            for one in card.quantities
        )

    def _snapshot(self, card: Card) -> Facts | None:
        if card.facts not in self._facts:
            self._facts[card.facts] = self._application.facts(card.run)
        return self._facts[card.facts]


def quantity_in_words(action: Action) -> str:
    """What a quantity is, as a planner says it."""
    match action.kind:
        case "reserve":
            return f"Give {action.line} from {action.inbound or action.site}"
        case "release_reservation":
            return f"Take from {action.line} at {action.inbound or action.site}"
        case "transfer":
            return f"Transfer {action.sku} from {action.from_site} to {action.to_site}"
        case "substitute":
            return f"Serve {action.line} with {action.alternative} from {action.site}"
        case "request_replenishment":
            return f"Buy {action.sku} for {action.site}"
        case _:
            return action.kind.replace("_", " ")


def seen_of(card: Card) -> Seen:
    """What this card shows, in short."""
    effects = tuple(_seen(effect) for effect in (*card.gains, *card.loses, *card.told))
    return Seen(title=card.title, value=str(card.value), effects=effects)


def parse_seen(text: str) -> Seen | None:
    """What the form brought back; None when it is not what we made."""
    try:
        return TypeAdapter(Seen).validate_json(text[:200_000])
    except ValidationError:
        return None


def changed(before: Seen | None, card: Card) -> tuple[Change, ...]:
    """What is different between what was seen and the card now, line by line; empty when that is not known."""
    if before is None:
        return ()
    now = seen_of(card)
    found: list[Change] = []
    if before.title != now.title:
        found.append(Change(what="The move", old=before.title, new=now.title))
    if before.value != now.value:
        found.append(Change(what="Value", old=before.value, new=now.value))
    old = {effect.line: effect for effect in before.effects}
    new = {effect.line: effect for effect in now.effects}
    for line in dict.fromkeys((*old, *new)):
        was, is_ = in_words(old.get(line)), in_words(new.get(line))
        if was != is_:
            found.append(Change(what=line, old=was, new=is_))
    return tuple(found)


def in_words(effect: SeenEffect | None) -> str:
    """One line of what was seen."""
    if effect is None:
        return "not in the move"
    parts = [f"{effect.units:+d} units"] if effect.units or not effect.sooner else []
    if effect.sooner:
        parts.append(f"{abs(effect.sooner)} {'sooner' if effect.sooner > 0 else 'later'}")
    return ", ".join(parts) + (f", promised {effect.promise}" if effect.promise else "")


def _seen(effect: Effect) -> SeenEffect:
    promise = effect.promise_after.isoformat() if effect.promise_after else ""
    return SeenEffect(line=effect.line, units=effect.units, sooner=effect.sooner, promise=promise)


def changes_from(form: Mapping[str, str], card: Card) -> dict[str, int]:
    """The quantities of a form that differ from the card: action id -> whole units.

    Raises ValueError with the action's id for one that is no whole number.
    """
    found: dict[str, int] = {}
    for quantity in card.quantities:
        text = form.get(f"units.{quantity.action}")
        if text is None:
            continue
        text = text.strip()
        if not text.isascii() or not text.isdecimal() or len(text) > 10:
            raise ValueError(quantity.action)
        if int(text) != quantity.units:
            found[quantity.action] = int(text)
    return found
