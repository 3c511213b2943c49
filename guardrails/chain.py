"""The hash chain of the ledger: what a row is, how it is hashed, and what can be wrong with it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from domain.canonical import canonical_json, digest
from domain.noun import Id, Noun, Text

Row = Mapping[str, Any]
"""One row of the chain as columns (the fields of Entry). It may be anything that was found: `verify` trusts nothing."""

GENESIS = digest("ledger-genesis/1", {})
"""What the first row has as `prev`."""


class EntryKind(StrEnum):
    """What an entry of the ledger records."""

    CASE = "case"
    """A case was opened, joined by an event, escalated or closed."""
    PLAN = "plan"
    """A plan revision was made: its digest, planner, model, facts."""
    DECISION = "decision"
    """What policy said of a move."""
    APPROVAL = "approval"
    """A person approved or rejected a move, bound to the digest shown."""
    QUESTION = "question"
    """A question was put aside, given to somebody else, spoken about, or may be answered by the role above too."""
    AUTHORITY = "authority"
    """A role was handed over for a time or taken back; somebody is away, or back."""
    OVERRIDE = "override"
    """A person changed a move, or went against what was proposed."""
    EXPIRY = "expiry"
    """An approval or claim ended by itself."""
    ADMISSION = "admission"
    """The gate let a move through to execution, on fresh facts."""
    INTENT = "intent"
    """A write to another system, before it is sent."""
    OUTCOME = "outcome"
    """What became of that write."""
    DENIAL = "denial"
    """Something was refused: by policy, scope, budget, role, four eyes or a kill switch."""
    POLICY = "policy"
    """Another policy version became active."""
    AUTONOMY = "autonomy"
    """What may be done unattended was changed, or a kill switch turned."""
    EXPORT = "export"
    """The ledger or other records left the house."""
    SIGN_IN = "sign_in"
    """Somebody came in, or was refused at the door."""
    IDENTITY = "identity"
    """Somebody was deactivated, or may act again."""
    REDACTION_ASKED = "redaction_asked"
    """Somebody asked that what an entry says be taken away; a second person decides."""
    REDACTION = "redaction"
    """The content of an earlier entry was taken away, by whom and why."""
    KEY = "key"
    """A key began to sign checkpoints, the one before it retired: vouched for by both."""
    CHECKPOINT = "checkpoint"
    """The chain was signed up to an earlier entry."""


VERSIONS: Mapping[EntryKind, int] = dict.fromkeys(EntryKind, 1) | {
    EntryKind.DECISION: 2,
    EntryKind.OVERRIDE: 2,
    EntryKind.OUTCOME: 2,
    EntryKind.REDACTION: 2,
}
"""The version of each kind's body that is written now. A change of a body's shape raises its number; every version from
1 on can be read."""

LASTING = frozenset({EntryKind.KEY, EntryKind.CHECKPOINT, EntryKind.REDACTION_ASKED, EntryKind.REDACTION})
"""What the proof itself rests on: such an entry is never redacted."""


class Entry(Noun):
    """One row of the chain. It holds no content, only its hash; `at` is ISO 8601 UTC text, exactly as it was hashed."""

    seq: int
    kind: str
    version: int
    at: str
    actor: Id
    case: Id | None = None
    run: Id | None = None
    move: Id | None = None
    action: Id | None = None
    content_hash: str
    prev: str
    hash: str


class Head(Noun):
    """How far the chain had come at some moment: number of rows, hash of the last. Kept outside the database."""

    count: int
    hash: str
    at: str = ""


class Tamper(StrEnum):
    """What was done to a chain."""

    EDITED = "edited"
    INSERTED = "inserted"
    REMOVED = "removed"
    SWAPPED = "swapped"
    TRUNCATED = "truncated"
    CONTENT_EDITED = "content_edited"
    CONTENT_MISSING = "content_missing"
    UNKNOWN_KIND = "unknown_kind"
    """An entry of a kind or version that this program cannot read."""
    FORGED_KEY = "forged_key"
    """A key that nobody vouches for who could."""
    FORGED_CHECKPOINT = "forged_checkpoint"
    """A checkpoint that its key has not signed, or that the chain does not tell of."""
    RETIRED_KEY = "retired_key"
    """A checkpoint by a key that was not in force there."""


class Breach(Noun):
    """The first place (`seq`, from 1) where a ledger is not what was written, and what was done there.

    When it can only be told between two points that are signed or kept elsewhere, the first possible place is `since`
    (else 0). `checkpoint` is the number of the checkpoint that shows it, or was touched itself.
    """

    seq: int
    what: Tamper
    detail: Text
    since: int = 0
    checkpoint: int | None = None

    def __str__(self) -> str:
        where = f"entry {self.seq}" if not 0 < self.since < self.seq else f"entries {self.since} to {self.seq}"
        signed = f", checkpoint {self.checkpoint}" if self.checkpoint is not None else ""
        return f"{where}{signed} ({self.what.value.replace('_', ' ')}): {self.detail}"


class KeySpan(Noun):
    """A key of the ledger: it signs checkpoints over `since` entries (its own entry) or more, and over fewer than
    `until` (the entry that retires it)."""

    id: Id
    public: str
    since: int
    until: int | None = None
    at: str

    def holds(self, count: int) -> bool:
        """Whether it may sign a chain of so many entries."""
        return self.since <= count and (self.until is None or count < self.until)


class Verification(Noun):
    """What `verify` found. `count` and `head` are those of the rows read.

    `signed`: how many entries the last good checkpoint covers; `signed_by` and `signed_at` tell whose and when.
    `pinned`: the reader brought a public key of their own, and the ledger is signed by it; without one the signatures
    only fit keys that the ledger names itself. `end_proven`: a head kept outside was at hand. Without one, rows missing
    at the end (with their contents and the checkpoints over them) cannot be found, nor rows that were rewritten behind
    the last checkpoint; say so where this is shown.
    """

    ok: bool
    count: int
    head: str
    end_proven: bool
    redacted: tuple[int, ...] = ()
    breach: Breach | None = None
    checkpoints: int = 0
    signed: int = 0
    signed_by: str = ""
    signed_at: str = ""
    keys: tuple[KeySpan, ...] = ()
    pinned: bool = False


def content_hash(body: Any) -> str:
    """The digest of what an entry says."""
    return digest("ledger-content/1", body)


def row_hash(row: Row) -> str:
    """The digest of a row: every field of Entry but `hash` itself. KeyError or TypeError when it is no row at all."""
    return digest("ledger/1", {name: row[name] for name in Entry.model_fields if name != "hash"})


def chain(previous: Head, fields: Mapping[str, Any], body: Mapping[str, Any]) -> Entry:
    """The entry after `previous` (count 0 and GENESIS for the first); `fields`: kind, version, at, actor, case ..."""
    row = {
        **dict.fromkeys(Entry.model_fields),
        **fields,
        "seq": previous.count + 1,
        "content_hash": content_hash(body),
        "prev": previous.hash,
    }
    return Entry(**{**row, "hash": row_hash(row)})


def hash_of_text(text: str) -> str | None:
    """The content hash of stored text; None when it is not canonical JSON."""
    try:
        body = json.loads(text)
        return content_hash(body) if canonical_json(body) == text else None
    except (TypeError, ValueError, RecursionError):
        return None


def is_whole(row: Row) -> bool:
    """Whether a row has every field and matches its own hash."""
    try:
        return bool(row_hash(row) == row["hash"])
    except (KeyError, TypeError, ValueError):
        return False
