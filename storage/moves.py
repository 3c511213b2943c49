"""Moves and their states: proposed, judged, decided, executed. A state changes only by compare and set."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, ForeignKey, RowMapping, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from domain.canonical import canonical_json
from domain.errors import UnknownReference
from domain.plans import Move
from domain.verdicts import Verdict
from storage.base import Base, table_of
from storage.records import MoveRecord, MoveState
from storage.statements import add, compare_and_set, in_chunks, many, one


class MoveRow(Base):
    """A move as canonical JSON, with its place in its plan."""

    __tablename__ = "moves"

    id: Mapped[str] = mapped_column(primary_key=True)
    case: Mapped[str] = mapped_column(index=True)
    run: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    revision: Mapped[int]
    position: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str]
    verdict: Mapped[str | None]
    body: Mapped[str]


_ORDER = (MoveRow.case, MoveRow.revision, MoveRow.position, MoveRow.id)


def propose(session: Session, record: MoveRecord) -> None:
    """Record a move of a plan, in whatever state the guard put it."""
    values = {name: getattr(record, name) for name in ("case", "run", "revision", "position", "state", "reason")}
    verdict = None if record.verdict is None else canonical_json(record.verdict)
    add(session, MoveRow, {**values, "id": record.id, "verdict": verdict, "body": canonical_json(record.move)})


def get(session: Session, move: str, *, lock: bool = False) -> MoveRecord:
    """The move with this id (UnknownReference otherwise); with `lock`, before changing it."""
    row = one(session, MoveRow, MoveRow.id == move, lock=lock)
    if row is None:
        raise UnknownReference(f"there is no move '{move}'", field="move", fix="list the approvals to see the moves")
    return _record(row)


def advance(
    session: Session, move: str, from_states: Collection[MoveState], to_state: MoveState, reason: str = ""
) -> bool:
    """Compare and set the state of a move, with the reason; False when it was in none of `from_states` by now."""
    where = (MoveRow.id == move, MoveRow.state.in_(sorted(from_states)))
    return compare_and_set(session, MoveRow, where, {"state": to_state, "reason": reason}) == 1


def set_verdict(session: Session, move: str, verdict: Verdict) -> None:
    """Note what policy said last of a move."""
    compare_and_set(session, MoveRow, (MoveRow.id == move,), {"verdict": canonical_json(verdict)})


def edit(session: Session, move: Move, from_states: Collection[MoveState]) -> bool:
    """Replace what a move does by what a person made of it; False when it was in none of `from_states` by now."""
    where = (MoveRow.id == move.id, MoveRow.state.in_(sorted(from_states)))
    return compare_and_set(session, MoveRow, where, {"body": canonical_json(move)}) == 1


def listed(
    session: Session,
    states: Collection[MoveState] | None = None,
    *,
    case: str | None = None,
    run: str | None = None,
    revision: int | None = None,
) -> tuple[MoveRecord, ...]:
    """Moves by case, revision and position, of these states, of this case, run and revision."""
    where: list[ColumnElement[bool]] = []
    if states is not None:
        where.append(MoveRow.state.in_(sorted(states)))
    if case is not None:
        where.append(MoveRow.case == case)
    if run is not None:
        where.append(MoveRow.run == run)
    if revision is not None:
        where.append(MoveRow.revision == revision)
    return tuple(_record(row) for row in many(session, MoveRow, *where, order=_ORDER))


def homes(session: Session, moves: Collection[str]) -> dict[str, tuple[str, str]]:
    """The case and the run of each of these moves."""
    table = table_of(MoveRow)
    found: dict[str, tuple[str, str]] = {}
    for some in in_chunks(moves):
        for row in session.execute(select(table.c.id, table.c.case, table.c.run).where(table.c.id.in_(some))):
            found[row.id] = (row.case, row.run)
    return found


def standing(session: Session, runs: Collection[str]) -> dict[str, frozenset[MoveState]]:
    """The states in which the moves of each of these runs are; a run without moves is not in it."""
    table = table_of(MoveRow)
    found: dict[str, set[MoveState]] = {}
    for some in in_chunks(runs):
        for row in session.execute(select(table.c.run, table.c.state).distinct().where(table.c.run.in_(some))):
            found.setdefault(row.run, set()).add(MoveState(row.state))
    return {run: frozenset(states) for run, states in found.items()}


def naming(session: Session, key: str) -> tuple[MoveRecord, ...]:
    """Moves that name an entity anywhere in what they do, in the same order."""
    where = MoveRow.body.contains(canonical_json(key), autoescape=True)
    return tuple(_record(row) for row in many(session, MoveRow, where, order=_ORDER))


def _record(row: RowMapping) -> MoveRecord:
    verdict = row["verdict"]
    return MoveRecord(
        move=Move.model_validate_json(row["body"]),
        case=row["case"],
        run=row["run"],
        revision=row["revision"],
        position=row["position"],
        state=MoveState(row["state"]),
        reason=row["reason"],
        verdict=None if verdict is None else Verdict.model_validate_json(verdict),
    )
