"""What doors may look up: facts as the systems tell them now, and what stands in our own tables. It changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from agent.casework.outcome import ENDED
from domain.cases import Case, CaseState, Scope
from domain.errors import UnknownReference
from domain.facts import Facts
from domain.noun import Id, Noun, Text
from domain.plans import Plan
from domain.requests import Request
from guardrails.chain import Entry, EntryKind
from guardrails.ledger import Ledger
from guardrails.people import User
from storage import approvals, cases, conversations, ledger_rows, moves, plans, run_events, runs
from storage.database import Database, Session
from storage.records import Approval, ApprovalState, MoveRecord, Run, RunEvent, RunState
from tools.context import ToolContext

QUESTION = "question"
"""The kind of the cases that questions open; there is one for every question."""
FRESH_FOR = timedelta(seconds=2)
"""How long a snapshot answers look-ups while nothing of ours was written."""


class Seen(Noun):
    """What a watched run said after a place, and whether it can say anything more."""

    events: tuple[RunEvent, ...]
    state: RunState
    over: bool


class LedgerEntry(Noun):
    """One entry of the ledger with what it says; None when that was redacted."""

    entry: Entry
    says: dict[str, Any] | None


class CaseFile(Noun):
    """A case with its runs, its moves and what was asked about them, in order."""

    case: Case
    runs: tuple[Run, ...]
    moves: tuple[MoveRecord, ...]
    approvals: tuple[Approval, ...]


class Segment(Noun):
    """Customers of one segment and tier: how many, what they have open and uncovered (units; base currency)."""

    segment: Id
    tier: Id
    customers: int
    contracts: int
    on_hold: int
    open_units: int
    uncovered_units: int
    open_value: Decimal
    names: tuple[Text, ...]


class Browse:
    """Look-ups for the doors. Facts are shared between look-ups for a moment; every write of ours ends that."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        fresh: Callable[[Collection[str]], Facts],
        wall: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._fresh = fresh
        self._wall = wall
        self._lock = threading.Lock()
        self._kept: tuple[int, datetime, Facts] | None = None

    def facts(self) -> Facts:
        """What every system says, at most two seconds old. DependencyDown when one is silent."""
        with self._database.read() as session:
            count = self._ledger.head(session).count
        with self._lock:
            now = self._wall()
            if self._kept is None or self._kept[0] != count or now - self._kept[1] > FRESH_FOR:
                self._kept = (count, now, self._fresh(()))
            return self._kept[2]

    def context(self, by: str = "door", case: str = "") -> ToolContext:
        """The facts as a read tool is given them, for somebody who looks something up outside of a case."""
        facts = self.facts()
        request = Request(
            case=case or "none",
            case_kind="look-up",
            revision=1,
            kind="question",
            now=facts.taken_at,
            by=by,
            scope=Scope(),
        )
        return ToolContext(facts=facts, request=request)

    def watch(self, after: Mapping[str, int]) -> dict[str, Seen]:
        """For each of these runs what it said after a place, in one view of the database; unknown runs are left out."""
        found: dict[str, Seen] = {}
        with self._database.read() as session:
            for run, seq in after.items():
                try:
                    state = runs.get(session, run).state
                except UnknownReference:
                    continue
                events = run_events.since(session, run, seq)
                found[run] = Seen(events=events, state=state, over=_over(session, run, state))
        return found

    def events(self, run: str, after: int, limit: int) -> tuple[tuple[RunEvent, ...], RunState, bool]:
        """At most `limit` events of a run after a place, its state, and whether it can say anything more."""
        with self._database.read() as session:
            state = runs.get(session, run).state
            return run_events.since(session, run, after, limit), state, _over(session, run, state)

    def cases(
        self, states: Collection[CaseState] | None = None, kind: str | None = None, *, questions: bool = False
    ) -> tuple[Case, ...]:
        """Cases in the order they were opened; those of questions when asked for, or when `kind` names them."""
        without = "" if questions or kind is not None else QUESTION
        with self._database.read() as session:
            return cases.listed(session, states, kind=kind, without=without)

    def case(self, case: str) -> CaseFile:
        """Everything about one case; UnknownReference when there is none."""
        with self._database.read() as session:
            return CaseFile(
                case=cases.get(session, case),
                runs=runs.listed(session, case=case),
                moves=moves.listed(session, case=case),
                approvals=approvals.listed(session, case=case),
            )

    def runs(
        self,
        states: Collection[RunState] | None = None,
        case: str | None = None,
        *,
        after: str | None = None,
        limit: int,
    ) -> tuple[tuple[Run, ...], int]:
        """At most `limit` runs, the newest first, those after `after`; and how many there are in all."""
        with self._database.read() as session:
            return runs.newest(session, states, case=case, after=after, limit=limit)

    def waiting(self, case: str) -> tuple[str, ...]:
        """The questions of a case that wait for somebody now."""
        with self._database.read() as session:
            return tuple(one.id for one in approvals.listed(session, {ApprovalState.PENDING}, case=case))

    def touching(self, kind: str, key: str) -> tuple[Case, ...]:
        """Cases whose scope names something; `kind` is a field of Scope (skus, orders, customers, sites, waves)."""
        return tuple(case for case in self.cases() if key in getattr(case.scope, kind))

    def ledger(
        self,
        *,
        kinds: Collection[EntryKind] | None = None,
        seqs: Collection[int] | None = None,
        case: str | None = None,
        run: str | None = None,
        move: str | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> tuple[LedgerEntry, ...]:
        """Entries after a place with what they say, in order; with `seqs` exactly those."""
        with self._database.read() as session:
            if seqs is not None:
                return tuple(entry for seq in sorted(set(seqs)) for entry in self._entries(session, seq - 1, seq))
            named = tuple(kinds) if kinds is not None else None
            found = self._ledger.entries(session, named, case=case, run=run, move=move, after=after, limit=limit)
            return tuple(LedgerEntry(entry=entry, says=says) for entry, says in found)

    def ledger_count(self) -> int:
        """How many entries the ledger has."""
        with self._database.read() as session:
            last = ledger_rows.last(session)
            return 0 if last is None else int(last["seq"])

    def _entries(self, session: Session, after: int, seq: int) -> tuple[LedgerEntry, ...]:
        found = self._ledger.entries(session, after=after, limit=1)
        return tuple(LedgerEntry(entry=entry, says=says) for entry, says in found if entry.seq == seq)

    def segments(self) -> tuple[Segment, ...]:
        """Customers by segment and tier, with what they have open."""
        context = self.context()
        groups: dict[tuple[str, str], list[str]] = {}
        for customer in context.facts.customers:
            groups.setdefault((customer.segment, customer.tier.value), []).append(customer.id)
        return tuple(_segment(context, key, tuple(sorted(groups[key]))) for key in sorted(groups))

    def waiting_for(self, user: User) -> int:
        """How many questions wait for a role of this person, whose turn it is: the number on a badge."""
        with self._database.read() as session:
            pending = approvals.listed(session, {ApprovalState.PENDING})
        first: dict[str, int] = {}
        for one in pending:
            first[one.move] = min(one.position, first.get(one.move, one.position))
        mine = set(user.roles)
        return sum(1 for one in pending if one.position == first[one.move] and mine & set(one.role.split("/")))

    def conversation_of(self, run: str) -> str:
        """The conversation a run is a turn of; "" for none."""
        with self._database.read() as session:
            return conversations.of_run(session, run)

    def move(self, move: str) -> MoveRecord:
        """One move; UnknownReference when there is none."""
        with self._database.read() as session:
            return moves.get(session, move)

    def moves_about(self, key: str) -> tuple[MoveRecord, ...]:
        """Moves that name an entity (a line, order, SKU, site or customer), by case, revision and position."""
        with self._database.read() as session:
            return moves.naming(session, key)

    def plans(self, case: str) -> tuple[Plan, ...]:
        """Every revision of the plan of a case."""
        with self._database.read() as session:
            return tuple(plans.load(session, case, one.revision) for one in plans.of_case(session, case))


def _segment(context: ToolContext, key: tuple[str, str], ids: tuple[str, ...]) -> Segment:
    facts = context.facts
    known = [facts.customer(one) for one in ids]
    lines = [line for order in facts.orders if order.customer in ids for line in order.lines if line.open_quantity]
    return Segment(
        segment=key[0],
        tier=key[1],
        customers=len(known),
        contracts=sum(customer.contract is not None for customer in known),
        on_hold=sum(customer.on_credit_hold for customer in known),
        open_units=sum(line.open_quantity for line in lines),
        uncovered_units=sum(context.uncovered(line) for line in lines),
        open_value=sum(
            (line.open_quantity * line.unit_price * facts.rate(context.order_of(line).currency) for line in lines),
            Decimal(0),
        ).quantize(Decimal("0.01")),
        names=ids,
    )


def _over(session: Session, run: str, state: RunState) -> bool:
    """Whether a run can say nothing more: it has ended, and so has each of its moves."""
    if state not in (RunState.DONE, RunState.FAILED):
        return False
    return all(record.state in ENDED for record in moves.listed(session, run=run))
