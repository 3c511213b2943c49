"""An export read as lines of JSON, and the digests that hold it together, computed from their definition."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evals.accounting.books import Finding


@dataclass(frozen=True)
class Line:
    """One entry of an export. `says` is empty when its content was taken away (`redacted`)."""

    seq: int
    kind: str
    at: str
    actor: str
    case: str
    move: str
    action: str
    says: dict[str, Any]
    redacted: bool
    raw: dict[str, Any]

    @property
    def place(self) -> str:
        """Where it stands, for a finding."""
        return f"entry {self.seq}" + (f" ({self.move})" if self.move else "")


def read(lines: Iterable[str]) -> tuple[Line, ...]:
    """Every entry, in the order of the export. Lines that are no entries (checkpoints, say) are left to others."""
    return tuple(_line(found) for text in lines if "entry" in (found := json.loads(text)))


def _line(found: dict[str, Any]) -> Line:
    row, content = found["entry"], found["content"]
    names = ("at", "actor", "case", "move", "action", "kind")
    known = {name: row[name] or "" for name in names}
    return Line(seq=row["seq"], says=content or {}, redacted=content is None, raw=found, **known)


def canonical(value: Any) -> str:
    """Sorted keys, no spaces, no escapes beyond JSON's own."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sealed(tag: str, value: Any) -> str:
    """sha256 of the tag, a NUL and the canonical text."""
    return hashlib.sha256(f"{tag}\x00{canonical(value)}".encode()).hexdigest()


def shown(move: dict[str, Any], policy: str, facts: str) -> str:
    """The digest a decider's card carries."""
    return sealed("shown/1", {"move": move, "policy": policy, "facts": facts})


def substance(move: dict[str, Any]) -> str:
    """The digest of what a move does and to whom."""
    return sealed("substance/1", {name: move[name] for name in ("kind", "actions", "effects")})


def chained(lines: Sequence[Line]) -> Iterator[Finding]:
    """Every entry follows the one before, matches its own hash, and says what its row has recorded."""
    previous = sealed("ledger-genesis/1", {})
    for place, line in enumerate(lines, 1):
        row = line.raw["entry"]
        if row["seq"] != place or row["prev"] != previous:
            yield Finding("chain", line.place, "does not follow the entry before it")
        if sealed("ledger/1", {name: row[name] for name in row if name != "hash"}) != row["hash"]:
            yield Finding("chain", line.place, "does not match its own hash")
        if not line.redacted and sealed("ledger-content/1", line.raw["content"]) != row["content_hash"]:
            yield Finding("chain", line.place, "says something else than was recorded")
        previous = row["hash"]
