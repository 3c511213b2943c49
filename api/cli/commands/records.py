"""`replay`, `stop`, `config`, `ledger verify` and `ledger export`: proofs and settings."""

from __future__ import annotations

import sys
from pathlib import Path

from api.cli import exits
from api.cli.commands.policy_versions import in_force_note
from api.cli.session import Session
from api.cli.view import view
from domain.errors import BadInput, QuartermasterError
from guardrails.chain import Verification
from guardrails.ledger import read_heads, verify_export
from guardrails.switches import EVERYTHING


def replay(session: Session, *, run: str) -> int:
    """`replay RUN`: exit 4 when the same engine gives another plan."""
    with session.application(create=False) as application:
        found = application.replay(run)
    verdict = "the same plan, byte for byte" if found.same else "another plan"
    notes = [
        f"recorded {found.recorded}",
        f"replayed {found.replayed}",
        f"planner {found.planner}, engine {found.engine}"
        + (f", now {found.engine_now}" if found.engine_now != found.engine else ""),
        *([found.note] if found.note else []),
        *found.difference,
    ]
    session.output.show("replay", [view("replay", f"Replay of {run}: {verdict}", notes=notes, data=found)])
    return exits.OK if found.same or found.note else exits.FAILED


def verify(session: Session, *, head: Path | None, export: Path | None) -> int:
    """`ledger verify`: exit 4 and the first broken place when anything does not match."""
    heads = read_heads(head) if head is not None else None
    if export is not None:
        try:
            with export.open(encoding="utf-8") as lines:
                found = verify_export(lines, heads)
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise BadInput(f"{export} cannot be read: {why}", field="--export", fix="name a ledger export") from None
    else:
        with session.application(create=False) as application:
            found = application.verify(heads)
    session.output.show("verification", [view("verification", _verdict(found), notes=_notes(found), data=found)])
    return exits.OK if found.ok else exits.FAILED


def _verdict(found: Verification) -> str:
    if found.ok:
        return f"The ledger is whole: {found.count} entries"
    return "The ledger is broken"


def _notes(found: Verification) -> list[str]:
    notes = [f"head {found.head}"]
    if found.breach is not None:
        notes.append(f"first broken place: {found.breach}")
    if found.ok and not found.end_proven:
        notes.append("Missing last entries cannot be found without a head kept elsewhere: use --head FILE.")
    if found.redacted:
        notes.append(f"redacted content: {len(found.redacted)} entries")
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


def stop(session: Session, *, system: str, reason: str, lift: bool) -> int:
    """`stop [SYSTEM]` and `stop --lift`."""
    user = session.user(session.settings())
    named = EVERYTHING if system == "all" else system
    with session.application() as application:
        turn = application.lift if lift else application.stop
        turned = turn(user, named, reason)
    what = "go on" if lift else "are stopped"
    title = f"Writes to {'every system' if named == EVERYTHING else named} {what}"
    session.output.show("switch", [view("switch", title, notes=[f"by {user}: {reason}"], data=turned)])
    return exits.OK


def config(session: Session) -> int:
    """`config`."""
    settings = session.settings()
    try:
        acting = session.user(settings)
    except QuartermasterError as error:
        acting = str(error)
    try:
        policy = in_force_note(session)
    except QuartermasterError as error:
        policy = f"Policy in force: not known yet ({error.message})"
    notes = [f"You act as: {acting}", policy]
    shown = view("config", "Settings in force", "setting | value | from", settings.view(), notes)
    session.output.show("config", [shown])
    return exits.OK
