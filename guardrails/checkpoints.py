"""Signed checkpoints: what is signed, which keys may sign where, and whether checkpoints and chain fit. Pure.

A checkpoint says that the chain had `count` entries and ended with `hash`. An entry of the chain tells of every
checkpoint, and every key is introduced by an entry: the first one vouched for by itself, each later one by itself and
the one it retires. What a key signs is the tag of the message, a NUL and its canonical JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from domain.canonical import canonical_json, digest
from domain.noun import Id, Noun
from guardrails.chain import Breach, EntryKind, KeySpan, Row, Tamper, hash_of_text

CHECKPOINT_TAG = "quartermaster/ledger-checkpoint/1"
KEY_TAG = "quartermaster/ledger-key/1"
_HEX = re.compile(r"^[0-9a-f]*$")


class Checkpoint(Noun):
    """A signed head: `number` counts checkpoints from 1, `at` is ISO 8601 UTC text, `signature` is hex (64 bytes)."""

    number: int
    count: int
    hash: str
    at: str
    key: Id
    signature: str


class Signed(NamedTuple):
    """How far good checkpoints reach: the last one's columns (empty: none) and the first that is not good."""

    last: Row
    breach: Breach | None


def key_id(public: str) -> str:
    """The name of a key: a digest of its public half (hex)."""
    return "K-" + digest("ledger-key/1", public)[:16]


def checkpoint_message(checkpoint: Mapping[str, Any]) -> bytes:
    """What is signed of a checkpoint: everything but the signature."""
    return _message(CHECKPOINT_TAG, {name: checkpoint[name] for name in Checkpoint.model_fields if name != "signature"})


def key_message(key: str, public: str, retires: str | None, count: int, prev: str) -> bytes:
    """What both keys sign when `key` begins behind entry `count`, whose hash is `prev`."""
    return _message(KEY_TAG, {"key": key, "public": public, "retires": retires, "count": count, "prev": prev})


def entry_body(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the chain tells of a checkpoint."""
    told = checkpoint.model_dump(include={"number", "count", "hash", "key"})
    return {**told, "digest": digest("ledger-checkpoint/1", checkpoint)}


def is_signed(public: str, message: bytes, signature: object) -> bool:
    """Whether a signature (hex) under a message was made by the key with this public half (hex)."""
    if not isinstance(signature, str) or not _HEX.match(signature) or not _HEX.match(public):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def keys_of(rows: Sequence[Row], contents: Mapping[int, str | None]) -> tuple[tuple[KeySpan, ...], Breach | None]:
    """The keys that an intact chain introduces, in order, up to the first that nobody vouches for who could.

    A breach without an exact place (`since` -1) may also come from entries before it: the proofs cover them.
    """
    spans: list[KeySpan] = []
    for row in rows:
        if row["kind"] != EntryKind.KEY:
            continue
        body = _said(row, contents)
        wrong = _misintroduced(row, body, spans[-1] if spans else None)
        if wrong is not None:
            return tuple(spans), wrong
        if spans:
            spans[-1] = spans[-1].model_copy(update={"until": row["seq"]})
        spans.append(KeySpan(id=body["key"], public=body["public"], since=row["seq"], at=row["at"]))
    return tuple(spans), None


def _misintroduced(row: Row, body: Mapping[str, Any], current: KeySpan | None) -> Breach | None:
    seq, key, public = row["seq"], body.get("key"), body.get("public")
    if not isinstance(public, str) or key != key_id(public):
        return Breach(seq=seq, what=Tamper.FORGED_KEY, detail="the public key is not the one that its name says")
    retires = current.id if current else None
    if body.get("retires") != retires:
        detail = f"it does not retire {retires}, the key in force" if retires else "it retires a key that nobody knows"
        return Breach(seq=seq, what=Tamper.FORGED_KEY, detail=detail)
    message = key_message(str(key), public, retires, seq - 1, row["prev"])
    if not is_signed(public, message, body.get("proof")):
        detail = f"{key} has not signed that it begins here, on this chain"
        return Breach(seq=seq, what=Tamper.FORGED_KEY, detail=detail, since=-1)
    if current is not None and not is_signed(current.public, message, body.get("proof_retired")):
        detail = f"{current.id} has not signed that {key} takes over here, on this chain"
        return Breach(seq=seq, what=Tamper.FORGED_KEY, detail=detail, since=-1)
    return None


def check(
    rows: Sequence[Row],
    contents: Mapping[int, str | None],
    checkpoints: Sequence[Mapping[str, Any]],
    spans: Sequence[KeySpan],
    brought: Mapping[str, str],
    before: int | None,
) -> Signed:
    """Whether every checkpoint is signed by a key in force there, over this chain, and told of by it.

    `brought`: public keys by id that the reader has from elsewhere. `before`: only checkpoints over fewer entries.
    """
    told: dict[object, tuple[int, dict[str, Any]]] = {
        body.get("number"): (row["seq"], body) for row, body in _telling(rows, contents)
    }
    last: Row = {}
    for number, found in enumerate(checkpoints, 1):
        if before is not None and isinstance(found.get("count"), int) and found["count"] >= before:
            return Signed(last, None)
        if breach := _wrong(rows, told.get(number), found, number, spans, brought, int(last.get("count", 0)) + 1):
            return Signed(last, breach)
        last = found
    missing = [(number, seq) for number, (seq, _) in told.items() if not _among(number, len(checkpoints))]
    if missing and before is None:
        lost, seq = min(missing, key=lambda pair: pair[1])
        return Signed(last, _removed(lost, seq, "the chain tells of it, and it is not here"))
    return Signed(last, None)


def _wrong(
    rows: Sequence[Row],
    told: tuple[int, Mapping[str, Any]] | None,
    found: Mapping[str, Any],
    number: int,
    spans: Sequence[KeySpan],
    brought: Mapping[str, str],
    since: int,
) -> Breach | None:
    """What is wrong with the checkpoint that stands in place `number`; everything before `since` is proven."""
    end = len(rows) + 1
    if not _is_checkpoint(found):
        return _forged(number, (since, end), "it has not the fields of a checkpoint")
    count = found["count"]
    unproven = (since, max(since, min(count, end)))
    cut = f"a signed checkpoint covers {count} entries, {len(rows)} are here"
    span = next((one for one in spans if one.id == found["key"]), None)
    public = span.public if span else brought.get(found["key"])
    if public is None:
        if count >= end:
            return Breach(seq=end, what=Tamper.TRUNCATED, detail=cut, since=since, checkpoint=number)
        return _forged(number, unproven, f"{found['key']} is no key of this ledger")
    if not is_signed(public, checkpoint_message(found), found["signature"]):
        return _forged(number, unproven, f"{found['key']} has not signed it")
    if found["number"] != number:
        return _removed(number, since, f"checkpoint {found['number']} stands in its place")
    if count >= end:
        return Breach(seq=end, what=Tamper.TRUNCATED, detail=cut, since=since, checkpoint=number)
    if span is None or not span.holds(count):
        detail = f"{found['key']} was not in force at entry {count}"
        return Breach(seq=count, what=Tamper.RETIRED_KEY, detail=detail, checkpoint=number)
    if rows[count - 1]["hash"] != found["hash"]:
        detail = f"the chain up to entry {count} is not the one that was signed"
        return Breach(seq=count, what=Tamper.EDITED, detail=detail, since=since, checkpoint=number)
    if told is None:
        detail = "a signed checkpoint is here, and the entry that tells of it is not"
        return Breach(seq=end, what=Tamper.TRUNCATED, detail=detail, since=count + 1, checkpoint=number)
    if told[1].get("digest") != digest("ledger-checkpoint/1", found):
        return _forged(number, unproven, f"entry {told[0]} tells of another one")
    return None


def _is_checkpoint(found: Mapping[str, Any]) -> bool:
    whole = all(type(found.get(name)) is int for name in ("number", "count"))
    texts = all(isinstance(found.get(name), str) for name in ("hash", "at", "key", "signature"))
    return found.keys() == set(Checkpoint.model_fields) and whole and texts and found["count"] > 0


def _forged(number: int, unproven: tuple[int, int], detail: str) -> Breach:
    since, seq = unproven
    return Breach(seq=seq, what=Tamper.FORGED_CHECKPOINT, detail=detail, since=since, checkpoint=number)


def _removed(number: object, seq: int, detail: str) -> Breach:
    named = number if isinstance(number, int) else None
    return Breach(seq=seq, what=Tamper.REMOVED, detail=f"checkpoint {number} is missing: {detail}", checkpoint=named)


def _among(number: object, count: int) -> bool:
    return isinstance(number, int) and 1 <= number <= count


def _telling(rows: Iterable[Row], contents: Mapping[int, str | None]) -> list[tuple[Row, dict[str, Any]]]:
    return [(row, _said(row, contents)) for row in rows if row["kind"] == EntryKind.CHECKPOINT]


def _said(row: Row, contents: Mapping[int, str | None]) -> dict[str, Any]:
    """What an entry says, {} when it is not an object that fits its row."""
    text = contents.get(row["seq"])
    if text is None or hash_of_text(text) != row["content_hash"]:
        return {}
    body = json.loads(text)
    return body if isinstance(body, dict) else {}


def _message(tag: str, value: Mapping[str, Any]) -> bytes:
    return tag.encode() + b"\x00" + canonical_json(value).encode()
