"""People who decide in part, by seeded dice: approve some moves, reject some, edit some, and let some expire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from agent.runtime.compose import open_application
from agent.runtime.world import embedded, load_world
from agent.settings import Settings
from connectors import snapshot
from domain.errors import QuartermasterError
from domain.facts import Facts
from evals.accounting import Finding, audit_settled, deeds
from evals.worlds.world import Dice, World
from guardrails.cards import Card
from guardrails.policy import default_text
from tests.agent.house import who

MOST = 60
"""Decisions after which whatever still waits is left to expire."""
Open = Callable[[int], AbstractContextManager[Application]]
"""Opens the application so many hours later."""


@contextmanager
def in_world(home: Path, world: World, hours: int = 0) -> Iterator[Application]:
    """The application on the world's folder, so many hours after the world's moment; a person confirms every move."""
    policy = home / "policy.yaml"
    if not policy.exists():
        load_world(home, world.facts)
        policy.write_text(default_text().replace("default: act", "default: approve"), encoding="utf-8")
    now = world.facts.taken_at + timedelta(hours=hours)
    settings = Settings.model_validate({"home": home, "policy": policy})
    application = open_application(settings, clock=FixedClock(now), connector=embedded(home))
    try:
        yield application
    finally:
        application.close()


def books(home: Path, now: datetime) -> Facts:
    """What the distributor's own books say."""
    connector = embedded(home)
    try:
        return snapshot.take(connector.reads, now)
    finally:
        connector.close()


def begin(home: Path, world: World) -> None:
    """The world's events come in and are planned; nothing is carried out unasked."""
    with in_world(home, world) as application:
        for event in world.events:
            application.take_event(event)


def decide(application: Application, dice: Dice, seed: int, *, settle: bool = True) -> str:
    """One decision on the first card whose turn it is and that is not left to expire; what was done, "" for none."""
    for card in application.approvals():
        if card.before or Dice(seed, f"expire {card.move}").chance(12):
            continue
        return _decide(application, card, dice, settle)
    return ""


def _decide(application: Application, card: Card, dice: Dice, settle: bool) -> str:
    kinds: dict[int, Callable[[], object]] = {
        0: lambda: application.reject(card.approval, who(card), "not so", card.digest, settle=settle),
        1: lambda: _edit(application, card, dice, settle),
    }
    throw = dice.between(0, 5)
    try:
        kinds.get(throw, lambda: application.approve(card.approval, who(card), card.digest, settle=settle))()
    except QuartermasterError:
        application.reject(card.approval, who(card), "it could not be done", card.digest, settle=settle)
    return {0: "rejected", 1: "edited"}.get(throw, "approved")


def _edit(application: Application, card: Card, dice: Dice, settle: bool) -> None:
    many = [quantity for quantity in card.quantities if quantity.units > 1]
    if not many:
        application.approve(card.approval, who(card), card.digest, settle=settle)
        return
    chosen = many[dice.between(0, len(many) - 1)]
    changes = {chosen.action: dice.between(0, chosen.units)}
    application.edit(card.approval, who(card), changes, card.digest, "another split", settle=settle)


def let_all_end(application: Application, *, yes: bool = False) -> None:
    """Whatever waits is rejected (`yes`: approved), and what is asked anew after it, until all has come to rest."""
    for _ in range(MOST):
        application.settle()
        cards = application.approvals()
        if not cards:
            return
        for move, card in {card.move: card for card in reversed(cards)}.items():
            assert move == card.move
            if yes:
                application.approve(card.approval, who(card), card.digest, settle=False)
            else:
                application.reject(card.approval, who(card), "enough", card.digest, settle=False)


def findings(home: Path, before: Facts) -> tuple[Finding, ...]:
    """What the judge finds in our tables and the distributor's books."""
    return audit_settled(before, books(home, before.taken_at), deeds(home / "quartermaster.db"))
