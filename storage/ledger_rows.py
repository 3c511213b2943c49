"""The ledger as rows and their contents. Only `guardrails.ledger` writes here, and the database itself refuses changes.

Triggers (in the first migration) refuse UPDATE and DELETE on `ledger`, DELETE on `ledger_contents`, and any UPDATE of a
content but the one that empties it, which is a redaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, desc, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, table_of
from storage.statements import add, compare_and_set, many, wait_turn

ENTRY_COLUMNS = (
    "seq",
    "kind",
    "version",
    "at",
    "actor",
    "case",
    "run",
    "move",
    "action",
    "content_hash",
    "prev",
    "hash",
)


class LedgerRow(Base):
    """One entry of the chain: hashes and the fields it is found by. `at` is text, as it was hashed."""

    __tablename__ = "ledger"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    at: Mapped[str]
    actor: Mapped[str]
    case: Mapped[str | None] = mapped_column(index=True)
    run: Mapped[str | None] = mapped_column(index=True)
    move: Mapped[str | None] = mapped_column(index=True)
    action: Mapped[str | None]
    content_hash: Mapped[str]
    prev: Mapped[str]
    hash: Mapped[str]


class LedgerContentRow(Base):
    """What an entry says, as canonical JSON; NULL after a redaction."""

    __tablename__ = "ledger_contents"

    seq: Mapped[int] = mapped_column(ForeignKey("ledger.seq"), primary_key=True, autoincrement=False)
    body: Mapped[str | None]
    redacted_at: Mapped[datetime | None]


def lock(session: Session) -> None:
    """Let nobody else append until this transaction ends."""
    wait_turn(session, "ledger")


def last(session: Session) -> dict[str, Any] | None:
    """The columns of the last row, None when there is none."""
    rows = many(session, LedgerRow, order=(desc(LedgerRow.seq),), limit=1)
    return dict(rows[0]) if rows else None


def add_row(session: Session, row: Mapping[str, Any], body: str) -> None:
    """Add a row (ENTRY_COLUMNS) and its content."""
    add(session, LedgerRow, {name: row[name] for name in ENTRY_COLUMNS})
    add(session, LedgerContentRow, {"seq": row["seq"], "body": body, "redacted_at": None})


def empty_content(session: Session, seq: int, at: datetime) -> bool:
    """Take away what an entry says; False when there was nothing any more."""
    where = (LedgerContentRow.seq == seq, LedgerContentRow.body.is_not(None))
    return compare_and_set(session, LedgerContentRow, where, {"body": None, "redacted_at": at}) == 1


def read(
    session: Session,
    *,
    kinds: tuple[str, ...] | None = None,
    case: str | None = None,
    run: str | None = None,
    move: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Rows after `after` with their contents, in order: (columns, canonical JSON or None when it is not there)."""
    row, content = table_of(LedgerRow), table_of(LedgerContentRow)
    statement = (
        select(row, content.c.body.label("body"))
        .join(content, content.c.seq == row.c.seq, isouter=True)
        .where(row.c.seq > after)
        .order_by(row.c.seq)
        .limit(limit)
    )
    if kinds is not None:
        statement = statement.where(row.c.kind.in_(kinds))
    for column, value in ((row.c.case, case), (row.c.run, run), (row.c.move, move)):
        if value is not None:
            statement = statement.where(column == value)
    for found in session.execute(statement).mappings():
        yield {name: found[name] for name in ENTRY_COLUMNS}, found["body"]


def contents_without_row(session: Session) -> tuple[int, ...]:
    """Places that have a content but no row: what is left when a row was taken out."""
    row, content = table_of(LedgerRow), table_of(LedgerContentRow)
    statement = (
        select(content.c.seq)
        .join(row, row.c.seq == content.c.seq, isouter=True)
        .where(row.c.seq.is_(None))
        .order_by(content.c.seq)
    )
    return tuple(session.execute(statement).scalars())
