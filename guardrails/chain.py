"""The hash chain of the ledger: what a row is, how it is hashed, and how tampering is found and placed. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
    REDACTION = "redaction"
    """The content of an earlier entry was taken away, by whom and why."""


VERSIONS: Mapping[EntryKind, int] = dict.fromkeys(EntryKind, 1) | {EntryKind.DECISION: 2, EntryKind.OVERRIDE: 2}
"""The version of each kind's body that is written now. A change of a body's shape raises its number."""


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


class Breach(Noun):
    """The first place (`seq`, from 1) where a chain is not what was written, and what was done there."""

    seq: int
    what: Tamper
    detail: Text

    def __str__(self) -> str:
        return f"entry {self.seq} ({self.what.value.replace('_', ' ')}): {self.detail}"


class Verification(Noun):
    """What `verify` found. `count` and `head` are those of the rows read.

    `end_proven`: a head kept outside was at hand. Without one, rows missing at the end (with their contents) cannot be
    found, nor a chain that was rewritten as a whole; say so where this is shown.
    """

    ok: bool
    count: int
    head: str
    end_proven: bool
    redacted: tuple[int, ...] = ()
    breach: Breach | None = None


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


def verify(
    rows: Sequence[Row], contents: Mapping[int, str | None], head: Head | Sequence[Head] | None = None
) -> Verification:
    """Whether rows (in order) and contents (canonical JSON by seq) are what was written, and else the first breach.

    With one or more heads also that nothing is missing at the end and that the whole was not rewritten. A content that
    is gone is fine when a later redaction entry names it by seq and hash.
    """
    heads = () if head is None else (head,) if isinstance(head, Head) else tuple(head)
    redactions = _redactions(rows, contents)
    gone = tuple(seq for seq in sorted(redactions) if contents.get(seq) is None)
    breach = _first_breach(rows, contents, redactions) or _beyond(rows, contents) or _against(rows, heads)
    return Verification(
        ok=breach is None,
        count=len(rows),
        head=str(rows[-1].get("hash")) if rows else GENESIS,
        end_proven=bool(heads),
        redacted=gone,
        breach=breach,
    )


def _first_breach(
    rows: Sequence[Row], contents: Mapping[int, str | None], redactions: Mapping[int, str]
) -> Breach | None:
    previous = GENESIS
    for index, row in enumerate(rows):
        if not (_is_whole(row) and row["seq"] == index + 1 and row["prev"] == previous):
            return _classify(rows, index, previous)
        previous = row["hash"]
        if breach := _content_breach(row, contents.get(index + 1), redactions.get(index + 1)):
            return breach
    return None


def _content_breach(row: Row, text: str | None, redacted: str | None) -> Breach | None:
    seq = row["seq"]
    if text is None:
        if redacted == row["content_hash"]:
            return None
        detail = "what it says is gone, and no redaction entry explains it"
        return Breach(seq=seq, what=Tamper.CONTENT_MISSING, detail=detail)
    if _hash_of_text(text) != row["content_hash"]:
        detail = "what it says is not what its row has recorded"
        return Breach(seq=seq, what=Tamper.CONTENT_EDITED, detail=detail)
    return None


def _redactions(rows: Sequence[Row], contents: Mapping[int, str | None]) -> dict[int, str]:
    """Which contents were taken away by a redaction entry that is itself intact: seq -> content hash."""
    found: dict[int, str] = {}
    for row in rows:
        if row.get("kind") != EntryKind.REDACTION:
            continue
        seq = row.get("seq")
        text = contents.get(seq) if isinstance(seq, int) else None
        if text is not None and _hash_of_text(text) == row.get("content_hash"):
            body = json.loads(text)
            found[body.get("seq", 0)] = body.get("content_hash", "")
    return found


def _beyond(rows: Sequence[Row], contents: Mapping[int, str | None]) -> Breach | None:
    """A content without its row: the row was taken out."""
    orphans = sorted(seq for seq in contents if seq > len(rows))
    if not orphans:
        return None
    return Breach(
        seq=len(rows) + 1,
        what=Tamper.REMOVED,
        detail=f"the content of entry {orphans[0]} is there, its row is not",
    )


def _against(rows: Sequence[Row], heads: Sequence[Head]) -> Breach | None:
    for head in sorted(heads, key=lambda head: head.count):
        if head.count > len(rows):
            detail = f"{head.count} entries were recorded outside, {len(rows)} are here"
            return Breach(seq=len(rows) + 1, what=Tamper.TRUNCATED, detail=detail)
        if head.count and rows[head.count - 1]["hash"] != head.hash:
            detail = f"the chain up to entry {head.count} is not the one whose hash was recorded outside"
            return Breach(seq=head.count, what=Tamper.EDITED, detail=detail)
    return None


def _classify(rows: Sequence[Row], index: int, previous: str) -> Breach:
    """What was done at a place where a row is not the one that belongs there."""
    row, place = rows[index], index + 1
    true_place = _true_place(row, len(rows))
    if true_place is None:
        return Breach(seq=place, what=Tamper.EDITED, detail="the row does not match its own hash")
    follows_twice = index > 0 and row["prev"] == rows[index - 1].get("prev")
    if follows_twice:
        return Breach(seq=place - 1, what=Tamper.INSERTED, detail=f"two rows follow entry {place - 2}")
    if true_place > place:
        if any(later.get("prev") == previous for later in rows[place:]):
            detail = f"entry {true_place} stands here, and the one that belongs here stands later"
            return Breach(seq=place, what=Tamper.SWAPPED, detail=detail)
        detail = f"entry {true_place} comes next: {true_place - place} missing"
        return Breach(seq=place, what=Tamper.REMOVED, detail=detail)
    if true_place < place:
        return Breach(seq=place, what=Tamper.INSERTED, detail=f"a copy of entry {true_place} stands here")
    if row["prev"] == previous:
        return Breach(seq=place, what=Tamper.EDITED, detail="the row was given another number")
    return _rewritten(rows, index)


def _rewritten(rows: Sequence[Row], index: int) -> Breach:
    """Two neighbours are whole and do not link: one of them was edited and hashed anew. The next row tells which."""
    vouched = index + 1 == len(rows) or rows[index + 1].get("prev") == rows[index]["hash"]
    if vouched and index > 0:
        detail = f"the row was written anew: entry {index + 1} has recorded another hash for it"
        return Breach(seq=index, what=Tamper.EDITED, detail=detail)
    detail = "the row was written anew: it does not follow the one before it"
    return Breach(seq=index + 1, what=Tamper.EDITED, detail=detail)


def _true_place(row: Row, count: int) -> int | None:
    """The number under which a row was hashed: its own, or one it had before it was renumbered; None when edited."""
    if not set(Entry.model_fields) <= row.keys():
        return None
    if _is_whole(row):
        seq = row["seq"]
        return seq if isinstance(seq, int) else None
    places = range(1, 2 * count + 2)
    return next((place for place in places if _is_whole({**row, "seq": place})), None)


def _is_whole(row: Row) -> bool:
    """Whether a row has every field and matches its own hash."""
    try:
        return bool(row_hash(row) == row["hash"])
    except (KeyError, TypeError, ValueError):
        return False


def _hash_of_text(text: str) -> str | None:
    """The content hash of stored text; None when it is not canonical JSON."""
    try:
        body = json.loads(text)
        return content_hash(body) if canonical_json(body) == text else None
    except (TypeError, ValueError, RecursionError):
        return None
