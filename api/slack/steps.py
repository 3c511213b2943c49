"""The steps of a run as Slack's task display: run events in, chunks out. Titles are ours; details are clean data."""

from __future__ import annotations

import json
from collections.abc import Iterable

from api.slack.words import Json, clean
from storage.records import RunEvent

TITLE = 120
DETAILS = 240
"""Characters; Slack takes 256."""
PLAN = "Working on it"
SYSTEMS, PLANNING, JUDGED, WRITTEN = "systems", "planning", "judged", "written"


def opening() -> list[Json]:
    """What a stream begins with."""
    return [{"type": "plan_update", "title": PLAN}, _task(SYSTEMS, "Reading the systems", "in_progress")]


def chunks(events: Iterable[RunEvent]) -> list[Json]:
    """What happened, as updates of tasks. Unknown kinds are not shown."""
    found: list[Json] = []
    for event in events:
        found += _steps(event)
    return found


def closing(failed: bool) -> list[Json]:
    """What a stream ends with."""
    title = "It did not work" if failed else "Done"
    return [
        _task(WRITTEN, "Answer written", "error" if failed else "complete"),
        {"type": "plan_update", "title": title},
    ]


def _steps(event: RunEvent) -> list[Json]:
    body = json.loads(event.body)
    if event.kind == "context":
        degraded = str(body.get("degraded") or "")
        late = f"A system did not answer; the last good snapshot stands in: {degraded}" if degraded else ""
        return [
            _task(SYSTEMS, "Read the systems", "complete", late),
            _task(PLANNING, "Planning", "in_progress"),
        ]
    if event.kind == "tool":
        name = str(body.get("tool", "tool")).replace("_", " ")
        return [_task(f"tool-{event.seq}", f"Looked up: {name}", "complete")]
    if event.kind == "fallback":
        return [_task(f"fallback-{event.seq}", "The rules planner stands in", "complete", str(body.get("reason", "")))]
    if event.kind == "plan":
        moves = int(body.get("moves") or 0)
        made = f"Planned {moves} move{'' if moves == 1 else 's'}" if moves else "Planned"
        return [_task(PLANNING, made, "complete")]
    if event.kind == "act":
        return [_task(f"act-{event.seq}", f"Move {body.get('move', '')}", "complete")]
    if event.kind == "failed":
        return [_task(PLANNING, "Planning", "error", str(body.get("reason", "")))]
    return []


def _task(key: str, title: str, status: str, details: str = "") -> Json:
    made: Json = {"type": "task_update", "id": key, "title": clean(title, TITLE), "status": status}
    return {**made, "details": clean(details, DETAILS)} if details.strip() else made
