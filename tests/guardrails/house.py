"""A whole house for the tests of the gate: our database, the embedded distributor, people, ledger, approvals, gate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from connectors import snapshot
from connectors.embedded.connector import EmbeddedDistributor
from connectors.embedded.effects import EFFECT_CLASSES
from connectors.embedded.load import create
from domain.cases import Case
from domain.facts import Facts
from domain.plans import Move
from domain.requests import Request
from domain.verdicts import Outcome, Verdict
from guardrails.approvals import Approvals
from guardrails.chain import EntryKind
from guardrails.gate import Gate
from guardrails.judge import judge
from guardrails.ledger import Ledger
from guardrails.people import People, User, personas
from guardrails.policy import Policy, default_policy
from guardrails.subject import describe
from storage import approvals, cases, effects, moves, runs, snapshots
from storage.database import Database
from storage.records import Approval, EffectRecord, MoveRecord, MoveState, Run
from tests.databases import migrated_url
from tests.guardrails import world

EXTRA = (User(id="xena", name="Xena Everything", email="x@example.com", roles=("planner", "lead", "finance")),)


class House:
    """Everything the guard needs, on real parts, with a clock that stands still until it is moved."""

    def __init__(
        self,
        folder: Path,
        url: str,
        facts: Facts,
        policy: Policy,
        case: Case,
        asked_by: str,
        people: People | None = None,
    ) -> None:
        self.time = world.NOW
        self.policy = policy
        _copied(folder, facts)
        self.points: list[str] = []
        self.at_point = self.points.append
        self.outside = EmbeddedDistributor(f"sqlite:///{folder / 'world.db'}", at_point=lambda p: self.at_point(p))
        self.database = Database(url)
        self.ledger = Ledger(self.database, self.now)
        self.people = people or People((*personas().all(), *EXTRA))
        self.approvals = Approvals(self.database, self.ledger, lambda: self.policy, self.people, self.now)
        self.writes = self.outside.writes(self.now)
        self.gate = self.make_gate()
        self.asked_by = asked_by
        self.case = case
        with self.database.write() as session:
            cases.open_case(session, case)
        self.run = self.open_run("R-1")

    def make_gate(self, **changes: object) -> Gate:
        given: dict = {
            "database": self.database,
            "ledger": self.ledger,
            "writes": self.writes,
            "take_facts": self.facts,
            "policy": lambda: self.policy,
            "people": self.people,
            "now": self.now,
            "tenant": "acme",
            "effect_classes": EFFECT_CLASSES,
        }
        return Gate(**{**given, **changes})

    def now(self) -> datetime:
        return self.time

    def later(self, **delta: float) -> None:
        self.time += timedelta(**delta)

    def facts(self, skus=None) -> Facts:
        return snapshot.take(self.outside.reads, self.time, skus or None)

    def open_run(self, key: str, case: Case | None = None) -> str:
        case = case or self.case
        request = Request(case=case.id, case_kind=case.kind, revision=1, kind="event", now=self.time, by=self.asked_by)
        run = Run(id=key, case=case.id, kind="event", request=request, actor=self.asked_by, created_at=self.time)
        with self.database.write() as session:
            runs.admit(session, run)
        return key

    def another_case(self, key: str) -> tuple[Case, str]:
        case = self.case.model_copy(update={"id": key})
        with self.database.write() as session:
            cases.open_case(session, case)
        return case, self.open_run(f"R-{key.split('-')[1]}", case)

    def propose(self, move: Move, *, case: Case | None = None, run: str | None = None) -> Verdict:
        """What the guard node does with one move."""
        facts = self.facts(world.SCOPE.skus)
        case = case or self.case
        verdict = judge(describe(move, facts, case), self.policy)
        record = MoveRecord(
            move=move, case=case.id, run=run or self.run, revision=1, position=len(self.moves()), verdict=verdict
        )
        states = {Outcome.ALLOW: MoveState.APPROVED, Outcome.DENY: MoveState.DENIED}
        with self.database.write() as session:
            snapshots.put(session, facts)
            moves.propose(session, record)
            state = states.get(verdict.outcome, MoveState.WAITING)
            reason = ""
            if state is MoveState.WAITING:
                question = self.approvals.ask(session, record, verdict, facts, asked_by=self.asked_by)
                if question.short:
                    state, reason = MoveState.CANCELLED, question.short
            moves.advance(session, move.id, {MoveState.PROPOSED}, state, reason)
        return verdict

    def asked(self, move: str = "C1/r1/m1") -> tuple[Approval, ...]:
        with self.database.read() as session:
            return approvals.listed(session, move=move)

    def moves(self) -> tuple[MoveRecord, ...]:
        with self.database.read() as session:
            return moves.listed(session)

    def state(self, move: str = "C1/r1/m1") -> MoveState:
        with self.database.read() as session:
            return moves.get(session, move).state

    def effects(self, move: str = "C1/r1/m1") -> tuple[EffectRecord, ...]:
        with self.database.read() as session:
            return effects.listed(session, move=move)

    def entries(self, *kinds: EntryKind) -> list[dict]:
        with self.database.read() as session:
            return [body or {} for _, body in self.ledger.entries(session, kinds or None)]

    def kinds(self) -> list[str]:
        with self.database.read() as session:
            return [entry.kind for entry, _ in self.ledger.entries(session)]

    def carry_out(self, move: Move) -> None:
        """Admit and execute every action, then close the books."""
        self.gate.admit(move.id)
        for action in move.actions:
            self.gate.execute(move.id, action.id)
        self.gate.finish(move.id, MoveState.EXECUTED)

    def held(self, line: str) -> int:
        return sum(item.quantity for item in self.facts().reservations if item.line == line)

    def close(self) -> None:
        self.outside.close()
        self.database.close()


_WORLDS: dict[str, bytes] = {}
"""Worlds made once in this process, by snapshot id, to be copied."""


def _copied(folder: Path, facts: Facts) -> None:
    """Lay the world into the folder."""
    place = folder / "world.db"
    if facts.id not in _WORLDS:
        create(f"sqlite:///{place}", facts)
        _WORLDS[facts.id] = place.read_bytes()
    place.write_bytes(_WORLDS[facts.id])


@contextmanager
def house(
    folder: Path,
    facts: Facts | None = None,
    *,
    policy: Policy | None = None,
    asked_by: str = "intake",
    raised_by: str = "intake",
    backend: str = "sqlite",
    people: People | None = None,
) -> Iterator[House]:
    case = world.case(raised_by=raised_by).model_copy(update={"id": "C-1"})
    url = migrated_url(backend, folder)
    built = House(folder, url, facts or world.facts(), policy or default_policy(), case, asked_by, people)
    try:
        yield built
    finally:
        built.close()
