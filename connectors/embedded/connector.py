"""The embedded distributor as one connector: what may be read, what may be written, what is wrong, what happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from connectors.embedded.asked import credit_asked
from connectors.embedded.audit import audit
from connectors.embedded.effects import EFFECT_CLASSES, Desk
from connectors.embedded.faults import Faults, kill_this_process
from connectors.embedded.happenings import happen
from connectors.embedded.reads import reads
from connectors.embedded.store import Store
from connectors.embedded.writes import writes
from connectors.reads import Reads
from connectors.writes import EffectClass, Writes
from domain.events import Event


def _nothing(_point: str) -> None:
    return None


class EmbeddedDistributor:
    """A distributor in the database at `url`; load a world into it first (`load.create`).

    `at_point` is called with 'system.verb:before_commit' and ':after_commit' of every write, `die` is what the faults
    do to this process; both are for tests.
    """

    effect_classes: Mapping[str, EffectClass] = EFFECT_CLASSES
    """How each operation ('erp.reserve') becomes exactly-once."""

    def __init__(
        self,
        url: str,
        *,
        at_point: Callable[[str], None] = _nothing,
        die: Callable[[], None] = kill_this_process,
    ) -> None:
        self._store = Store(url)
        self._at_point = at_point
        self.faults = Faults(self._store, die)
        self.reads: Reads = reads(self._store, self.faults)

    def writes(self, clock: Callable[[], datetime]) -> Writes:
        """The writer; `clock` dates reservations and effects. Only the gate may hold it."""
        return writes(Desk(self._store, self.faults, clock, self._at_point))

    def happen(self, event: Event) -> tuple[str, ...]:
        """Let something happen in the outside world; answers what changed, in sentences. See `happenings`."""
        return happen(self._store, self.faults, event)

    def audit(self) -> list[str]:
        """What does not add up in the distributor's books; empty when all is well."""
        with self._store.read() as db:
            return audit(db)

    def credit_asked(self) -> tuple[tuple[str, Decimal], ...]:
        """(order, amount) of every open request to finance for the release of an order."""
        with self._store.read() as db:
            return credit_asked(db)

    def close(self) -> None:
        """Give the database connections back."""
        self._store.close()
