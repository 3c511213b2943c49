"""The case board, a case, and a run: what is wrong, what is done about it, and what was recorded on the way."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from agent.runtime.browse import CaseFile
from api.http.identity import App
from api.http.panel.chat import steps_of, turn_of
from api.http.panel.pages import page
from domain.cases import CaseState, urgency
from domain.noun import Id, Noun, Text
from storage.records import RunState

STATES = (CaseState.OPEN, CaseState.WAITING, CaseState.ESCALATED, CaseState.DONE, CaseState.CLOSED)
GOING = frozenset({CaseState.OPEN, CaseState.WAITING, CaseState.ESCALATED})
PLANNING = (RunState.ADMITTED, RunState.RUNNING)


class Happened(Noun):
    """One line of a case's timeline."""

    at: datetime
    who: Text
    what: Text
    mood: Text = ""
    href: Text = ""


def cases(request: Request, app: App, state: str = "going", kind: str = "") -> HTMLResponse:
    """Cases, the most urgent first: value at stake per hour left. A question is one when it asked for something."""
    waits = Counter(card.case for card in app.approvals())
    known = [case for case in app.browse.cases() if case.kind != "question" or waits[case.id]]
    count = Counter(case.state.value for case in known)
    kinds = sorted({case.kind for case in known})
    wanted = GOING if state == "going" else {item for item in STATES if item.value == state} or frozenset(STATES)
    shown = [case for case in known if case.state in wanted and (not kind or case.kind == kind)]
    now = app.now
    shown.sort(key=lambda case: (-urgency(case, now), -case.opened_at.timestamp(), case.id))
    filters = [("going", "Going on", sum(count[item.value] for item in GOING))]
    filters += [(item.value, item.value.capitalize(), count[item.value]) for item in STATES if count[item.value]]
    return page(
        request,
        "cases.html",
        "cases",
        shown=tuple(shown),
        state=state,
        kind=kind,
        kinds=kinds,
        filters=tuple(filters),
        waits=waits,
        urgency={case.id: urgency(case, now) for case in shown},
        currency=app.browse.facts().base_currency,
    )


def show_case(request: Request, app: App, case: str) -> HTMLResponse:
    """One case: its runs and revisions, its moves, what the plan leaves alone, its history; a run as it goes on."""
    file = app.browse.case(case)
    plans = app.browse.plans(case)
    latest = plans[-1] if plans else None
    newest = max((record.revision for record in file.moves), default=0)
    return page(
        request,
        "case.html",
        "cases",
        case=file.case,
        file=file,
        plans=tuple(reversed(plans)),
        latest=latest,
        turn=turn_of(app, file.runs[-1].id) if file.runs and file.runs[-1].state in PLANNING else None,
        facts=app.facts(file.runs[-1].id) if file.runs else None,
        moves=tuple(record for record in file.moves if record.revision == newest),
        earlier=tuple(record for record in file.moves if record.revision != newest),
        questions={one.move: tuple(o for o in file.approvals if o.move == one.move) for one in file.approvals},
        timeline=timeline(file, {person.id: person.name for person in app.people.all()}),
    )


def timeline(file: CaseFile, names: dict[str, str]) -> tuple[Happened, ...]:
    """What happened in a case, the newest first: opened, planned, asked, decided, closed."""
    case = file.case
    found = [Happened(at=case.opened_at, who=names.get(case.raised_by, case.raised_by), what="raised this")]
    if case.closed_at:
        found.append(Happened(at=case.closed_at, who="Quartermaster", what="closed this case", mood="good"))
    for run in file.runs:
        what = f"began run {run.id}, revision {run.revision}"
        found.append(
            Happened(at=run.created_at, who=names.get(run.actor, run.actor), what=what, href=f"/runs/{run.id}")
        )
        if run.finished_at:
            failed = run.state is RunState.FAILED
            what = f"{run.id} failed: {run.failure}" if failed else f"{run.id} ended"
            found.append(Happened(at=run.finished_at, who="Quartermaster", what=what, mood="bad" if failed else "good"))
    for one in file.approvals:
        where = f"/approvals/{one.id}"
        what = f"asked {one.role.replace('_', ' ')} about {one.move} ({one.id})"
        found.append(Happened(at=one.created_at, who="Quartermaster", what=what, mood="wait", href=where))
        if one.decided_at and one.decided_by:
            why = f": {one.reason}" if one.reason else ""
            found.append(
                Happened(
                    at=one.decided_at,
                    who=names.get(one.decided_by, one.decided_by),
                    what=f"{one.state.value} {one.id} on {one.move}{why}"[:4000],
                    mood="good" if one.state.value == "approved" else "bad",
                    href=where,
                )
            )
    return tuple(sorted(found, key=lambda item: item.at, reverse=True))


def show_run(request: Request, app: App, run: Id) -> HTMLResponse:
    """One run: its report, plan, moves with verdicts, and every step. A run that is not over goes on by itself."""
    report = app.report(run)
    events = app.events(run)
    difference = json.loads(report.difference.body) if report.difference else None
    return page(
        request,
        "run.html",
        "cases",
        run=report.run,
        report=report,
        plan=report.plan,
        facts=app.facts(run),
        steps=steps_of(events),
        seen=events[-1].seq if events else 0,
        live=not app.browse.events(run, 0, 1)[2],
        difference=difference,
        questions={item.move.id: item.approvals for item in report.moves if item.approvals},
    )


def show_replay(request: Request, app: App, run: Id) -> HTMLResponse:
    """Plan a run again from what was recorded, and say whether it came out the same, byte for byte."""
    return page(request, "replay.html", "cases", run=app.run(run), replay=app.replay(run))


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("/cases", cases, methods=["GET"])
    routes.add_api_route("/cases/{case}", show_case, methods=["GET"])
    routes.add_api_route("/runs/{run}", show_run, methods=["GET"])
    routes.add_api_route("/runs/{run}/replay", show_replay, methods=["GET"])
    return routes
