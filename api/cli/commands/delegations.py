"""`delegations`, `away` and `back`: roles in other hands, and people out of office."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.cli import exits
from api.cli.session import Session, parse_now
from api.cli.view import View, view
from domain.errors import BadInput
from guardrails.powers import Delegation
from storage.delegations import Absence


def add(session: Session, *, to: str, role: str, since: str | None, until: str, reason: str) -> int:
    """`delegations add`."""
    user = session.user(session.settings())
    with session.application(create=False) as application:
        begin = parse_now(since, "--from") or application.now
        given = application.desk.delegate(user, to, role, begin, _moment(until), reason)
    return _shown(session, (given,), f"{given.taker} decides as {given.role} for {given.giver}")


def end(session: Session, *, delegation: str) -> int:
    """`delegations end`."""
    user = session.user(session.settings())
    with session.application(create=False) as application:
        given = application.desk.end_delegation(delegation, user)
    return _shown(session, (given,), f"{given.taker} no longer decides as {given.role} for {given.giver}")


def list_(session: Session, *, everything: bool) -> int:
    """`delegations list`: those good now or later; with `everything`, those that are over too. And who is away."""
    with session.application(create=False) as application:
        now = application.now
        given = application.desk.delegations()
        gone = application.desk.absences()
    if not everything:
        given = tuple(one for one in given if one.ended_at is None and now < one.until)
        gone = tuple(one for one in gone if one.ended_at is None and now < one.until)
    session.output.show("delegations", [_table(given, f"{len(given)} roles in other hands"), _absences(gone)])
    return exits.OK


def away(session: Session, *, until: str, since: str | None, reason: str) -> int:
    """`away`."""
    user = session.user(session.settings())
    with session.application(create=False) as application:
        told = application.desk.away(user, parse_now(since, "--from") or application.now, _moment(until), reason)
    session.output.show("absences", [_absences((told,))])
    return exits.OK


def back(session: Session) -> int:
    """`back`."""
    user = session.user(session.settings())
    with session.application(create=False) as application:
        ended = application.desk.back(user)
    session.output.show("absences", [view("absences", f"{user} is back", data={"user": user, "ended": ended})])
    return exits.OK


def _moment(text: str) -> datetime:
    moment = parse_now(text, "--until")
    if moment is None:
        raise BadInput("no time is named", field="--until", fix="write 2026-03-02 or 2026-03-02T12:00Z")
    return moment


def _shown(session: Session, given: Sequence[Delegation], title: str) -> int:
    session.output.show("delegations", [_table(given, title)])
    return exits.OK


def _table(given: Sequence[Delegation], title: str) -> View:
    rows = [
        (one.id, one.giver, one.taker, one.role, _at(one.since), _at(one.until), _at(one.ended_at), one.why)
        for one in given
    ]
    columns = "delegation | of | to | role | from | until | ended | why"
    return view("delegations", title, columns, rows, data=given)


def _absences(gone: Sequence[Absence]) -> View:
    rows = [(one.user, _at(one.since), _at(one.until), _at(one.ended_at), one.why) for one in gone]
    return view("absences", f"{len(gone)} times away", "who | from | until | back | why", rows, data=gone)


def _at(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}Z"
