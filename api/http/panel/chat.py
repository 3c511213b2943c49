"""Chat: conversations, a question as a new turn, and the run's events as pieces of the page while they happen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool

from agent.casework.outcome import Report
from agent.runtime.application import Application
from api.http.identity import App, Me, broadcaster_of, still_there
from api.http.panel.door import Fields, text_of
from api.http.panel.pages import EMBED, fragment, page, render, see_other, wants_fragment
from api.http.panel.steps import Step, step
from api.http.panel.words import href
from api.http.stream import Ended, Heard, Silence, while_there
from domain.errors import BadInput, NotAllowed
from domain.facts import Facts
from domain.noun import Id, Noun, Text
from storage.records import Run, RunEvent, RunState

TELLING = frozenset({"follow", "guard", "act", "move", "report", "failed"})
"""Kinds of events after which the answer reads differently."""


class Turn(Noun):
    """One turn as it is shown: `seen` is the last event in `steps`; a `live` one is still being answered.

    `follow` is the run that an accepted offer started.
    """

    run: Run
    conversation: Text
    steps: tuple[Step, ...]
    seen: int
    live: bool
    report: Report
    facts: Facts | None
    follow: Turn | None = None


def turn_of(app: Application, run_id: Id, conversation: str = "") -> Turn:
    """A turn as things stand."""
    events = app.events(run_id)
    report = app.report(run_id)
    return Turn.model_construct(
        run=report.run,
        conversation=conversation,
        steps=steps_of(events),
        seen=events[-1].seq if events else 0,
        live=report.run.state in (RunState.ADMITTED, RunState.RUNNING),
        report=report,
        facts=app.facts(run_id),
        follow=turn_of(app, follow) if (follow := started_by(events)) and follow != run_id else None,
    )


def started_by(events: tuple[RunEvent, ...]) -> str | None:
    """The run that a question started because an offer was accepted."""
    told = [json.loads(event.body).get("run") for event in events if event.kind == "follow"]
    return str(told[-1]) if told and told[-1] else None


def steps_of(events: tuple[RunEvent, ...]) -> tuple[Step, ...]:
    """The steps of events, without those a screen shows otherwise."""
    return tuple(told for told in map(step, events) if told is not None)


def show_start(request: Request, app: App, me: Me) -> HTMLResponse:
    """A conversation that has not begun."""
    return page(
        request,
        "chat.html",
        "chat",
        title="What do you want to know?",
        turns=(),
        conversation="",
        past=app.conversations(me.id),
        starters=starters(app),
    )


def show_conversation(request: Request, app: App, me: Me, conversation: str) -> HTMLResponse:
    """A conversation with its turns; what is still being answered goes on by itself."""
    known, runs = app.conversation(conversation)
    if known.user != me.id:
        raise NotAllowed("this conversation is somebody else's", field="conversation", fix="open one of your own")
    return page(
        request,
        "chat.html",
        "chat",
        title=known.title,
        turns=tuple(turn_of(app, run, conversation) for run in runs),
        conversation=conversation,
        past=app.conversations(me.id),
        starters=(),
    )


def ask(request: Request, app: App, me: Me, form: Fields) -> Response:
    """Admit a question as the next turn; the worker answers, and this browser only watches."""
    text, conversation = text_of(form, "text").strip(), text_of(form, "conversation")
    if not text:
        raise BadInput("the question is empty", field="text", fix="ask in words")
    said = app.say(text, me.id, conversation)
    app.wake()
    where = href("conversation", said.conversation)
    if not wants_fragment(request):
        return see_other(where)
    embedded = EMBED in request.headers.get("hx-current-url", "")
    turn = turn_of(app, said.run, said.conversation)
    headers = {} if embedded else {"HX-Push-Url": where}
    return fragment("parts/said.html", headers=headers, turn=turn, conversation=said.conversation)


async def stream(
    request: Request,
    app: App,
    run: str,
    after: int = 0,
    last_event_id: Annotated[str, Header(max_length=40)] = "",
) -> StreamingResponse:
    """The events of a run as pieces of a page, from `after` or the last id this browser saw, to the run's end."""
    await run_in_threadpool(app.run, run)
    told = last_event_id.partition(".")[0]
    place = int(told) if told.isascii() and told.isdecimal() else max(0, after)
    heard = while_there(broadcaster_of(request).watch(run, place), lambda: still_there(request))
    return StreamingResponse(
        as_fragments(app, run, heard),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def as_fragments(app: Application, run: str, heard: AsyncIterator[Heard]) -> AsyncIterator[bytes]:
    """What is heard as server-sent events that htmx swaps in: a step each, the answer whenever it reads differently."""
    yield b"retry: 1000\n\n"
    async for item in heard:
        if isinstance(item, Silence):
            yield b": alive\n\n"
        elif isinstance(item, Ended):
            yield format_sse_event(data_str=await run_in_threadpool(finished, app, run))
            yield format_sse_event(event="end", id=f"{item.last}.end", data_str=item.state.value)
        else:
            told = step(item)
            text = render("parts/step.html", step=told) if told is not None else ""
            if item.kind in TELLING:
                text += await run_in_threadpool(finished, app, run)
            yield format_sse_event(id=str(item.seq), data_str=text)


def finished(app: Application, run: str) -> str:
    """The answer of a run as it reads now, for its place in the page."""
    return render("parts/finished.html", turn=turn_of(app, run, app.browse.conversation_of(run)))


def starters(app: Application) -> tuple[str, ...]:
    """Questions one could begin with, about what is going on now."""
    cards = app.approvals()
    if not cards:
        skus = app.browse.facts().skus
        return (f"Who holds the stock of {skus[0].id}?", "What waits for me?") if skus else ("What waits for me?",)
    card = cards[0]
    asked = [f"Who gets the last 100 of {effect.sku}?" for effect in card.gains[:1]]
    asked += [f"Why does {effect.order} lose?" for effect in card.loses[:1]]
    asked += [f"What would it take to ship {effect.order}?" for effect in card.loses[:1]]
    return (*asked, "What waits for me?")


def router() -> APIRouter:
    """The routes of this room."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    routes.add_api_route("/chat", show_start, methods=["GET"])
    routes.add_api_route("/chat", ask, methods=["POST"])
    routes.add_api_route("/chat/{conversation:path}", show_conversation, methods=["GET"])
    routes.add_api_route("/runs/{run}/stream", stream, methods=["GET"])
    return routes
