"""Our app with its Slack door on a real port, beside a local Slack; a worker in a thread, as the web door has it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from agent.runtime.application import Application
from api.slack.door import PATH, slack_routes
from guardrails.cards import Card
from storage.records import ApprovalState
from tests.agent.house import opened, who
from tests.slack.local_slack import TOKEN, LocalSlack
from tests.slack.sender import SECRET, Sender
from tests.slack.workspace import Message


@dataclass
class House:
    """An open door: the application, its address in a sender, the Slack beside it."""

    application: Application
    sender: Sender
    slack: LocalSlack

    def person(self, user: str) -> str:
        """The Slack user of one of our people, joined when first named."""
        email = self.application.people.get(user).email
        found = next((p.id for p in self.slack.workspace.people.values() if p.email == email), None)
        return found or self.slack.workspace.person(user, email).id

    def decider(self, card: Card) -> str:
        """The Slack user of somebody who may decide a card."""
        return self.person(who(card))

    def card_of(self, approval: str) -> Message | None:
        """The card of an approval in Slack."""
        found = [m for m in self.slack.workspace.messages if payload(m, "quartermaster_card") == approval]
        assert len(found) <= 1, f"{approval} was posted {len(found)} times"
        return found[0] if found else None

    def posted(self, approval: str) -> Message:
        """The card of an approval once it is there."""
        found: Message = self.slack.wait_for(lambda: self.card_of(approval))
        return found

    def answer_to(self, message: Message) -> Message:
        """The finished answer in the thread of a message."""
        thread = message.thread_ts or message.ts

        def finished() -> Message | None:
            told = [m for m in self.slack.workspace.thread(message.channel, thread) if m.ts > message.ts]
            return next((m for m in told if payload(m, "quartermaster_answer")), None)

        found: Message = self.slack.wait_for(finished)
        return found

    def waiting(self) -> list[Card]:
        """Cards whose turn it is."""
        return [c for c in self.application.approvals() if c.state is ApprovalState.PENDING and not c.before]


def payload(message: Message, kind: str) -> Any:
    """What our app noted on a message."""
    metadata = message.metadata or {}
    return next(iter(metadata["event_payload"].values())) if metadata.get("event_type") == kind else None


@contextmanager
def door(home: Path, slack: LocalSlack, *, work: bool = True, pace: float = 0.05, **more: object) -> Iterator[House]:
    """The app on a folder with its Slack door open; without `work`, no worker carries anything out."""
    given: dict[str, Any] = {
        "slack_signing_secret": SECRET,
        "slack_bot_token": TOKEN,
        "slack_api_url": slack.url,
        "lease_seconds": 2,
        **more,
    }
    with opened(home, **given) as application, serving(application, pace) as url, working(application, work):
        yield House(application, Sender(url + PATH, slack.workspace), slack)


@contextmanager
def serving(application: Application, pace: float) -> Iterator[str]:
    """A real server of our app on a free port; its address."""
    app = FastAPI()
    app.include_router(slack_routes(application, application.settings, every=0.2, pace=pace))
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 15
    while not server.started:
        assert time.monotonic() < end and thread.is_alive(), "the app did not start"
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(15)


@contextmanager
def working(application: Application, work: bool) -> Iterator[None]:
    """A worker thread, while it lasts."""
    stop = threading.Event()
    worker = threading.Thread(target=application.run_worker, args=(stop, 0.1), daemon=True)
    if work:
        worker.start()
    try:
        yield
    finally:
        stop.set()
        application.wake()
        if work:
            worker.join(20)
