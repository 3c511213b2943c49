"""`ledger verify`, `export` and `checkpoint`: what an auditor asks for."""

from __future__ import annotations

import sys
from pathlib import Path

from api.cli import exits
from api.cli.session import Session
from api.cli.view import View, view
from domain.errors import BadInput
from guardrails.chain import Verification
from guardrails.explaining import QUESTIONS
from guardrails.heads import read_heads
from guardrails.ledger import verify_export
from guardrails.redaction import Redaction
from guardrails.signing import read_publics

TRUNCATION = (
    "Truncation to an older signed checkpoint is found with a head file, and reported as undetectable without one. "
    "It was undetectable here: use --head FILE, with heads.txt or checkpoints.jsonl kept elsewhere."
)


def verify(session: Session, *, head: tuple[Path, ...], export: Path | None, key: tuple[Path, ...]) -> int:
    """`ledger verify`: exit 4 and the first broken place when anything does not match."""
    heads = [one for file in head for one in read_heads(file)] or None
    held = [public for file in key for public in read_publics(file)] or None
    if export is not None:
        try:
            with export.open(encoding="utf-8") as lines:
                found = verify_export(lines, heads, held or ())
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise BadInput(f"{export} cannot be read: {why}", field="--export", fix="name a ledger export") from None
    else:
        with session.application(create=False) as application:
            found = application.verify(heads, held)
    session.output.show("verification", [view("verification", _verdict(found), notes=_notes(found), data=found)])
    return exits.OK if found.ok else exits.FAILED


def _verdict(found: Verification) -> str:
    if found.ok:
        return f"The ledger is whole: {found.count} entries"
    return "The ledger is broken"


def _notes(found: Verification) -> list[str]:
    notes = [f"head {found.head}"]
    if found.breach is not None:
        return [*notes, f"first broken place: {found.breach}", *_signed(found)]
    notes += _signed(found)
    if not found.end_proven:
        notes.append(
            TRUNCATION
            if found.checkpoints
            else "Missing last entries cannot be found without a head kept elsewhere: use --head FILE."
        )
    if found.redacted:
        notes.append(f"redacted content: {len(found.redacted)} entries")
    return notes


def _signed(found: Verification) -> list[str]:
    """What is proven up to where, and by whose key."""
    if not found.signed:
        return ["no signed checkpoint: `quartermaster keys init` begins to sign"] if not found.keys else []
    notes = [f"signed: entries 1 to {found.signed}, by {found.signed_by} at {found.signed_at}"]
    if found.ok and found.count > found.signed:
        notes.append(f"not signed yet: entries {found.signed + 1} to {found.count}; they are chained")
    if not found.pinned:
        notes.append(
            "The signatures fit the keys that the ledger itself names. Whose they are is proven by a public "
            "key that you have from elsewhere: --key FILE."
        )
    return notes


def export(session: Session, *, file: Path | None) -> int:
    """`ledger export [FILE]`; a file is written whole or not at all."""
    with session.application(create=False) as application:
        user = session.user(session.settings())
        lines = application.export(user)
        if file is None:
            for line in lines:
                print(line, file=sys.stdout)
            return exits.OK
        partial = file.with_name(file.name + ".partial")
        try:
            with partial.open("w", encoding="utf-8") as out:
                for line in lines:
                    print(line, file=out)
            partial.replace(file)
        except OSError as error:
            raise BadInput(
                f"{file} cannot be written: {error.strerror}",
                field="FILE",
                fix="name a file in a folder you may write to",
            ) from None
    session.output.progress(f"Ledger exported to {file}.")
    return exits.OK


def checkpoint(session: Session) -> int:
    """`ledger checkpoint`: sign now."""
    with session.application(create=False) as application:
        made = application.records.sign(session.user(session.settings()))
        file = application.records.checkpoints_file
    if made is None:
        session.output.show("checkpoint", [view("checkpoint", "Nothing came since the last checkpoint")])
        return exits.OK
    notes = [f"hash {made.hash}", f"signed by {made.key}", f"kept in {file}: copy it to where others cannot change it"]
    title = f"Checkpoint {made.number}: entries 1 to {made.count} are signed"
    session.output.show("checkpoint", [view("checkpoint", title, notes=notes, data=made)])
    return exits.OK


def redact(
    session: Session, *, seq: int | None, reason_code: str, why: str, confirm: str | None, whole_run: bool
) -> int:
    """`ledger redact`: list, ask, or confirm what somebody else asked."""
    with session.application(create=False) as application:
        user = session.user(session.settings())
        if seq is None:
            session.output.show("redactions", [_redactions(application.records.redactions())])
            return exits.OK
        if confirm is not None:
            done = application.records.confirm_redaction(seq, user, confirm)
        else:
            done = application.records.redact(seq, user, reason_code, why, "run" if whole_run else "entry")
    title = (
        f"Entry {seq} is redacted" if done.done_by else f"Entry {seq} is to be redacted: a second person confirms it"
    )
    notes = [] if done.done_by else [f"quartermaster ledger redact {seq} --confirm {done.digest}"]
    notes += [f"stays: {left}" for left in done.left]
    session.output.show("redaction", [view("redaction", title, notes=notes, data=done)])
    return exits.OK


def _redactions(found: tuple[Redaction, ...]) -> View:
    rows = [[one.seq, one.kind, one.covers, one.asked_by, one.done_by or "waits", one.why, one.digest] for one in found]
    columns = "entry | kind | covers | asked by | done by | why | digest"
    return view("redactions", "Redactions", columns, rows, [] if found else ["None."])


def explain(session: Session, *, seq: int) -> int:
    """`ledger explain SEQ`: the nine answers."""
    with session.application(create=False) as application:
        found = application.records.explain(seq)
    rows = [[question, getattr(found, name) or "does not apply"] for name, question in QUESTIONS]
    notes = [f"follows from entries {', '.join(map(str, found.follows_from))}"] if found.follows_from else []
    notes += ["What this entry said was redacted."] if found.redacted else []
    title = f"Entry {seq}: {found.kind.replace('_', ' ')}"
    session.output.show("explanation", [view("explanation", title, "question | answer", rows, notes, data=found)])
    return exits.OK
