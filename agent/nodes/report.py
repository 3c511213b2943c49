"""Report: what came of the run, at once, with what is parked; sagas that end later correct it by a run event."""

from __future__ import annotations

from agent.casework.outcome import gather
from agent.casework.services import Services
from storage import run_events, runs
from storage.records import RunState


def report(services: Services, run_id: str, failure: str) -> None:
    """Write the report of a run whose moves nobody has to decide about any more, and end the run."""
    now = services.now()
    state = RunState.FAILED if failure else RunState.DONE
    with services.database.write() as session:
        runs.advance(session, run_id, {RunState.RUNNING}, state, finished_at=now, failure=failure)
        written = gather(session, services.ledger, run_id)
        body = {"text": written.text, "head": written.head}
        run_events.append(session, run_id, now, "report", body)
