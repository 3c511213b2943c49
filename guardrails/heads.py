"""Heads of the ledger, kept in a file outside the database: what a lost or rewritten end is measured against."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from domain.canonical import canonical_json
from domain.errors import BadInput, StorageFailed
from guardrails.chain import Head
from guardrails.checkpoints import Checkpoint


def record_head(path: Path, count: int, hash_: str, at: datetime) -> None:
    """Append one line `count hash at` to a heads file, on disk before this returns. StorageFailed when it cannot be."""
    _append(path, f"{count} {hash_} {at.astimezone(UTC).isoformat()}")


def record_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Append a signed checkpoint as one line of canonical JSON, on disk before this returns."""
    _append(path, canonical_json(checkpoint))


def _append(path: Path, line: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="ascii") as file:
            file.write(f"{line}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageFailed(
            f"the head of the ledger could not be written to {path}: {error.strerror}",
            field="heads",
            fix="make the folder writable and free some space",
        ) from error


def read_heads(path: Path) -> tuple[Head, ...]:
    """The heads of a file, oldest first: lines `count hash time`, or signed checkpoints as JSON.

    BadInput names the line that is none, or the file when it is not there.
    """
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}", field="head", fix="name the heads file of the data") from error
    heads: list[Head] = []
    for number, line in enumerate(lines, 1):
        parts = _of_checkpoint(line) if line.startswith("{") else line.split()
        if len(parts) != 3 or not parts[0].isdecimal() or len(parts[1]) != 64:
            raise BadInput(
                f"line {number} of {path} is no head",
                field="head",
                fix="a line is: count, hash, time; or a signed checkpoint",
            )
        heads.append(Head(count=int(parts[0]), hash=parts[1], at=parts[2]))
    return tuple(heads)


def _of_checkpoint(line: str) -> list[str]:
    """Count, hash and time of a signed checkpoint; [] when the line is none. Its signature is not looked at here."""
    try:
        found = json.loads(line)
        return [str(found[name]) for name in ("count", "hash", "at")]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
