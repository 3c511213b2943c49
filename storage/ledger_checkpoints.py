"""Signed checkpoints of the ledger as rows. Only `guardrails.sealing` writes here, and nothing ever changes them.

Triggers (in the third migration) refuse UPDATE, DELETE and TRUNCATE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import desc
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base
from storage.statements import add, many

COLUMNS = ("number", "count", "hash", "at", "key", "signature")


class LedgerCheckpointRow(Base):
    """A head of the chain with the signature of a key over it. `at` is text, as it was signed."""

    __tablename__ = "ledger_checkpoints"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    hash: Mapped[str]
    at: Mapped[str]
    key: Mapped[str]
    signature: Mapped[str]


def add_row(session: Session, row: Mapping[str, Any]) -> None:
    """Add a checkpoint (COLUMNS); Conflict when there is one with this number."""
    add(session, LedgerCheckpointRow, {name: row[name] for name in COLUMNS})


def last(session: Session) -> dict[str, Any] | None:
    """The columns of the last checkpoint, None when there is none."""
    rows = many(session, LedgerCheckpointRow, order=(desc(LedgerCheckpointRow.number),), limit=1)
    return dict(rows[0]) if rows else None


def listed(session: Session) -> tuple[dict[str, Any], ...]:
    """Every checkpoint, in order."""
    rows = many(session, LedgerCheckpointRow, order=(LedgerCheckpointRow.number,))
    return tuple({name: row[name] for name in COLUMNS} for row in rows)
