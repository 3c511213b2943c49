"""Small nouns for storage tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import TypeVar

from domain.actions import Reserve
from domain.cases import Case
from domain.events import Event, SupplierDelay
from domain.facts import Claim, Facts
from domain.plans import Move, Plan
from domain.requests import Request
from storage import cases, moves, runs
from storage.database import Database, Session
from storage.records import Approval, MoveRecord, Run

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
T = TypeVar("T")


def event(id_: str = "E-1", *, sequence: int | None = None, eta: int = 9, inbound: str = "PO-1") -> Event:
    data = SupplierDelay(inbound=inbound, new_eta=date(2026, 1, eta))
    return Event(id=id_, source="edi", at=NOW, sequence=sequence, data=data)


def case(id_: str = "C-1") -> Case:
    return Case(id=id_, kind="supplier_delay", title="late", raised_by="intake", opened_at=NOW)


def request(case_id: str = "C-1") -> Request:
    return Request(case=case_id, case_kind="supplier_delay", revision=1, kind="event", now=NOW, by="intake")


def run(id_: str = "R-1") -> Run:
    return Run(id=id_, case="C-1", kind="event", request=request(), actor="intake", created_at=NOW)


def move(id_: str = "C-1/r1/m1", quantity: int = 10) -> Move:
    action = Reserve(id="a1", line="SO-1/1", sku="SKU-1", site="EAST", quantity=quantity)
    return Move(id=id_, title="serve", reason="short", kind="reserve", actions=(action,))


def plan(revision: int = 1) -> Plan:
    return Plan(
        case="C-1",
        revision=revision,
        planner="rules",
        engine="1",
        policy="P-1",
        facts="S-1",
        summary="x",
        moves=(move(),),
    )


def approval(id_: str = "A-1", *, move_id: str = "C-1/r1/m1", shown: str = "d1", role: str = "lead") -> Approval:
    return Approval(
        id=id_,
        move=move_id,
        case="C-1",
        run="R-1",
        position=0,
        role=role,
        shown=shown,
        policy="P-1",
        facts="S-1",
        asked_by="intake",
        created_at=NOW,
        expires_at=NOW + HOUR,
    )


def claim(move_id: str, quantity: int, *, inbound: str | None = None, case_id: str = "C-1") -> Claim:
    return Claim(
        move=move_id,
        case=case_id,
        sku="SKU-1",
        site="EAST",
        inbound=inbound,
        quantity=quantity,
        expires_at=NOW + HOUR,
    )


def facts() -> Facts:
    return Facts(taken_at=NOW)


def with_moves(session: Session, *ids: str) -> None:
    """A case, its run, and these moves."""
    cases.open_case(session, case())
    runs.admit(session, run())
    for position, id_ in enumerate(ids or ("C-1/r1/m1",)):
        record = MoveRecord(move=move(id_), case="C-1", run="R-1", revision=1, position=position)
        moves.propose(session, record)


def race(db: Database, jobs: Sequence[Callable[[Session], T]]) -> list[T]:
    """Every job in a thread and write transaction of its own, all let go at once; what each gave."""
    gate = Barrier(len(jobs))

    def go(job: Callable[[Session], T]) -> T:
        gate.wait(timeout=30)
        with db.write() as session:
            return job(session)

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(go, job) for job in jobs]]
