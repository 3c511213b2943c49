"""What is read of our records for a period, once: its ledger lines, and the whole story of the cases they touch."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from domain.plans import Plan
from guardrails.chain import EntryKind
from storage import approvals, ledger_rows, moves, plans, run_events, sagas, snapshots
from storage.database import Session
from storage.records import Approval, MoveState


@dataclass(frozen=True)
class Line:
    """One entry of the ledger with what it says; `body` is None when that was redacted."""

    seq: int
    kind: str
    at: datetime
    actor: str
    case: str | None
    run: str | None
    move: str | None
    body: Mapping[str, Any] | None

    @property
    def said(self) -> Mapping[str, Any]:
        """What it says; nothing when redacted."""
        return self.body or {}


@dataclass(frozen=True)
class Standing:
    """A move whose state was told to those who watch its run."""

    at: datetime
    state: str
    reason: str


@dataclass(frozen=True)
class Past:
    """The period's lines, every line of the cases touched in it, and records the lines point at; read in few queries.

    `lines` are of the period; `cases` have all of theirs, also from before and after it.
    """

    session: Session
    since: datetime | None
    until: datetime | None
    now: datetime
    lines: tuple[Line, ...]
    cases: Mapping[str, tuple[Line, ...]]
    approvals: tuple[Approval, ...]
    told: Mapping[str, tuple[Standing, ...]]
    home: Mapping[str, tuple[str, str]]

    @cached_property
    def seqs(self) -> frozenset[int]:
        """The seqs of the period."""
        return frozenset(line.seq for line in self.lines)

    @cached_property
    def moves(self) -> Mapping[str, tuple[Line, ...]]:
        """Every line of each move, in order."""
        return _grouped((line for case in self.cases.values() for line in case), lambda line: line.move)

    @cached_property
    def runs(self) -> Mapping[str, tuple[Line, ...]]:
        """Every line of each run, in order."""
        return _grouped((line for case in self.cases.values() for line in case), lambda line: line.run)

    def of(self, kind: EntryKind) -> tuple[Line, ...]:
        """Lines of one kind in the period whose content is there."""
        return tuple(line for line in self.lines if line.kind == kind and line.body is not None)

    def has(self, at: datetime | None) -> bool:
        """Whether a moment lies in the period."""
        return at is not None and (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def here(self, *lines: Line | None) -> tuple[int, ...]:
        """The seqs of those lines that lie in the period."""
        return tuple(line.seq for line in lines if line is not None and line.seq in self.seqs)

    def opening(self, case: str | None) -> Line | None:
        """The line that opened a case; None when it was redacted."""
        for line in self.cases.get(case or "", ()):
            if line.kind == EntryKind.CASE and line.said.get("did") == "opened":
                return line
        return None

    def case_kind(self, case: str | None) -> str:
        """What kind of exception a case is."""
        opened = self.opening(case)
        return str(opened.said["kind"]).replace("_", " ") if opened else "unknown"

    def plans(self, runs: Collection[str]) -> dict[str, Plan]:
        """The plan of each of these runs that made one."""
        return dict(plans.of_runs(self.session, runs))

    def snapshots(self, ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """Snapshots as JSON, without what nobody measures."""
        return {key: {name: kept[name] for name in _KEPT} for key, kept in snapshots.as_kept(self.session, ids)}

    def effects(self, after: int, before: int) -> tuple[Line, ...]:
        """Intents and outcomes of every case between two seqs, both left out."""
        kinds = (EntryKind.INTENT.value, EntryKind.OUTCOME.value)
        if self.since is None and self.until is None:
            return tuple(line for line in self.lines if line.kind in kinds and after < line.seq < before)
        found = ledger_rows.span(self.session, kinds=kinds, after=after, before=before)
        return tuple(_line(row, text) for row, text in found)

    def ended(self, runs: Collection[str]) -> frozenset[str]:
        """Those of these runs of which no move waits or goes on any more."""
        states = moves.standing(self.session, runs)
        return frozenset(run for run in runs if states.get(run, frozenset()) <= ENDED)


_KEPT = ("base_currency", "customers", "orders", "reservations", "waves")

ENDED = frozenset(MoveState) - {
    MoveState.PROPOSED,
    MoveState.WAITING,
    MoveState.APPROVED,
    MoveState.READY,
    MoveState.EXECUTING,
    MoveState.PARKED,
}
"""A move in one of these states will not change any more."""


def read(session: Session, since: datetime | None, until: datetime | None, now: datetime) -> Past:
    """Read the past of a period. A dozen queries, each bounded by the period or by the cases touched in it."""
    lines = tuple(_line(row, text) for row, text in ledger_rows.span(session, since, until))
    asked = approvals.alive(session, since, until)
    home = moves.homes(session, [saga.move for saga in sagas.alive(session, since, until)])
    touched = (
        {line.case for line in lines if line.case} | {one.case for one in asked} | {case for case, _ in home.values()}
    )
    return Past(
        session=session,
        since=since,
        until=until,
        now=now,
        lines=lines,
        cases=_cases(session, lines, touched, since is None and until is None),
        approvals=asked,
        told=_told(session, home),
        home=home,
    )


def _cases(
    session: Session, lines: tuple[Line, ...], touched: Collection[str], everything: bool
) -> dict[str, tuple[Line, ...]]:
    """All lines of these cases; where the period is all time they are at hand already."""
    found = lines if everything else tuple(_line(row, text) for row, text in ledger_rows.of_cases(session, touched))
    return _grouped(found, lambda line: line.case)


def _told(session: Session, home: Mapping[str, tuple[str, str]]) -> dict[str, tuple[Standing, ...]]:
    found: dict[str, list[Standing]] = {}
    for event in run_events.of_kind(session, "move", {run for _, run in home.values()}):
        body = json.loads(event.body)
        found.setdefault(body["move"], []).append(Standing(event.at, body["state"], body["reason"]))
    return {move: tuple(told) for move, told in found.items()}


def _grouped(lines: Iterable[Line], key: Callable[[Line], str | None]) -> dict[str, tuple[Line, ...]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        if name := key(line):
            found.setdefault(name, []).append(line)
    return {name: tuple(mine) for name, mine in found.items()}


def _line(row: Mapping[str, Any], text: str | None) -> Line:
    at = datetime.fromisoformat(row["at"])
    body = None if text is None else json.loads(text)
    return Line(row["seq"], row["kind"], at, row["actor"], row["case"], row["run"], row["move"], body)
