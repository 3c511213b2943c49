"""`triage` and `worker`: look for exceptions once or again and again; carry out what can go on until told to stop."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from api.cli import exits
from api.cli.commands.approvals import cards_view
from api.cli.output import SCHEMA
from api.cli.session import Session
from api.cli.view import View, view
from domain.canonical import plain
from domain.errors import BadInput, DependencyDown, StorageFailed

if TYPE_CHECKING:
    from agent.entities import Entity
    from agent.runtime.application import Application
    from agent.runtime.sweep import Triage
    from agent.triage.report import TriageReport

EVERY = 15
"""Minutes between two sweeps when nobody says otherwise."""
LONGEST = 1440


def triage(
    session: Session, *, once: bool, watch: bool, every: int | None, report: Path | None, fail_on: str | None
) -> int:
    """`triage --once` or `triage --watch`."""
    if fail_on not in (None, "approval"):
        raise BadInput(f"'{fail_on}' is nothing to fail on", field="--fail-on", fix="write --fail-on approval")
    if once == watch:
        raise BadInput(
            "triage needs to know how long", field="--once", fix="run `quartermaster triage --once`, or --watch"
        )
    if every is not None and not (watch and 1 <= every <= LONGEST):
        raise BadInput("--every is for --watch", field="--every", fix=f"give 1 to {LONGEST} minutes with --watch")
    if once and (places := _everywhere(session)):
        return max(triage(one, once=True, watch=False, every=None, report=report, fail_on=fail_on) for one in places)
    user = session.user(session.settings())
    with session.application() as application:
        if once:
            return _pass(session, application, user, report, fail_on)
        minutes = every or application.settings.triage_minutes or EVERY
        return _watch(session, application, user, report, minutes)


def _everywhere(session: Session) -> tuple[Session, ...]:
    """A session for each legal entity at which who acts may work, when there are several and none is named."""
    from api.identity import ByName, places_of

    told = session.told()
    if told.entities is None or told.entity:
        return ()
    with session.installation() as held:
        return tuple(replace(session, entity=one.id) for one in places_of(held, ByName(session.user(told))))


def worker(session: Session, *, every: int | None) -> int:
    """`worker`: runs and sagas go on, and every so many minutes a sweep, until SIGTERM or Ctrl-C. With several legal
    entities and none named, one such process for each."""
    if every is not None and not 0 <= every <= LONGEST:
        raise BadInput(f"{every} is no number of minutes", field="--every", fix=f"give 0 (never) to {LONGEST}")
    from agent.entities import entities

    whole = session.told()
    if whole.entities is not None and not whole.entity:
        return _workers(session, entities(whole), every)
    with session.application(anybody=True) as application, _until_told() as (stop, why):
        told = application.settings.triage_minutes
        minutes = every if every is not None else told if told is not None else EVERY
        sweeps = f"a sweep every {minutes} minutes" if minutes else "no sweeps"
        session.output.progress(f"Working ({sweeps}); Ctrl-C or SIGTERM stops it.")
        talker = threading.Thread(target=application.run_talker, args=(stop,), name="talker")
        talker.start()
        application.run_worker(stop, triage_minutes=minutes, alarm=session.output.progress)
        talker.join()
        session.output.progress("Stopped; what was under way goes on with the next worker.")
    return exits.INTERRUPTED if signal.SIGINT in why else exits.OK


def _workers(session: Session, known: tuple[Entity, ...], every: int | None) -> int:
    from api.http.worker import WorkerProcess

    processes = [WorkerProcess(one, every, session.home) for one in known]
    with _until_told() as (stop, why):
        for process in processes:
            process.start()
        session.output.progress(f"Working for {', '.join(one.id for one in known)}; Ctrl-C or SIGTERM stops it.")
        stop.wait()
        for process in processes:
            process.stop()
        session.output.progress("Stopped; what was under way goes on with the next worker.")
    return exits.INTERRUPTED if signal.SIGINT in why else exits.OK


def _pass(session: Session, application: Application, user: str, file: Path | None, fail_on: str | None) -> int:
    """One sweep and its report on stdout and in the file."""
    session.output.progress("Looking for events that wait and for exceptions ...")
    found = application.triage_once(user, session.output.progress)
    if found.busy:
        session.output.progress("Another worker is sweeping right now; nothing was looked at again.")
    made = application.triage_report(found, user)
    if file is not None:
        _write(made, file)
    session.output.show("triage", _views(application, found, made))
    if made.failed:
        return exits.FAILED
    return exits.WAITING if made.waiting_in_all and fail_on == "approval" else exits.OK


def _watch(session: Session, application: Application, user: str, file: Path | None, minutes: int) -> int:
    """A sweep every so many minutes. A system that is down is said, and looked at again with the next one."""
    with _until_told() as (stop, why):
        while not stop.is_set():
            try:
                _pass(session, application, user, file, None)
            except (DependencyDown, StorageFailed) as down:
                exits.explain(down, session.output.form)
            session.output.progress(f"The next sweep is in {minutes} minutes; Ctrl-C or SIGTERM stops it.")
            _until(stop, application, minutes)
    return exits.INTERRUPTED if signal.SIGINT in why else exits.OK


def _until(stop: threading.Event, application: Application, minutes: int) -> None:
    """Wait for the next sweep; what people decide meanwhile is carried out."""
    for _ in range(minutes * 60):
        if stop.wait(1.0):
            return
        application.settle(only_due=True)


@contextmanager
def _until_told() -> Iterator[tuple[threading.Event, list[int]]]:
    """An event that is set when this process is asked to stop, and by which signals."""
    stop, why = threading.Event(), list[int]()

    def told(number: int, _: FrameType | None) -> None:
        why.append(number)
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop, why
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write(made: TriageReport, file: Path) -> None:
    """The report in a file: JSON in the usual envelope for a name that ends in .json, else Markdown."""
    from agent.triage.markdown import in_markdown

    if file.suffix == ".json":
        body = {"schema": SCHEMA, "kind": "triage_report", "data": plain(made)}
        text = json.dumps(body, sort_keys=True, ensure_ascii=False, indent=1) + "\n"
    else:
        text = in_markdown(made)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageFailed(
            f"the report cannot be written to {file} ({error.strerror})",
            field="--report",
            fix="name a file in a folder that you may write to",
        ) from error


def _views(application: Application, found: Triage, made: TriageReport) -> list[View]:
    from agent.triage.markdown import headline

    opened = {sku: case for sku, case, _ in found.opened}
    shorts = view(
        "shortages",
        f"{len(found.short)} SKUs are short",
        "sku | units short | since | demand | in stock | inbound | case",
        [(s.sku, s.units, s.since, s.demand, s.stock, s.inbound, opened.get(s.sku, "known")) for s in found.short],
    )
    events = view(
        "events",
        f"{len(found.events)} events applied",
        "event | arrived | note | case",
        [(t.event, t.arrival.value, t.note, t.case) for t in found.events],
    )
    seen = view(
        "exceptions",
        f"{len(made.exceptions)} exceptions, most at stake per hour left first",
        "kind | what | case | group | how | at stake | until | per hour",
        [
            (
                e.kind,
                e.title,
                e.case,
                e.group,
                e.how,
                e.value_at_stake,
                f"{e.deadline:%Y-%m-%d %H:%M}Z" if e.deadline else None,
                e.urgency,
            )
            for e in made.exceptions
        ],
    )
    reports = [application.report(run) for run in found.runs]
    rows = [
        (r.run.case, m.move.id, m.move.title, m.move.value, m.verdict.outcome.value if m.verdict else "", m.state.value)
        for r in reports
        for m in r.moves
    ]
    moves = view("moves", f"{len(rows)} moves planned", "case | move | what | value | verdict | state", rows)
    healed = view(
        "healed",
        f"{len(made.healed)} cases healed and closed",
        "case | kind | what | withdrawn",
        [(gone.case, gone.kind, gone.title, gone.withdrawn) for gone in made.healed],
    )
    waiting = application.approvals()
    cards = cards_view(waiting, f"{len(waiting)} questions wait for a person")
    head = application.head()
    ledger = view("ledger", "Ledger", notes=[f"{head.count} entries, head {head.hash}"], data=head)
    report = view("report", "What came of it", notes=[headline(made)], data=made)
    return [events, shorts, seen, moves, healed, cards, report, ledger]
