"""An export of a ledger as material: parsed, changed, hashed anew and written again, by code of the judge's own.

The format (docs/ledger.md): one JSON line per entry, `{"content": ..., "entry": {...}}`, then one per signed
checkpoint, `{"checkpoint": {...}}`; canonical JSON is sorted keys, no spaces, UTF-8. A digest is sha256 over a tag, NUL
and that text.
"""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Columns = dict[str, Any]
SIGNED = ("number", "count", "hash", "at", "key")
"""What of a checkpoint is under its signature."""


def canonical(value: Any) -> str:
    """The text that is hashed and written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(tag: str, value: Any) -> str:
    """sha256 of a tagged canonical text."""
    return hashlib.sha256(tag.encode() + b"\x00" + canonical(value).encode()).hexdigest()


def sign(key: Ed25519PrivateKey, tag: str, value: Any) -> str:
    """The signature (hex) under a tagged canonical text."""
    return key.sign(tag.encode() + b"\x00" + canonical(value).encode()).hex()


def public_of(key: Ed25519PrivateKey) -> str:
    """The raw public key, as hex."""
    return key.public_key().public_bytes_raw().hex()


def key_id(public: str) -> str:
    """The name of a key: a digest of its public half."""
    return "K-" + digest("ledger-key/1", public)[:16]


@dataclass
class Material:
    """A ledger taken apart: rows with contents in order, checkpoints in order, heads that were kept elsewhere."""

    rows: list[Columns]
    contents: list[Any]
    checkpoints: list[Columns]
    heads: list[tuple[int, str]] = field(default_factory=list)

    @classmethod
    def parse(cls, lines: list[str], heads: list[tuple[int, str]]) -> Material:
        """The material of an export."""
        found = [json.loads(line) for line in lines]
        entries = [one for one in found if "entry" in one]
        return cls(
            [one["entry"] for one in entries],
            [one["content"] for one in entries],
            [one["checkpoint"] for one in found if "checkpoint" in one],
            list(heads),
        )

    def copy(self) -> Material:
        """One to spoil."""
        return deepcopy(self)

    def lines(self) -> list[str]:
        """The export that it makes."""
        entries = [canonical({"content": c, "entry": r}) for r, c in zip(self.rows, self.contents, strict=True)]
        return [*entries, *(canonical({"checkpoint": one}) for one in self.checkpoints)]

    def of_kind(self, kind: str) -> list[int]:
        """Places (from 1) of entries of a kind."""
        return [place for place, row in enumerate(self.rows, 1) if row["kind"] == kind]

    def entry_of(self, number: int) -> int:
        """The place of the entry that tells of checkpoint `number`."""
        return next(place for place in self.of_kind("checkpoint") if self.contents[place - 1]["number"] == number)

    def last_signed(self) -> int:
        """How far the last checkpoint reaches."""
        return max((one["count"] for one in self.checkpoints), default=0)

    def numbered(self) -> None:
        """Give every row the number of its place."""
        for place, row in enumerate(self.rows, 1):
            row["seq"] = place

    def seal(self, place: int) -> None:
        """Make the hashes of one row fit what it says and holds."""
        row = self.rows[place - 1]
        if self.contents[place - 1] is not None:
            row["content_hash"] = digest("ledger-content/1", self.contents[place - 1])
        row["hash"] = digest("ledger/1", {name: value for name, value in row.items() if name != "hash"})

    def rewrite(self, place: int) -> None:
        """Hash every row anew from `place` on, each linked to the one before it."""
        self.numbered()
        for later in range(place, len(self.rows) + 1):
            if later > 1:
                self.rows[later - 1]["prev"] = self.rows[later - 2]["hash"]
            self.seal(later)

    def forget_signed_beyond(self, count: int) -> None:
        """Drop every checkpoint that reaches beyond `count`, or whose entry stands beyond it."""
        told = {self.contents[place - 1]["number"] for place in self.of_kind("checkpoint") if place <= count}
        self.checkpoints = [one for one in self.checkpoints if one["count"] <= count and one["number"] in told]

    def resign(self, index: int, key: Ed25519PrivateKey) -> None:
        """Sign a checkpoint anew, as it stands."""
        one = self.checkpoints[index]
        one["signature"] = sign(key, "quartermaster/ledger-checkpoint/1", {name: one[name] for name in SIGNED})
