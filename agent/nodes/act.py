"""Act: one task per move. Nothing but pure code stands before `interrupt()`, because a resumed node begins anew."""

from __future__ import annotations

from langgraph.types import interrupt
from typing_extensions import TypedDict

from agent.casework.services import Services
from storage import moves, run_events, sagas
from storage.records import MoveState

ACT_VERSION = 1
"""Of the task's shape. A thread that waits is resumed by newer code: fields are added with a default, never renamed."""


class Task(TypedDict):
    """One move to see to. `waits`: people decide it, on `approvals`, bound to the digest `shown`."""

    version: int
    run: str
    move: str
    waits: bool
    approvals: list[str]
    shown: str


def act(services: Services, task: Task) -> str:
    """The move, once nobody has to decide about it any more; an approved one is admitted as a saga row.

    What the resume says is not looked at: our tables say what was decided.
    """
    if task["waits"]:
        interrupt(
            {"version": task["version"], "move": task["move"], "approvals": task["approvals"], "shown": task["shown"]}
        )
    with services.database.write() as session:
        if moves.advance(session, task["move"], {MoveState.APPROVED}, MoveState.READY):
            sagas.start(session, task["move"], services.now())
        body = {"move": task["move"], "state": moves.get(session, task["move"]).state}
        run_events.append(session, task["run"], services.now(), "act", body)
    return task["move"]
