"""Snapshots of facts, by content: the same facts are kept once, and what is read back proves its id."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import RowMapping, desc
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.canonical import canonical_json, digest_of_text
from domain.errors import Conflict, IntegrityBroken, UnknownReference
from domain.facts import Facts
from storage.base import Base
from storage.statements import add_if_absent, compare_and_set, in_chunks, many, one


class SnapshotRow(Base):
    """Facts as zlib-compressed canonical JSON; `size` is its length in bytes before compression."""

    __tablename__ = "snapshots"

    id: Mapped[str] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(index=True)
    size: Mapped[int]
    body: Mapped[bytes]


def put(session: Session, facts: Facts) -> str:
    """Keep facts and give their id; facts that are kept already are not written again."""
    text = canonical_json(facts).encode()
    values = {"id": facts.id, "taken_at": facts.taken_at, "size": len(text), "body": zlib.compress(text)}
    add_if_absent(session, SnapshotRow, values)
    return facts.id


def get(session: Session, facts_id: str) -> Facts:
    """The facts with this id. UnknownReference when never kept, Conflict when redacted; IntegrityBroken when they
    are not what the id says."""
    row = one(session, SnapshotRow, SnapshotRow.id == facts_id)
    if row is None:
        raise UnknownReference(
            f"there is no snapshot '{facts_id}'", field="facts", fix="look up the snapshot id in the run"
        )
    return _facts(row)


def redact(session: Session, facts_id: str) -> bool:
    """Take away what a snapshot says; its id and time stay. False when there was nothing any more."""
    where = (SnapshotRow.id == facts_id, SnapshotRow.size > 0)
    return compare_and_set(session, SnapshotRow, where, {"body": b"", "size": 0}) == 1


def latest(session: Session) -> Facts | None:
    """The facts taken last, for planning while a source cannot be read; None when nothing was ever kept."""
    rows = many(session, SnapshotRow, SnapshotRow.size > 0, order=(desc(SnapshotRow.taken_at), SnapshotRow.id), limit=1)
    return _facts(rows[0]) if rows else None


def as_kept(session: Session, ids: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and JSON of each of these snapshots that is kept: much cheaper than `get` where a few fields are looked at.

    IntegrityBroken when one is not what its id says.
    """
    for some in in_chunks(ids):
        for row in many(session, SnapshotRow, SnapshotRow.id.in_(some), SnapshotRow.size > 0, order=(SnapshotRow.id,)):
            try:
                text = zlib.decompress(row["body"]).decode()
            except (zlib.error, UnicodeDecodeError) as error:
                raise _broken(row["id"]) from error
            if "S-" + digest_of_text("facts/1", text)[:16] != row["id"]:
                raise _broken(row["id"])
            yield row["id"], json.loads(text)


def _facts(row: RowMapping) -> Facts:
    if row["size"] == 0:
        raise Conflict(f"snapshot '{row['id']}' was redacted", field="facts", fix="the ledger says by whom and why")
    try:
        facts = Facts.model_validate_json(zlib.decompress(row["body"]))
    except (zlib.error, ValidationError) as error:
        raise _broken(row["id"]) from error
    if facts.id != row["id"]:
        raise _broken(row["id"])
    return facts


def _broken(facts_id: str) -> IntegrityBroken:
    return IntegrityBroken(
        f"the content of snapshot '{facts_id}' was changed after it was taken",
        field="facts",
        fix="restore the database from a backup; decisions on this snapshot cannot be replayed",
    )
