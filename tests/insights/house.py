"""Stories told on worlds of their own, with the clerk's notebook beside them, and what the metrics make of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agent.runtime.application import Application
from agent.runtime.clock import FixedClock
from agent.runtime.compose import open_application
from agent.runtime.world import embedded, load_world
from agent.settings import Settings
from connectors.embedded.faults import Fault
from connectors.embedded.world import BUILT_IN_NOW, built_in_event
from domain.events import Event
from evals.metrics import recount
from evals.metrics.notebook import Notebook
from evals.metrics.script import Teller, by_dice, nine_decisions
from evals.worlds.generate import generate
from insights.metrics import Metrics
from tests.agent.house import distributor


@dataclass(repr=False)
class Told:
    """A story that was told, and the ledger as exported at its end. `cut`: the moment after nine decisions."""

    name: str
    home: Path
    app: Application
    teller: Teller
    cut: datetime
    metrics: Metrics
    lines: list[recount.Line] = field(default_factory=list)

    def __repr__(self) -> str:
        """Its name: hypothesis shows it beside the example that failed."""
        return f"<{self.name}>"

    @property
    def notebook(self) -> Notebook:
        return self.teller.notebook


@contextmanager
def known(home: Path) -> Iterator[Told]:
    """The built-in world and the nine decisions."""
    with _opened(home, BUILT_IN_NOW) as teller:
        _happens(teller, (built_in_event(),))
        cut = nine_decisions(teller, lambda off: _crm(home, off))
        yield _told("the built-in world", home, teller, cut)


@contextmanager
def generated(home: Path, seed: int) -> Iterator[Told]:
    """A generated world, and people who decide by dice."""
    world = generate(seed)
    load_world(home, world.facts)
    with _opened(home, world.facts.taken_at) as teller:
        _happens(teller, world.events)
        by_dice(teller, seed, most=6)
        yield _told(f"drawn world {seed}", home, teller, teller.door.now)


@contextmanager
def _opened(home: Path, now: datetime) -> Iterator[Teller]:
    clock = FixedClock(now)
    app = open_application(Settings(home=home), clock=clock, connector=embedded(home))
    try:
        notebook = Notebook(app, lambda: _keys(home))
        notebook.look()
        yield Teller(app, clock, notebook)
    finally:
        app.close()


def _keys(home: Path) -> tuple[str, ...]:
    """The idempotency keys that the distributor's systems have taken, in their order."""
    with closing(sqlite3.connect(home / "distributor.db")) as book:
        return tuple(key for (key,) in book.execute("SELECT key FROM sys_effects ORDER BY rowid"))


def _happens(teller: Teller, events: tuple[Event, ...]) -> None:
    for event in events:
        teller.door.take_event(event)
        teller.notebook.look()


def _crm(home: Path, off: bool) -> None:
    with distributor(home) as outside:
        if off:
            outside.faults.set(Fault(system="crm", writes_down=True))
        else:
            outside.faults.clear()


def _told(name: str, home: Path, teller: Teller, cut: datetime) -> Told:
    metrics = teller.door.metrics()
    return Told(name, home, teller.door, teller, cut, metrics, recount.read(teller.door.export("arthur")))
