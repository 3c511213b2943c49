"""Runs: admitted as a row before anything else happens, so that no accepted work is ever lost."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, desc, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.canonical import canonical_json
from domain.errors import BadInput, UnknownReference
from domain.requests import Request
from storage.base import Base, table_of
from storage.counters import number_of
from storage.records import Run, RunState
from storage.statements import add, compare_and_set, many, one


class RunRow(Base):
    """One run; `number` is the figure of its id, the order in which runs were admitted."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(index=True)
    case: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    revision: Mapped[int]
    planner: Mapped[str]
    fallback: Mapped[str]
    facts: Mapped[str | None]
    policy: Mapped[str | None]
    request: Mapped[str]
    actor: Mapped[str]
    worker: Mapped[str]
    failure: Mapped[str]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


def admit(session: Session, run: Run) -> None:
    """Record a run that was accepted. Its id comes from `counters.next_id(session, "run")`."""
    values = {name: getattr(run, name) for name in Run.model_fields} | {"request": canonical_json(run.request)}
    add(session, RunRow, {**values, "number": number_of(run.id)})


def get(session: Session, run_id: str, *, lock: bool = False) -> Run:
    """The run with this id (UnknownReference otherwise); with `lock`, before changing it."""
    row = one(session, RunRow, RunRow.id == run_id, lock=lock)
    if row is None:
        raise UnknownReference(f"there is no run '{run_id}'", field="run", fix="list the runs to see their ids")
    return _run(row)


def advance(
    session: Session,
    run_id: str,
    from_states: Collection[RunState],
    to_state: RunState,
    *,
    finished_at: datetime | None = None,
    failure: str = "",
    worker: str | None = None,
) -> bool:
    """Compare and set the state of a run; False when it was in none of `from_states`."""
    values: dict[str, Any] = {"state": to_state, "finished_at": finished_at, "failure": failure}
    if worker is not None:
        values["worker"] = worker
    where = (RunRow.id == run_id, RunRow.state.in_(sorted(from_states)))
    return compare_and_set(session, RunRow, where, values) == 1


def record(
    session: Session,
    run_id: str,
    *,
    revision: int | None = None,
    planner: str | None = None,
    fallback: str | None = None,
    facts: str | None = None,
    policy: str | None = None,
    request: Request | None = None,
) -> None:
    """Note what a run has found out about itself; None leaves a field as it is."""
    given = {"revision": revision, "planner": planner, "fallback": fallback, "facts": facts, "policy": policy}
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if request is not None:
        values["request"] = canonical_json(request)
    if values and not compare_and_set(session, RunRow, (RunRow.id == run_id,), values):
        raise UnknownReference(f"there is no run '{run_id}'", field="run", fix="admit the run first")


def listed(
    session: Session,
    states: Collection[RunState] | None = None,
    *,
    case: str | None = None,
    limit: int | None = None,
    newest_first: bool = False,
) -> tuple[Run, ...]:
    """Runs in the order they were admitted, of these states, of this case."""
    where: list[ColumnElement[bool]] = []
    if states is not None:
        where.append(RunRow.state.in_(sorted(states)))
    if case is not None:
        where.append(RunRow.case == case)
    order = (desc(RunRow.number) if newest_first else RunRow.number,)
    return tuple(_run(row) for row in many(session, RunRow, *where, order=order, limit=limit))


def sharing(session: Session, facts: str, run: str) -> tuple[str, ...]:
    """Other runs that planned on the same snapshot."""
    rows = many(session, RunRow, RunRow.facts == facts, RunRow.id != run, order=(RunRow.number,))
    return tuple(str(row["id"]) for row in rows)


def newest(
    session: Session,
    states: Collection[RunState] | None = None,
    *,
    case: str | None = None,
    after: str | None = None,
    limit: int,
) -> tuple[tuple[Run, ...], int]:
    """At most `limit` runs of these states, of this case, the newest first, and how many there are in all.

    `after` is the last run of the page before: only older ones follow. BadInput when it is no run.
    """
    where: list[ColumnElement[bool]] = []
    if states is not None:
        where.append(RunRow.state.in_(sorted(states)))
    if case is not None:
        where.append(RunRow.case == case)
    total = session.execute(select(func.count()).select_from(table_of(RunRow)).where(*where)).scalar_one()
    if after is not None:
        before = one(session, RunRow, RunRow.id == after)
        if before is None:
            raise BadInput(f"no page ends at '{after}'", field="after", fix="give the `next` of the page before")
        where.append(RunRow.number < before["number"])
    rows = many(session, RunRow, *where, order=(desc(RunRow.number),), limit=limit)
    return tuple(_run(row) for row in rows), int(total)


def _run(row: RowMapping) -> Run:
    values = {name: row[name] for name in Run.model_fields}
    return Run(**{**values, "request": Request.model_validate_json(row["request"])})
