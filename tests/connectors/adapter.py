"""What the conformance suite asks of an adapter under test."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime

import pytest

from connectors.reads import Reads
from connectors.snapshot import take
from connectors.writes import Writes
from domain.errors import EffectRefused
from domain.facts import Facts
from domain.inventory import ReservationKind

NOW = datetime(2026, 4, 6, 9, 0, tzinfo=UTC)
HARD, SOFT = ReservationKind.HARD, ReservationKind.SOFT


class Adapter(ABC):
    """One connector with a world in it. A new adapter implements this and inherits the suite.

    `supported` are the collections of Facts it can hold and give back.
    """

    supported: frozenset[str] = frozenset(Facts.model_fields) - {"claims"}

    @abstractmethod
    def load(self, facts: Facts) -> None:
        """Make the systems hold exactly this world."""

    @property
    @abstractmethod
    def reads(self) -> Reads: ...

    @property
    @abstractmethod
    def writes(self) -> Writes: ...

    @abstractmethod
    def another(self) -> Writes:
        """A writer with connections of its own, as another worker would have."""

    @abstractmethod
    def off(self, system: str) -> None:
        """The system answers neither reads nor writes."""

    @abstractmethod
    def on(self) -> None:
        """All systems are well again."""

    @abstractmethod
    def lose_replies(self, system: str, times: int) -> None:
        """The next writes to the system are carried out, but their reply is lost."""

    @abstractmethod
    def audit(self) -> list[str]:
        """What does not add up in the systems' books."""

    @abstractmethod
    def close(self) -> None: ...

    # What the sentences of the suite say.

    def facts(self) -> Facts:
        return take(self.reads, NOW)

    def held(self, line: str | None = None, site: str | None = None, inbound: str | None = None) -> int:
        """Units reserved for a line (None: earmarked ones)."""
        return sum(
            held.quantity
            for held in self.reads.erp.reservations()
            if held.line == line and site in (None, held.site) and inbound in (None, held.inbound)
        )

    def reserve(self, key: str, line: str, quantity: int, site: str = "S-EAST", **more):
        return self.writes.erp.reserve(
            key, **{"line": line, "sku": "ITEM-1", "site": site, "quantity": quantity, "kind": HARD, **more}
        )

    def release(self, key: str, line: str, quantity: int, site: str = "S-EAST", **more):
        return self.writes.erp.release(
            key, **{"line": line, "sku": "ITEM-1", "site": site, "quantity": quantity, "kind": HARD, **more}
        )

    def refuses(self, act, *args, **kwargs) -> EffectRefused:
        """The act is refused with a fix, and nothing at all has changed."""
        before = self.facts()
        with pytest.raises(EffectRefused) as refused:
            act(*args, **kwargs)
        assert refused.value.fix and refused.value.field
        assert self.facts() == before
        return refused.value
