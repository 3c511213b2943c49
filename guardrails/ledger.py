"""The ledger: the one writer of its rows, and the doors through which it is read, exported and verified."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.canonical import canonical_json, plain
from domain.errors import BadInput, Conflict, UnknownReference
from guardrails.chain import GENESIS, LASTING, VERSIONS, Entry, EntryKind, Head, Row, Verification, chain
from guardrails.proof import verify
from storage import ledger_checkpoints, ledger_rows
from storage.database import Database, Session


def grounds(
    *,
    policy: str | None = None,
    planner: str | None = None,
    model: str | None = None,
    facts: str | None = None,
    evidence: Iterable[str] = (),
    reasons: Iterable[Any] = (),
) -> dict[str, Any]:
    """What every entry says about where it came from, ready to go into its body; what does not apply is left out."""
    given: dict[str, Any] = {"policy": policy, "planner": planner, "model": model, "facts": facts}
    given |= {"evidence": list(evidence), "reasons": list(reasons)}
    return {name: value for name, value in given.items() if value not in (None, [])}


class Ledger:
    """Append-only and hash-chained. Rows hold hashes; what an entry says stands beside it, so that it can be redacted.

    `now` gives the time of entries that are appended without one.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def append(
        self,
        session: Session,
        kind: EntryKind,
        actor: str,
        at: datetime | None,
        body: Mapping[str, Any],
        *,
        case: str | None = None,
        run: str | None = None,
        move: str | None = None,
        action: str | None = None,
    ) -> Entry:
        """Append one entry in the transaction of `session`, the same that changes the state it tells of.

        `body` is anything with a canonical form (see `grounds` for what belongs in each). Writers are let through one
        at a time from here to the end of their transaction, so append last, or call `hold` first. Raises BadInput for a
        body without a canonical form or a time without a zone.
        """
        try:
            said = plain(body)
            text = canonical_json(said)
            text.encode()
        except (TypeError, ValueError) as error:
            raise BadInput(f"the entry cannot be recorded: {error}", field="body", fix="use text or Decimal") from error
        moment = self._now() if at is None else at
        if moment.tzinfo is None:
            raise BadInput("the time of an entry names no zone", field="at", fix="give it with its offset")
        previous = self.hold(session)
        fields: dict[str, Any] = {
            "kind": kind.value,
            "version": VERSIONS[kind],
            "at": moment.astimezone(UTC).isoformat(),
        }
        fields |= {"actor": actor, "case": case, "run": run, "move": move, "action": action}
        entry = chain(previous, fields, said)
        ledger_rows.add_row(session, entry.model_dump(), text)
        return entry

    def hold(self, session: Session) -> Head:
        """Let nobody else append until this transaction ends, and give the head."""
        return _head(ledger_rows.hold(session))

    def head(self, session: Session) -> Head:
        """How far the chain has come: number of entries, hash of the last, and its time."""
        return _head(ledger_rows.last(session))

    def redact(
        self,
        session: Session,
        seq: int,
        actor: str,
        at: datetime | None,
        why: str,
        more: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Take away what entry `seq` says, and record that, by whom and why, and `more`; the chain stays whole.

        Who may is asked in `guardrails.redaction`. Raises UnknownReference when there is no such entry, Conflict when
        it is redacted already, or when the proof rests on it.
        """
        found = next(ledger_rows.read(session, after=seq - 1, limit=1), None)
        if found is None or found[0]["seq"] != seq:
            raise UnknownReference(f"the ledger has no entry {seq}", field="seq", fix="look it up in the export")
        row, _ = found
        if row["kind"] in LASTING:
            raise Conflict(f"entry {seq} is a {row['kind']}: the proof rests on it", field="seq", fix="it stays")
        moment = self._now() if at is None else at
        body = {**(more or {}), "seq": seq, "content_hash": row["content_hash"], "why": why}
        references = {name: row[name] for name in ("case", "run", "move", "action")}
        entry = self.append(session, EntryKind.REDACTION, actor, moment, body, **references)
        if not ledger_rows.empty_content(session, seq, moment):
            raise Conflict(f"what entry {seq} says is gone already", field="seq", fix="nothing is left to do")
        return entry

    def entries(
        self,
        session: Session,
        kinds: Sequence[EntryKind] | None = None,
        *,
        case: str | None = None,
        run: str | None = None,
        move: str | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> Iterator[tuple[Entry, dict[str, Any] | None]]:
        """Entries after `after` with what they say (None when redacted), in order, of these kinds and references."""
        names = None if kinds is None else tuple(kind.value for kind in kinds)
        found = ledger_rows.read(session, kinds=names, case=case, run=run, move=move, after=after, limit=limit)
        for row, text in found:
            yield Entry(**row), None if text is None else json.loads(text)

    def export(self, session: Session) -> Iterator[str]:
        """Every entry with its content, then every signed checkpoint, each as one line of canonical JSON; the same
        ledger gives the same bytes."""
        for row, text in ledger_rows.read(session):
            yield export_line(row, text)
        for checkpoint in ledger_checkpoints.listed(session):
            yield canonical_json({"checkpoint": checkpoint})

    def verify_database(
        self, session: Session, head: Head | Sequence[Head] | None = None, public_keys: Sequence[str] = ()
    ) -> Verification:
        """Whether the ledger in the database is what was written; with heads, also that its end is there."""
        found = list(ledger_rows.read(session))
        contents = {row["seq"]: text for row, text in found}
        contents |= dict.fromkeys(ledger_rows.contents_without_row(session), "")
        return verify([row for row, _ in found], contents, head, ledger_checkpoints.listed(session), public_keys)

    def verify_now(self, head: Head | Sequence[Head] | None = None, public_keys: Sequence[str] = ()) -> Verification:
        """`verify_database` in a session of its own."""
        with self._database.read() as session:
            return self.verify_database(session, head, public_keys)


def _head(last: Row | None) -> Head:
    return Head(count=0, hash=GENESIS) if last is None else Head(count=last["seq"], hash=last["hash"], at=last["at"])


def export_line(row: Row, text: str | None) -> str:
    """One line of an export. Content that is not canonical JSON goes out as a string, which never verifies."""
    content: Any = text
    if text is not None:
        try:
            parsed = json.loads(text)
            content = parsed if canonical_json(parsed) == text else text
        except (TypeError, ValueError, RecursionError):
            content = text
    return canonical_json({"entry": dict(row), "content": content})


def verify_export(
    lines: Iterable[str], head: Head | Sequence[Head] | None = None, public_keys: Sequence[str] = ()
) -> Verification:
    """Whether an export is what was written; it needs nothing but its lines, and proves more with a public key."""
    rows: list[Row] = []
    contents: dict[int, str | None] = {}
    checkpoints: list[Row] = []
    for line in filter(None, (raw.strip() for raw in lines)):
        if line.startswith('{"checkpoint":'):
            checkpoints.append(_checkpoint(line))
            continue
        row, content = _parse(line)
        rows.append(row)
        if isinstance(row.get("seq"), int):
            contents.setdefault(row["seq"], content)
    return verify(rows, contents, head, checkpoints, public_keys)


def _checkpoint(line: str) -> Row:
    """A line as the columns of a checkpoint; {}, which never verifies, when it is not one that we wrote."""
    try:
        found = json.loads(line)
        whole = canonical_json(found) == line and found.keys() == {"checkpoint"}
        return found["checkpoint"] if whole and isinstance(found["checkpoint"], dict) else {}
    except (TypeError, ValueError, RecursionError):
        return {}


def _parse(line: str) -> tuple[Row, str | None]:
    """A line as row and canonical content; an empty row, which never verifies, when it is not one that we wrote."""
    try:
        found = json.loads(line)
        row, content = found["entry"], found["content"]
        if canonical_json({"entry": row, "content": content}) != line or set(row) != set(Entry.model_fields):
            return {}, None
        return row, None if content is None else canonical_json(content)
    except (KeyError, TypeError, ValueError, RecursionError):
        return {}, None
