"""`replay`, `stop` and `config`: proofs and settings."""

from __future__ import annotations

from api.cli import exits
from api.cli.commands.policy_versions import in_force_note
from api.cli.session import Session
from api.cli.view import view
from domain.errors import QuartermasterError
from guardrails.switches import EVERYTHING, Lift


def replay(session: Session, *, run: str) -> int:
    """`replay RUN`: exit 4 when the same engine gives another plan."""
    with session.application(create=False) as application:
        found = application.replay(run)
    if found.redacted:
        shown = view("replay", f"Replay of {run}: it cannot be planned again", notes=[found.redacted], data=found)
        session.output.show("replay", [shown])
        return exits.OK
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


def stop(session: Session, *, system: str, reason: str, lift: bool, code: str = "") -> int:
    """`stop [SYSTEM]`, and `lift [SYSTEM]` or `stop --lift`."""
    user = session.user(session.settings())
    named = EVERYTHING if system == "all" else system
    with session.application() as application:
        turned = application.lift(user, named, reason) if lift else application.stop(user, named, reason, code)
    what = "are stopped"
    if isinstance(turned, Lift):
        what = "go on" if turned.state == "lifted" else "stay stopped until a second person lifts them within the hour"
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
