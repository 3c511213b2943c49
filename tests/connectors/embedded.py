"""The embedded distributor as an adapter under test."""

from __future__ import annotations

from collections.abc import Callable

from connectors.embedded.connector import EmbeddedDistributor
from connectors.embedded.faults import Fault
from connectors.embedded.load import create
from connectors.reads import Reads
from connectors.writes import Writes
from domain.facts import Facts
from tests.connectors.adapter import NOW, Adapter


class EmbeddedAdapter(Adapter):
    def __init__(self, url: str, facts: Facts) -> None:
        self.url = url
        self.load(facts)
        self.made: list[EmbeddedDistributor] = []
        self.distributor = self.connect()
        self._writes = self.distributor.writes(lambda: NOW)

    def connect(self, **more: Callable) -> EmbeddedDistributor:
        self.made.append(EmbeddedDistributor(self.url, **more))
        return self.made[-1]

    def load(self, facts: Facts) -> None:
        create(self.url, facts)

    @property
    def reads(self) -> Reads:
        return self.distributor.reads

    @property
    def writes(self) -> Writes:
        return self._writes

    def another(self) -> Writes:
        return self.connect().writes(lambda: NOW)

    def off(self, system: str) -> None:
        self.distributor.faults.set(Fault(system=system, reads_down=True, writes_down=True))

    def on(self) -> None:
        self.distributor.faults.clear()

    def lose_replies(self, system: str, times: int) -> None:
        self.distributor.faults.set(Fault(system=system, lose_replies=times))

    def audit(self) -> list[str]:
        return self.distributor.audit()

    def close(self) -> None:
        for distributor in self.made:
            distributor.close()
