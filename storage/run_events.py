"""Run events: what a run did and said, in order, for those who watch it. Screens only subscribe to this."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.canonical import canonical_json
from storage.base import Base
from storage.counters import next_number
from storage.records import RunEvent
from storage.statements import add, compare_and_set, in_chunks, many


class RunEventRow(Base):
    """One event of a run."""

    __tablename__ = "run_events"

    run: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    body: Mapped[str]


def append(session: Session, run: str, at: datetime, kind: str, body: Mapping[str, Any]) -> RunEvent:
    """Add an event at the end of a run; `seq` is counted per run from 1, without gaps, whoever writes at once."""
    event = RunEvent(
        run=run, seq=next_number(session, f"run_events/{run}"), at=at, kind=kind, body=canonical_json(body)
    )
    add(session, RunEventRow, {name: getattr(event, name) for name in RunEvent.model_fields})
    return event


def since(session: Session, run: str, seq: int = 0, limit: int | None = None) -> tuple[RunEvent, ...]:
    """The events of a run after `seq`, in order."""
    rows = many(
        session, RunEventRow, RunEventRow.run == run, RunEventRow.seq > seq, order=(RunEventRow.seq,), limit=limit
    )
    return tuple(RunEvent(**row) for row in rows)


def redact(session: Session, run: str, kinds: Collection[str], by: int) -> int:
    """Take away what events of these kinds say; `by` is the entry of the ledger that was redacted. How many did."""
    values = {"kind": "redacted", "body": canonical_json({"entry": by})}
    return compare_and_set(session, RunEventRow, (RunEventRow.run == run, RunEventRow.kind.in_(kinds)), values)


def of_kind(session: Session, kind: str, runs: Collection[str]) -> tuple[RunEvent, ...]:
    """The events of one kind of these runs, by run and in order."""
    return tuple(
        RunEvent(**row)
        for some in in_chunks(runs)
        for row in many(
            session,
            RunEventRow,
            RunEventRow.kind == kind,
            RunEventRow.run.in_(some),
            order=(RunEventRow.run, RunEventRow.seq),
        )
    )
