"""The installation: its legal entities, each a whole program of its own that is opened when somebody first needs it.

Nothing joins two of them: each has its database, ledger, connector, policy and people, so that what one says cannot
hold anything of another. The durable engine is one to a process, so a process that holds several entities carries
nothing out: each entity has a worker process of its own (`api/http/worker.py` starts them).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.entities import Entity, chosen
from agent.runtime.application import Application
from domain.errors import BadInput, StorageFailed
from guardrails.people import People

Open = Callable[[Entity], tuple[Application, Callable[[], None]]]
"""How an entity is opened: the open program, and what closes it."""

log = logging.getLogger("quartermaster.entities")


class Installation:
    """The entities of one process. Close it when done."""

    def __init__(self, entities: tuple[Entity, ...], opening: Open, home: Path | None = None) -> None:
        """`home` is the data folder of the installation when an option named it: its workers are told the same."""
        self.entities = entities
        self.home = home
        self._opening = opening
        self._open: dict[str, tuple[Application, Callable[[], None]]] = {}
        self._lock = threading.RLock()

    @classmethod
    def of(cls, application: Application) -> Installation:
        """An installation of one entity that is open already, and stays its opener's to close."""
        settings = application.settings
        entity = Entity(id=settings.entity or "main", name=settings.entity or "main", settings=settings)
        made = cls((entity,), lambda _: (application, lambda: None))
        made.application(entity.id)
        return made

    @property
    def several(self) -> bool:
        """Whether there is more than one, so that somebody has to say which."""
        return len(self.entities) > 1

    @property
    def only(self) -> Entity:
        """The one entity. BadInput when there are several."""
        if self.several:
            raise BadInput("there are several legal entities here", field="entity", fix="name one")
        return self.entities[0]

    def entity(self, wanted: str) -> Entity:
        """The entity with this id; UnknownReference when there is none."""
        return chosen(self.entities, wanted)

    def application(self, wanted: str) -> Application:
        """The program of an entity, opened now if it was not. Raises what opening raises; the others stay so."""
        entity = self.entity(wanted)
        with self._lock:
            if entity.id not in self._open:
                self._open[entity.id] = self._opening(entity)
            return self._open[entity.id][0]

    def where(self, knows: Callable[[People], bool]) -> Iterator[Entity]:
        """The entities whose people fulfil this, in written order. One that cannot be opened now is passed over."""
        for entity in self.entities:
            try:
                if knows(self.application(entity.id).people):
                    yield entity
            except StorageFailed as away:
                if not self.several:
                    raise
                log.warning("the entity %s cannot be asked: %s", entity.id, away)

    def close(self) -> None:
        """Close whatever was opened."""
        with self._lock:
            while self._open:
                self._open.popitem()[1][1]()
