"""The whole application on the built-in world in a folder of its own, with a clock that is moved by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from agent.runtime.compose import open_application
from agent.runtime.durable import Engine, WorkState
from agent.runtime.world import world_url
from agent.settings import Settings
from connectors.embedded.connector import EmbeddedDistributor
from connectors.embedded.world import BUILT_IN_NOW, built_in_event
from domain.events import Event
from guardrails.cards import Card
from guardrails.policy import default_text
from storage.records import MoveState

NOW = BUILT_IN_NOW + timedelta(hours=1)
CAREFUL = ("default: act", "default: approve")
"""A change of the shipped policy: a person confirms every move."""


def policy_file(folder: Path, *changes: tuple[str, str]) -> Path:
    """The shipped policy with some text replaced."""
    text = default_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def opened(home: Path, *, now: datetime = NOW, policy: Path | None = None, **more: object) -> Iterator[Application]:
    """The application on a folder, closed at the end; the clock is `application.clock`, a FixedClock."""
    settings = Settings.model_validate({"home": home, "policy": policy, **more})
    application = open_application(settings, clock=FixedClock(now))
    try:
        yield application
    finally:
        application.close()


@contextmanager
def distributor(home: Path) -> Iterator[EmbeddedDistributor]:
    """The embedded distributor of a folder, to look into or to break."""
    outside = EmbeddedDistributor(world_url(home))
    try:
        yield outside
    finally:
        outside.close()


def delay(application: Application) -> str:
    """The supplier delay of the built-in world comes in; the run it starts."""
    taken = application.take_event(built_in_event())
    assert taken.run is not None
    return taken.run


def another_delay(key: str = "EV-2", sequence: int = 2, **changes: object) -> Event:
    """A later word about the same supply."""
    first = built_in_event()
    data = first.data.model_copy(update=changes)
    return first.model_copy(update={"id": key, "sequence": sequence, "data": data, "at": first.at + timedelta(hours=2)})


def states(application: Application, run: str) -> dict[str, MoveState]:
    """How the moves of a run stand."""
    return {item.move.id: item.state for item in application.report(run).moves}


def difference_of(application: Application, run: str) -> dict[str, Any]:
    """What a revision said of how it differs from the one before."""
    event = application.report(run).difference
    assert event is not None
    found: dict[str, Any] = json.loads(event.body)
    return found


def admitted(application: Application, event: Event) -> str:
    """An event that was taken in, its run admitted and not started; the run."""
    run = application._intake.take(event, event.source).run
    assert run is not None
    return run


def state_of(engine: Engine, key: str) -> WorkState:
    """Where a piece of durable work stands when it is over."""
    while (work := engine.glance(key, 5)) is None or work.state is WorkState.RUNNING:
        pass
    return work.state


def waiting_moves(application: Application) -> list[str]:
    """Moves that somebody is asked about, each once, in order."""
    return list(dict.fromkeys(card.move for card in application.approvals()))


PEOPLE = {
    "planner": "peter",
    "warehouse_manager": "wanda",
    "lead": "lena",
    "finance": "farid",
    "commercial": "carla",
    "operations": "omar",
}


def who(card: Card) -> str:
    """Somebody who may decide a card."""
    return PEOPLE[card.role.split("/")[0]]


def turn(application: Application, move: str) -> Card:
    """The card of a move whose turn it is."""
    return next(card for card in application.approvals() if card.move == move and not card.before)


def careful_policy(home: Path) -> Path:
    """The policy file of the `careful` fixture, copied with its folder."""
    return home / "policy.yaml"


def approve_fully(application: Application, move: str) -> None:
    """Everybody who is asked about a move says yes."""
    while cards := [card for card in application.approvals() if card.move == move and not card.before]:
        application.approve(cards[0].approval, who(cards[0]), cards[0].digest)


def in_another_process(code: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run some Python with `home` set in a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment}
    prelude = f"from pathlib import Path\nhome = Path({str(home)!r})\n"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", prelude + code], env=env, capture_output=True, text=True, timeout=120
    )
