"""The ledger as rows and their contents. Only `guardrails.ledger` writes here, and the database itself refuses changes.

Triggers (in the first migration) refuse UPDATE and DELETE on `ledger`, DELETE on `ledger_contents`, and any UPDATE of a
content but the one that empties it, which is a redaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Select, desc, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.base import Base, table_of
from storage.database import FLUSH
from storage.statements import add, compare_and_set, in_chunks, is_postgresql, many, turn

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
    at: Mapped[str] = mapped_column(index=True)
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


_HOLD = text("SELECT seq, hash, at FROM quartermaster_hold_ledger(:turn)")
_BOTH = text(
    "WITH entry AS (INSERT INTO ledger "
    f"({', '.join(chr(34) + name + chr(34) for name in ENTRY_COLUMNS)}) "
    f"VALUES ({', '.join(':' + name for name in ENTRY_COLUMNS)}) RETURNING seq) "
    "INSERT INTO ledger_contents (seq, body) SELECT seq, :body FROM entry"
)


def hold(session: Session) -> dict[str, Any] | None:
    """Let nobody else append until this transaction ends; seq, hash and time of the last row, None when there is none.

    PostgreSQL: one round trip (`quartermaster_hold_ledger`), and only until the commit is written, not until it is on
    disk. SQLite: a write transaction is alone already.
    """
    if not is_postgresql(session):
        return last(session)
    session.info[FLUSH] = True
    found = session.execute(_HOLD, {"turn": turn("ledger")}).mappings().one_or_none()
    return None if found is None else dict(found)


def last(session: Session) -> dict[str, Any] | None:
    """The columns of the last row, None when there is none."""
    rows = many(session, LedgerRow, order=(desc(LedgerRow.seq),), limit=1)
    return dict(rows[0]) if rows else None


def add_row(session: Session, row: Mapping[str, Any], body: str) -> None:
    """Add a row (ENTRY_COLUMNS) and its content; on PostgreSQL in one round trip."""
    values = {name: row[name] for name in ENTRY_COLUMNS}
    if is_postgresql(session):
        session.execute(_BOTH, {**values, "body": body})
        return
    add(session, LedgerRow, values)
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
    row = table_of(LedgerRow)
    statement = _with_contents().where(row.c.seq > after).limit(limit)
    if kinds is not None:
        statement = statement.where(row.c.kind.in_(kinds))
    for column, value in ((row.c.case, case), (row.c.run, run), (row.c.move, move)):
        if value is not None:
            statement = statement.where(column == value)
    yield from _told(session, statement)


def span(
    session: Session,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    kinds: tuple[str, ...] | None = None,
    after: int = 0,
    before: int | None = None,
) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Rows of a time (`since` is in it, `until` is not) and of seqs between two, with their contents, in order."""
    row = table_of(LedgerRow)
    bounds: list[ColumnElement[bool]] = [row.c.seq > after]
    if since is not None:
        bounds.append(row.c.at >= since.astimezone(UTC).isoformat())
    if until is not None:
        bounds.append(row.c.at < until.astimezone(UTC).isoformat())
    if before is not None:
        bounds.append(row.c.seq < before)
    if kinds is not None:
        bounds.append(row.c.kind.in_(kinds))
    yield from _told(session, _with_contents().where(*bounds))


def of_cases(session: Session, cases: Collection[str]) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Every row of these cases with its content, in the order of each few hundred cases."""
    for some in in_chunks(cases):
        yield from _told(session, _with_contents().where(table_of(LedgerRow).c.case.in_(some)))


def _with_contents() -> Select[Any]:
    row, content = table_of(LedgerRow), table_of(LedgerContentRow)
    return (
        select(row, content.c.body.label("body"))
        .join(content, content.c.seq == row.c.seq, isouter=True)
        .order_by(row.c.seq)
    )


def _told(session: Session, statement: Select[Any]) -> Iterator[tuple[dict[str, Any], str | None]]:
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
