"""The systems we are connected to: the embedded distributor in the data folder, made on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from connectors.reads import Reads
from connectors.writes import EffectClass, Writes
from domain.events import Event
from domain.facts import Facts

if TYPE_CHECKING:
    from connectors.embedded.connector import EmbeddedDistributor


class Connector(Protocol):
    """Adapters of one installation: what may be read, and the writer for the gate."""

    reads: Reads
    effect_classes: Mapping[str, EffectClass]

    def writes(self, clock: Callable[[], datetime]) -> Writes: ...
    def close(self) -> None: ...


@runtime_checkable
class Happening(Protocol):
    """A connector whose outside world can be told to move, for demos and drills."""

    def happen(self, event: Event) -> tuple[str, ...]: ...


def world_url(home: Path) -> str:
    """Where the embedded distributor of a data folder is."""
    return f"sqlite:///{home / 'distributor.db'}"


def load_world(home: Path, facts: Facts) -> None:
    """Make the embedded distributor of a data folder this one, in place of what was there."""
    from connectors.embedded.load import create

    create(world_url(home), facts)


def embedded(home: Path) -> Connector:
    """The embedded distributor of a data folder; the built-in world on first use."""
    from connectors.embedded.connector import EmbeddedDistributor

    if not (home / "distributor.db").exists():
        from connectors.embedded.world import built_in

        load_world(home, built_in())
    return _Embedded(EmbeddedDistributor(world_url(home)))


class _Embedded:
    """The embedded distributor, with what its operations promise."""

    def __init__(self, distributor: EmbeddedDistributor) -> None:
        from connectors.embedded.writes import EFFECT_CLASSES

        self.distributor = distributor
        self.reads = distributor.reads
        self.effect_classes: Mapping[str, EffectClass] = EFFECT_CLASSES

    def writes(self, clock: Callable[[], datetime]) -> Writes:
        return self.distributor.writes(clock)

    def happen(self, event: Event) -> tuple[str, ...]:
        return self.distributor.happen(event)

    def close(self) -> None:
        self.distributor.close()
