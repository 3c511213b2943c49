"""What a connector is: adapters of one installation, what may be read of them, and the writer for the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from connectors.reads import Reads
from connectors.writes import EffectClass, Writes
from domain.events import Event


class Connector(Protocol):
    """One installation's systems. `effect_classes` says per operation how it becomes exactly-once."""

    reads: Reads

    @property
    def effect_classes(self) -> Mapping[str, EffectClass]: ...
    def writes(self, clock: Callable[[], datetime]) -> Writes:
        """The writer; `clock` dates what is written. Only the gate may hold it."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Happening(Protocol):
    """A connector whose outside world can be told to move, for demos and drills."""

    def happen(self, event: Event) -> tuple[str, ...]: ...
