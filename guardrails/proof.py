"""Whether a ledger is what was written: the chain, what it says, its keys, signed checkpoints and kept heads. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from guardrails.chain import (
    GENESIS,
    LASTING,
    VERSIONS,
    Breach,
    EntryKind,
    Head,
    KeySpan,
    Row,
    Tamper,
    Verification,
    hash_of_text,
    is_whole,
)
from guardrails.checkpoints import check, key_id, keys_of
from guardrails.traces import classify

Contents = Mapping[int, str | None]


def verify(
    rows: Sequence[Row],
    contents: Contents,
    head: Head | Sequence[Head] | None = None,
    checkpoints: Sequence[Mapping[str, Any]] = (),
    public_keys: Sequence[str] = (),
) -> Verification:
    """Whether rows (in order) and contents (canonical JSON by seq) are what was written, and else the first breach.

    With one or more heads also that nothing is missing at the end and that the whole was not rewritten. Every
    checkpoint must be signed over this chain; with `public_keys` (hex) that the reader has from elsewhere, by those or
    such that they vouch for. A content that is gone is fine when a later redaction entry names it by seq and hash.
    """
    heads = () if head is None else (head,) if isinstance(head, Head) else tuple(head)
    redactions = _redactions(rows, contents)
    spans: tuple[KeySpan, ...] = ()
    last: Row = {}
    breach, gone = _chain_breach(rows, contents, redactions)
    if breach is None:
        spans, last, breach = _signed(rows, contents, heads, checkpoints, {key_id(one): one for one in public_keys})
    breach = breach or gone
    return Verification(
        ok=breach is None,
        count=len(rows),
        head=str(rows[-1].get("hash")) if rows else GENESIS,
        end_proven=bool(heads),
        redacted=tuple(seq for seq in sorted(redactions) if contents.get(seq) is None),
        breach=breach,
        checkpoints=len(checkpoints),
        signed=int(last.get("count", 0)),
        signed_by=str(last.get("key", "")),
        signed_at=str(last.get("at", "")),
        keys=spans,
        pinned=bool(public_keys),
    )


def _signed(
    rows: Sequence[Row],
    contents: Contents,
    heads: Sequence[Head],
    checkpoints: Sequence[Mapping[str, Any]],
    brought: Mapping[str, str],
) -> tuple[tuple[KeySpan, ...], Row, Breach | None]:
    """The keys, the last good checkpoint and the first breach of an intact chain that may have been rewritten."""
    spans, forged = keys_of(rows, contents)
    if spans and brought and not {one.id for one in spans} & brought.keys():
        detail = f"this ledger is signed by {spans[0].id}; the key you hold is {', '.join(sorted(brought))}"
        return spans, {}, Breach(seq=spans[0].since, what=Tamper.FORGED_KEY, detail=detail)
    last, breach = check(rows, contents, checkpoints, spans, brought, forged.seq if forged else None)
    proven = int(last.get("count", 0))
    if breach is None and forged is not None:
        breach = forged if forged.since == 0 else forged.model_copy(update={"since": proven + 1})
    breach = (
        breach or _beyond(rows, contents) or _against(rows, heads, proven) or _lost_key(rows, spans, brought, proven)
    )
    return spans, last, breach


def _chain_breach(
    rows: Sequence[Row], contents: Contents, redactions: Mapping[int, str]
) -> tuple[Breach | None, Breach | None]:
    """The first row or content that is not what was written, and the first content that is merely gone. That counts
    last of all: when what explained it was taken away or tampered with, that is the place."""
    previous, gone = GENESIS, None
    for index, row in enumerate(rows):
        if not (is_whole(row) and row["seq"] == index + 1 and row["prev"] == previous):
            return classify(rows, index, previous), gone
        previous = row["hash"]
        breach = _content_breach(row, contents.get(index + 1), redactions.get(index + 1)) or _unknown(row)
        if breach is None:
            continue
        if breach.what is not Tamper.CONTENT_MISSING or row["kind"] in LASTING:
            return breach, gone
        gone = gone or breach
    return None, gone


def _content_breach(row: Row, text: str | None, redacted: str | None) -> Breach | None:
    seq = row["seq"]
    if text is None:
        if redacted == row["content_hash"]:
            return None
        detail = "what it says is gone, and no redaction entry explains it"
        return Breach(seq=seq, what=Tamper.CONTENT_MISSING, detail=detail)
    if hash_of_text(text) != row["content_hash"]:
        detail = "what it says is not what its row has recorded"
        return Breach(seq=seq, what=Tamper.CONTENT_EDITED, detail=detail)
    return None


def _unknown(row: Row) -> Breach | None:
    """An entry that this program cannot read is not passed over in silence."""
    kind, version = row["kind"], row["version"]
    known = VERSIONS.get(kind, 0)
    if type(version) is int and 1 <= version <= known:
        return None
    detail = (
        f"kind '{kind}' version {version} is not known here: verify with the version of Quartermaster that wrote it"
    )
    return Breach(seq=row["seq"], what=Tamper.UNKNOWN_KIND, detail=detail[:400])


def _redactions(rows: Sequence[Row], contents: Contents) -> dict[int, str]:
    """Which contents were taken away by a redaction entry that is itself intact: seq -> content hash."""
    found: dict[int, str] = {}
    for row in rows:
        if row.get("kind") != EntryKind.REDACTION:
            continue
        seq = row.get("seq")
        text = contents.get(seq) if isinstance(seq, int) else None
        if text is not None and hash_of_text(text) == row.get("content_hash"):
            body = json.loads(text)
            found[body.get("seq", 0)] = body.get("content_hash", "")
    return found


def _beyond(rows: Sequence[Row], contents: Contents) -> Breach | None:
    """A content without its row: the row was taken out."""
    orphans = sorted(seq for seq in contents if seq > len(rows))
    if not orphans:
        return None
    detail = f"the content of entry {orphans[0]} is there, its row is not"
    return Breach(seq=len(rows) + 1, what=Tamper.REMOVED, detail=detail)


def _against(rows: Sequence[Row], heads: Sequence[Head], proven: int) -> Breach | None:
    for head in sorted(heads, key=lambda head: head.count):
        if head.count > len(rows):
            detail = f"{head.count} entries were recorded outside, {len(rows)} are here"
            return Breach(seq=len(rows) + 1, what=Tamper.TRUNCATED, detail=detail, since=proven + 1)
        if head.count and rows[head.count - 1]["hash"] != head.hash:
            detail = f"the chain up to entry {head.count} is not the one whose hash was recorded outside"
            return Breach(seq=head.count, what=Tamper.EDITED, detail=detail, since=proven + 1)
        proven = max(proven, head.count)
    return None


def _lost_key(rows: Sequence[Row], spans: Sequence[KeySpan], brought: Mapping[str, str], proven: int) -> Breach | None:
    """A key that the reader holds and the chain does not introduce (any more)."""
    lost = sorted(brought.keys() - {one.id for one in spans})
    if not lost:
        return None
    detail = f"the key you hold, {lost[0]}, is not introduced here: it is another ledger, or its end is missing"
    return Breach(seq=len(rows) + 1, what=Tamper.TRUNCATED, detail=detail, since=proven + 1)
