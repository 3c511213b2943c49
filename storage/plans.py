"""Plans as they were made, one per case and revision, with the digest that a replay must reach."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ForeignKey, RowMapping, desc
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.canonical import canonical_json, digest
from domain.errors import IntegrityBroken, UnknownReference
from domain.plans import Plan
from storage.base import Base
from storage.records import PlanRecord
from storage.statements import add, in_chunks, many, one

TAG = "plan/1"


class PlanRow(Base):
    """A plan as canonical JSON."""

    __tablename__ = "plans"

    case: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    digest: Mapped[str]
    created_at: Mapped[datetime]
    body: Mapped[str]


def plan_digest(plan: Plan) -> str:
    """sha256 of the canonical plan: what a replay compares."""
    return digest(TAG, plan)


def keep(session: Session, run: str, plan: Plan, at: datetime) -> PlanRecord:
    """Record a plan of a run; a case has one plan per revision (Conflict otherwise)."""
    record = PlanRecord(case=plan.case, revision=plan.revision, run=run, digest=plan_digest(plan), created_at=at)
    values = {name: getattr(record, name) for name in PlanRecord.model_fields}
    add(session, PlanRow, {**values, "body": canonical_json(plan)})
    return record


def load(session: Session, case: str, revision: int) -> Plan:
    """The plan of a case and revision. IntegrityBroken when it is not what its digest says."""
    row = one(session, PlanRow, PlanRow.case == case, PlanRow.revision == revision)
    if row is None:
        raise UnknownReference(
            f"case '{case}' has no plan of revision {revision}", field="revision", fix="list the runs of the case"
        )
    return _plan(row)


def latest(session: Session, case: str) -> Plan | None:
    """The plan of the highest revision of a case, None when there is none."""
    rows = many(session, PlanRow, PlanRow.case == case, order=(desc(PlanRow.revision),), limit=1)
    return _plan(rows[0]) if rows else None


def of_run(session: Session, run: str) -> tuple[PlanRecord, ...]:
    """What a run planned, by revision."""
    return _records(many(session, PlanRow, PlanRow.run == run, order=(PlanRow.revision,)))


def of_case(session: Session, case: str) -> tuple[PlanRecord, ...]:
    """Every revision of a case."""
    return _records(many(session, PlanRow, PlanRow.case == case, order=(PlanRow.revision,)))


def of_runs(session: Session, runs: Collection[str]) -> Iterator[tuple[str, Plan]]:
    """Run and plan of each of these runs that made one. IntegrityBroken as `load`."""
    for some in in_chunks(runs):
        for row in many(session, PlanRow, PlanRow.run.in_(some), order=(PlanRow.run, PlanRow.revision)):
            yield row["run"], _plan(row)


def _records(rows: object) -> tuple[PlanRecord, ...]:
    return tuple(
        PlanRecord(**{name: row[name] for name in PlanRecord.model_fields})
        for row in rows  # type: ignore[attr-defined]
    )


def _plan(row: RowMapping) -> Plan:
    """The plan of a row. Its text is what is checked: a build that knows more fields reads it as it was kept."""
    try:
        kept = digest(TAG, json.loads(row["body"]))
        plan = Plan.model_validate_json(row["body"])
    except (TypeError, ValueError) as error:
        raise _changed(row) from error
    if kept != row["digest"]:
        raise _changed(row)
    return plan


def _changed(row: RowMapping) -> IntegrityBroken:
    return IntegrityBroken(
        f"the plan of case '{row['case']}', revision {row['revision']}, was changed after it was made",
        field="plan",
        fix="restore the database from a backup; this decision cannot be replayed",
    )
