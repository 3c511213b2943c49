"""`event`, `ask` and `runs`: what starts runs, and how they stand."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from api.cli import exits, screens
from api.cli.output import Format
from api.cli.session import Session
from api.cli.view import View, view
from domain.errors import BadInput, QuartermasterError
from domain.events import Event

if TYPE_CHECKING:
    from agent.casework.outcome import Report
    from agent.runtime.application import Application

LARGEST_FILE = 4_000_000
"""Bytes an event file may have."""


def event(session: Session, *, file: str, fail_on: str | None) -> int:
    """`event FILE`: every event is tried; one that fails does not stop the others."""
    _check_fail_on(fail_on)
    events = read_events(file)
    user = session.user(session.settings())
    rows: list[tuple[object, ...]] = []
    views: list[View] = []
    worst = exits.OK
    with session.application() as application:
        for one in events:
            try:
                taken = application.take_event(one, user)
            except QuartermasterError as error:
                exits.explain(error, session.output.form)
                rows.append((one.id, "failed", str(error), None, None))
                worst = max(worst, exits.code_of(error))
                continue
            rows.append((one.id, taken.arrival.value, taken.note, taken.case, taken.run))
            if taken.run is not None:
                views += report_views(application, application.report(taken.run))
        waiting = application.approvals()
    taken_view = view("events", "Events", "event | arrived | note | case | run", rows)
    session.output.show("event", [taken_view, *views])
    return worst if worst else _waiting(bool(waiting), fail_on)


def read_events(file: str) -> tuple[Event, ...]:
    """Events of a JSON file: one, or a list. BadInput names the place, the field and the fix."""
    text = _text_of(file)
    fix = "write one event or a list"
    try:
        body = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"{file} is not JSON: {error.msg} in line {error.lineno}", field="FILE", fix=fix) from None
    except (RecursionError, ValueError):  # nested beyond reason, or a number of thousands of digits
        raise BadInput(f"{file} is JSON that no event can be", field="FILE", fix=fix) from None
    items = body if isinstance(body, list) else [body]
    if not items:
        raise BadInput(f"{file} holds no event", field="FILE", fix="write at least one event")
    return tuple(_event(item, index) for index, item in enumerate(items))


def _text_of(file: str) -> str:
    """The text of a file, or of standard input for `-`; never more than LARGEST_FILE bytes are read."""
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as source:
            content = source.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise BadInput(f"{file} is larger than {LARGEST_FILE} bytes", field="FILE", fix="split it")
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInput(f"{file} cannot be read: {why}", field="FILE", fix="name a JSON file in UTF-8") from None


def _event(item: object, index: int) -> Event:
    try:
        return Event.model_validate_json(json.dumps(item))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "event"
        raise BadInput(
            f"event {index + 1}: {first['msg']}", field=where, fix="see examples/events for one event of each kind"
        ) from None


ONCE = "This was asked outside a conversation: ask again with --conversation T-1 to be able to say yes."


def ask(session: Session, *, question: str, conversation: str | None) -> int:
    """`ask QUESTION`; with a conversation also what came of a yes."""
    user = session.user(session.settings())
    with session.application() as application:
        report = application.ask(question, user, conversation)
        follow = report_views(application, application.report(report.follow)) if report.follow else []
    answer = report.answer
    if answer is None:
        session.output.show("answer", [view("answer", question, notes=[report.text])])
        return exits.FAILED
    notes = [answer.text]
    if answer.evidence:
        notes.append(f"Evidence: {', '.join(answer.evidence)}")
    notes += [f"Try: {text}" for text in answer.suggestions]
    if answer.offer is not None:
        notes.append(f"To agree: quartermaster ask --conversation {conversation} yes" if conversation else ONCE)
    shown = view("answer", question, " | ".join(answer.columns), answer.rows, notes)
    if session.output.form is not Format.TABLE:
        shown = view("answer", question, data=answer)
    session.output.show("answer", [shown, *follow])
    return exits.OK


def runs(session: Session, *, run: str | None, events: bool) -> int:
    """`runs [RUN]`."""
    with session.application(create=False) as application:
        if run is None:
            listed = application.runs()
            rows = [
                (r.id, r.case, r.kind, r.revision, r.state.value, r.actor, f"{r.created_at:%Y-%m-%d %H:%M}Z", r.failure)
                for r in listed
            ]
            columns = "run | case | kind | revision | state | asked by | since | failure"
            session.output.show("runs", [view("runs", f"{len(rows)} runs", columns, rows)])
            return exits.OK
        views = report_views(application, application.report(run))
        if events:
            told = application.events(run)
            happened = [(e.seq, f"{e.at:%H:%M:%S}Z", e.kind, e.body[:160]) for e in told]
            views.append(view("run_events", "What happened", "n | at | kind | body", happened))
    session.output.show("run", views)
    return exits.OK


def report_views(application: Application, report: Report) -> list[View]:
    """The report of a run as screens: plan, moves with verdicts, and the words."""
    facts = application.facts(report.run.id)
    if report.plan is None or facts is None:
        return [view("report", f"Run {report.run.id}", notes=[report.text])]
    views = screens.plan_screens(report.plan, facts)
    listed = [(item.move, item.verdict, item.state.value) for item in report.moves]
    views.append(screens.moves_screen("The moves", listed, facts.base_currency))
    head = f"Ledger: {report.head.count} entries, head {report.head.hash}"
    views.append(view("report", f"Run {report.run.id} of case {report.run.case}", notes=[report.text, head]))
    return views


def _check_fail_on(fail_on: str | None) -> None:
    if fail_on not in (None, "approval"):
        raise BadInput(f"'{fail_on}' is nothing to fail on", field="--fail-on", fix="write --fail-on approval")


def _waiting(waiting: bool, fail_on: str | None) -> int:
    return exits.WAITING if waiting and fail_on == "approval" else exits.OK
