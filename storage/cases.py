"""Cases: opened, joined by later events, and closed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.canonical import canonical_json
from domain.cases import Case, CaseState
from domain.errors import UnknownReference
from storage.base import Base
from storage.counters import number_of
from storage.statements import add, compare_and_set, many, one


class CaseRow(Base):
    """A case as canonical JSON, with the columns it is found by; `number` is the figure of its id."""

    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(index=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    opened_at: Mapped[datetime]
    body: Mapped[str]


def open_case(session: Session, case: Case) -> None:
    """Record a new case. Its id comes from `counters.next_id(session, "case")`."""
    add(session, CaseRow, {"id": case.id, "number": number_of(case.id), **_columns(case)})


def get(session: Session, case_id: str, *, lock: bool = False) -> Case:
    """The case with this id (UnknownReference otherwise); with `lock`, before changing it."""
    row = one(session, CaseRow, CaseRow.id == case_id, lock=lock)
    if row is None:
        raise UnknownReference(f"there is no case '{case_id}'", field="case", fix="list the runs: each names its case")
    return Case.model_validate_json(row["body"])


def save(session: Session, case: Case) -> None:
    """Replace a case by its changed self; get it with `lock` first, so that no change of another is lost."""
    if not compare_and_set(session, CaseRow, (CaseRow.id == case.id,), _columns(case)):
        raise UnknownReference(f"there is no case '{case.id}'", field="case", fix="open the case first")


def advance(
    session: Session,
    case_id: str,
    from_states: Collection[CaseState],
    to_state: CaseState,
    closed_at: datetime | None = None,
) -> bool:
    """Compare and set the state of a case; False when it was in none of `from_states`."""
    case = get(session, case_id, lock=True)
    if case.state not in from_states:
        return False
    save(session, case.model_copy(update={"state": to_state, "closed_at": closed_at}))
    return True


def listed(
    session: Session, states: Collection[CaseState] | None = None, *, kind: str | None = None, without: str = ""
) -> tuple[Case, ...]:
    """Cases in the order they were opened, of these states, of this kind, without those of another kind."""
    where: list[ColumnElement[bool]] = []
    if states is not None:
        where.append(CaseRow.state.in_(sorted(states)))
    if kind is not None:
        where.append(CaseRow.kind == kind)
    if without:
        where.append(CaseRow.kind != without)
    rows = many(session, CaseRow, *where, order=(CaseRow.number, CaseRow.id))
    return tuple(Case.model_validate_json(row["body"]) for row in rows)


def _columns(case: Case) -> dict[str, object]:
    return {"kind": case.kind, "state": case.state, "opened_at": case.opened_at, "body": canonical_json(case)}
