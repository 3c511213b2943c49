"""Runs: ask the copilot, follow what it does as it does it, read its report. A run goes on whoever watches."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from agent.casework.outcome import Report
from agent.runtime.intake import LONGEST_QUESTION
from api.http.identity import App, Me, broadcaster_of, still_there
from api.http.paging import After, Limit, Page
from api.http.stream import as_sse, while_there
from domain.errors import BadInput, NotAllowed
from domain.noun import Id, Noun, Text
from storage.records import Conversation, Run, RunState

EVENT_STREAM = "text/event-stream"


class Ask(BaseModel):
    """A question or a wish, in words; as the next turn of a conversation when one is named."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_QUESTION)]
    conversation: Annotated[str, StringConstraints(max_length=200)] = ""


class Started(BaseModel):
    """A run was admitted; a worker takes it up at once. `events` is where to follow it."""

    run: str
    conversation: str
    events: str
    report: str


class RunRow(Noun):
    """One run in short. `question` is what was asked, empty for other kinds."""

    run: Id
    case: Id
    kind: Text
    state: RunState
    revision: int
    planner: Text
    fallback: Text
    actor: Id
    question: Text
    failure: Text
    created_at: datetime
    finished_at: datetime | None


class RunEventRow(BaseModel):
    """One thing a run did or said; `body` depends on `kind`."""

    run: str
    seq: int = Field(ge=1)
    at: datetime
    kind: str
    body: dict[str, Any]


class RunEvents(BaseModel):
    """Events after a place, in order. `over`: the run can say nothing more once these are read."""

    events: list[RunEventRow]
    state: RunState
    over: bool
    next: int


class Talk(BaseModel):
    """A conversation of mine and the runs of its turns, oldest first."""

    conversation: Conversation
    runs: tuple[str, ...]


def ask(response: Response, app: App, me: Me, body: Ask) -> Started:
    """Start a run that answers a question; returns at once."""
    said = app.say(body.question, me.id, body.conversation)
    app.wake()
    response.headers["Location"] = f"/api/runs/{said.run}"
    return Started(
        run=said.run,
        conversation=said.conversation,
        events=f"/api/runs/{said.run}/events",
        report=f"/api/runs/{said.run}/report",
    )


def list_runs(
    app: App,
    state: Annotated[list[RunState] | None, Query(description="Of these states; repeat for more.")] = None,
    case: Id | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[RunRow]:
    """Runs, the newest first."""
    found, total = app.browse.runs(state, case, after=after, limit=limit + 1)
    more = len(found) > limit
    shown = found[:limit]
    return Page(items=tuple(_row(run) for run in shown), total=total, next=shown[-1].id if more else None)


def read_run(app: App, run: Id) -> RunRow:
    """How one run stands."""
    return _row(app.run(run))


def read_report(app: App, run: Id) -> Report:
    """What came of a run, as things stand now: plan, moves with verdicts and effects, shortages, answer."""
    return app.report(run)


async def read_events(
    request: Request,
    app: App,
    run: Id,
    after: Annotated[int | None, Query(ge=0, le=2**53, description="Events after this number.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many (JSON only).")] = 200,
    accept: Annotated[str, Header()] = "*/*",
    last_event_id: Annotated[str | None, Header(description="Where a broken stream left off.")] = None,
) -> Any:
    """What a run did and said. With `Accept: text/event-stream` a stream that replays from `Last-Event-ID` (or
    `after`), follows the run live and ends with `event: end`; else one page as JSON, to be asked again."""
    seen_end = False
    place = after or 0
    if last_event_id:
        place, seen_end = place_of(last_event_id)
    events, state, over = await run_in_threadpool(app.browse.events, run, place, limit)
    if EVENT_STREAM not in accept:
        rows = [
            RunEventRow(run=event.run, seq=event.seq, at=event.at, kind=event.kind, body=json.loads(event.body))
            for event in events
        ]
        rest = over and len(events) < limit
        return RunEvents(events=rows, state=state, over=rest, next=rows[-1].seq if rows else place)
    if seen_end and over and not events:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    heard = while_there(broadcaster_of(request).watch(run, place), lambda: still_there(request))
    return StreamingResponse(as_sse(heard), media_type=EVENT_STREAM, headers=headers)


def place_of(last_event_id: str) -> tuple[int, bool]:
    """The number of the last event a reader has, and whether it saw the end. BadInput for what we never sent."""
    number, _, rest = last_event_id.partition(".")
    if not (number.isascii() and number.isdecimal()) or len(number) > 15 or rest not in ("", "end"):
        raise BadInput("this is no event id of ours", field="Last-Event-ID", fix="send the last `id` you received")
    return int(number), rest == "end"


def list_conversations(app: App, me: Me) -> tuple[Conversation, ...]:
    """My conversations, the one touched last first; at most fifty."""
    return app.conversations(me.id)


def read_conversation(app: App, me: Me, conversation: Annotated[str, StringConstraints(max_length=200)]) -> Talk:
    """One conversation of mine."""
    found, turns = app.conversation(conversation)
    if found.user != me.id:
        raise NotAllowed("this conversation is somebody else's", field="conversation", fix="list your own")
    return Talk(conversation=found, runs=turns)


def _row(run: Run) -> RunRow:
    return RunRow(
        run=run.id,
        case=run.case,
        kind=run.kind,
        state=run.state,
        revision=run.revision,
        planner=run.planner,
        fallback=run.fallback,
        actor=run.actor,
        question=run.request.question,
        failure=run.failure,
        created_at=run.created_at,
        finished_at=run.finished_at,
    )


def router() -> APIRouter:
    """The routes of this room."""
    stream = {EVENT_STREAM: {"schema": {"type": "string", "description": "Server-sent events; `data` is RunEventRow."}}}
    routes = APIRouter(prefix="/api", tags=["runs"])
    routes.add_api_route("/runs", ask, methods=["POST"], status_code=202)
    routes.add_api_route("/runs", list_runs, methods=["GET"])
    routes.add_api_route(
        "/runs/{run:path}/events",
        read_events,
        methods=["GET"],
        response_model=RunEvents,
        responses={200: {"content": stream}, 204: {"description": "You have seen the end; do not come back."}},
    )
    routes.add_api_route("/runs/{run:path}/report", read_report, methods=["GET"])
    routes.add_api_route("/runs/{run:path}", read_run, methods=["GET"])
    routes.add_api_route("/conversations", list_conversations, methods=["GET"])
    routes.add_api_route("/conversations/{conversation:path}", read_conversation, methods=["GET"])
    return routes
