"""A ledger as it is after some weeks: entries, a redaction, two keys one after the other, signed checkpoints."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from guardrails.chain import EntryKind
from guardrails.ledger import Ledger, grounds
from guardrails.sealing import Sealing
from guardrails.signing import Keys
from storage.database import Database
from tests.ledger.attacks import NOW

KINDS = (EntryKind.CASE, EntryKind.PLAN, EntryKind.DECISION, EntryKind.APPROVAL, EntryKind.OUTCOME)


class Sealed:
    """A ledger with its keys in `folder`, and a clock that goes on by itself."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db = db
        self.time = NOW
        self.ledger = Ledger(db, self.now)
        self.folder = folder / "keys"
        self.keys = Keys(self.folder)
        self.sealing = Sealing(db, self.ledger, self.keys, self.now)
        self.heads: list[tuple[int, str]] = []

    def now(self) -> datetime:
        self.time += timedelta(minutes=1)
        return self.time

    def fill(self, count: int) -> None:
        """So many more entries, and a head kept elsewhere."""
        with self.db.write() as session:
            for number in range(count):
                body = grounds(policy="P-1", planner="rules/1", facts="S-1", evidence=["T-1"]) | {"number": number}
                kind = KINDS[number % len(KINDS)]
                self.ledger.append(session, kind, "copilot", None, body, case="C-1", move=f"C-1/r1/m{number}")
        self.keep()

    def keep(self) -> None:
        with self.db.read() as session:
            head = self.ledger.head(session)
        self.heads.append((head.count, head.hash))

    def seal(self) -> None:
        assert self.sealing.checkpoint() is not None

    def begin(self) -> str:
        key = self.keys.make()
        self.sealing.introduce(key, "operator", rotate=False)
        self.keys.publish(key)
        return key

    def rotate(self) -> str:
        key = self.keys.make()
        self.sealing.introduce(key, "operator", rotate=True)
        self.keys.publish(key)
        return key

    def publics(self) -> list[str]:
        return [public for _, public, _ in self.keys.listed()]

    def private(self, key: str) -> Ed25519PrivateKey:
        loaded = load_pem_private_key((self.folder / f"{key}.key").read_bytes(), None)
        assert isinstance(loaded, Ed25519PrivateKey)
        return loaded

    def lines(self) -> list[str]:
        with self.db.read() as session:
            return list(self.ledger.export(session))


def weeks_old(db: Database, folder: Path) -> tuple[Sealed, str]:
    """About sixty entries, six checkpoints, a rotation and a redaction in the middle; the retired key's id."""
    house = Sealed(db, folder)
    house.fill(5)
    retired = house.begin()
    house.seal()
    for _ in range(2):
        house.fill(8)
        house.seal()
    with db.write() as session:
        house.ledger.redact(session, 9, "dpo", None, "asked by the person named")
    house.rotate()
    for _ in range(3):
        house.fill(8)
        house.seal()
    house.fill(3)
    return house, retired
