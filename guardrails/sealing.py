"""Keys and signed checkpoints of a ledger: the one writer of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.errors import BadInput, Conflict, IntegrityBroken
from guardrails.chain import GENESIS, EntryKind, Head, KeySpan, Row, hash_of_text, is_whole
from guardrails.checkpoints import (
    Checkpoint,
    checkpoint_message,
    entry_body,
    is_signed,
    key_message,
    keys_of,
)
from guardrails.ledger import Ledger
from guardrails.signing import Keys
from storage import ledger_checkpoints, ledger_rows
from storage.database import Database, Session

ACTOR = "ledger"


class Sealing:
    """Introduces keys and signs checkpoints. Nothing is signed that does not follow from what was signed before."""

    def __init__(self, database: Database, ledger: Ledger, keys: Keys, now: Callable[[], datetime]) -> None:
        self._database = database
        self._ledger = ledger
        self._keys = keys
        self._now = now

    def spans(self, session: Session) -> tuple[KeySpan, ...]:
        """Every key of this ledger with the entries it may sign, the one in force last.

        Raises IntegrityBroken when one was not introduced as it must be.
        """
        found = list(ledger_rows.read(session, kinds=(EntryKind.KEY.value,)))
        spans, breach = keys_of([row for row, _ in found], {row["seq"]: text for row, text in found})
        if breach is not None:
            raise IntegrityBroken(str(breach), field="ledger", fix="run `quartermaster ledger verify`")
        return spans

    def introduce(self, key: str, actor: str, *, rotate: bool) -> KeySpan:
        """Put `key` in force, in an entry that it signs and, when it takes over, the one before it signs too.

        Raises Conflict when there is a key already (and `rotate` is not asked for), BadInput when there is none to take
        over from, or `key` was in force before: a retired key stays retired.
        """
        with self._database.write() as session:
            head = self._ledger.hold(session)
            spans = self.spans(session)
            if spans and not rotate:
                raise Conflict(f"{spans[-1].id} signs already", field="keys", fix="rotate it with `keys rotate`")
            if rotate and not spans:
                raise BadInput("no key signs yet", field="keys", fix="begin with `keys init`")
            if key in {span.id for span in spans}:
                raise BadInput(f"{key} was in force before", field="keys", fix="rotate to a new key")
            current = spans[-1].id if spans else None
            public = self._keys.public(key)
            message = key_message(key, public, current, head.count, head.hash)
            body = {
                "key": key,
                "public": public,
                "retires": current,
                "proof": self._keys.sign(key, message),
                "proof_retired": self._keys.sign(current, message) if current else None,
            }
            entry = self._ledger.append(session, EntryKind.KEY, actor, self._now(), body)
        return KeySpan(id=key, public=public, since=entry.seq, at=entry.at)

    def last(self, session: Session) -> Checkpoint | None:
        """The last checkpoint, None when nothing was ever signed."""
        found = ledger_checkpoints.last(session)
        return None if found is None else Checkpoint(**found)

    def checkpoint(self, heads: Sequence[Head] = (), actor: str = ACTOR) -> Checkpoint | None:
        """Sign how far the ledger has come; None when nothing came since the last checkpoint (or another signed it).

        First everything since the last one is looked at, and compared with `heads` that were kept elsewhere. Raises
        IntegrityBroken, and signs nothing, when it is not what was written; BadInput when there is no key yet. The
        signature is made before writers are held up.
        """
        with self._database.read() as session:
            spans = self.spans(session)
            if not spans:
                raise BadInput("no key signs this ledger yet", field="keys", fix="run `quartermaster keys init`")
            last = self.last(session)
            fresh = self._unsigned(session, spans, last, heads)
        if fresh is None:
            return None
        made = self._sign(spans[-1].id, last, fresh)
        with self._database.write() as session:
            self._ledger.hold(session)
            if self.last(session) != last:
                return None
            ledger_checkpoints.add_row(session, made.model_dump())
            self._ledger.append(session, EntryKind.CHECKPOINT, actor, self._now(), entry_body(made))
        return made

    def _sign(self, key: str, last: Checkpoint | None, fresh: Head) -> Checkpoint:
        said: dict[str, Any] = {
            "number": last.number + 1 if last else 1,
            "count": fresh.count,
            "hash": fresh.hash,
            "at": self._now().astimezone(UTC).isoformat(),
            "key": key,
        }
        return Checkpoint(**said, signature=self._keys.sign(key, checkpoint_message(said)))

    def _unsigned(
        self, session: Session, spans: Sequence[KeySpan], last: Checkpoint | None, heads: Sequence[Head]
    ) -> Head | None:
        """The head, when something but a checkpoint has come since `last`; and it all follows from it."""
        signed = last.count if last else 0
        rows = list(ledger_rows.read(session, after=max(signed - 1, 0)))
        if not (_is_good(spans, last) and _follow(rows, last) and _fits(rows, heads, signed)):
            found = self._ledger.verify_database(session, heads, [span.public for span in spans])
            raise IntegrityBroken(
                f"the ledger is not what was written, and nothing is signed: {found.breach}",
                field="ledger",
                fix="run `quartermaster ledger verify` with the heads kept elsewhere, and restore it from a backup",
            )
        if all(row["kind"] == EntryKind.CHECKPOINT for row, _ in rows if row["seq"] > signed):
            return None
        end = rows[-1][0]
        return Head(count=end["seq"], hash=end["hash"], at=end["at"])


def _is_good(spans: Sequence[KeySpan], last: Checkpoint | None) -> bool:
    if last is None:
        return True
    span = next((one for one in spans if one.id == last.key), None)
    message = checkpoint_message(last.model_dump())
    return span is not None and span.holds(last.count) and is_signed(span.public, message, last.signature)


def _follow(rows: Sequence[tuple[Row, str | None]], last: Checkpoint | None) -> bool:
    """Whether rows, the first of them the one that `last` signed, are whole and link."""
    seq, previous = (last.count - 1, None) if last else (0, GENESIS)
    if last is not None and (not rows or rows[0][0]["hash"] != last.hash):
        return False
    for row, text in rows:
        seq += 1
        linked = row["seq"] == seq and previous in (None, row["prev"]) and is_whole(row)
        if not linked or (text is not None and hash_of_text(text) != row["content_hash"]):
            return False
        previous = row["hash"]
    return True


def _fits(rows: Sequence[tuple[Row, str | None]], heads: Sequence[Head], signed: int) -> bool:
    """Whether heads from behind the last checkpoint are those of these rows."""
    known = {row["seq"]: row["hash"] for row, _ in rows}
    return all(known.get(head.count) == head.hash for head in heads if head.count > signed)
