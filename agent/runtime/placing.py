"""Every signal gets its place: it is known, joins what is open about it, follows a lead, or opens a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from agent.casework.admission import admit, next_revision, revise
from agent.casework.scoping import scope_of, union
from agent.casework.services import Services
from agent.runtime.intake import OPEN, open_signal_case
from agent.triage.events import SOURCE, as_events
from agent.triage.grouping import root_of, root_of_event, tells
from agent.triage.healing import has_acted
from agent.triage.table import is_worse
from domain.cases import Case, Scope
from domain.facts import Facts
from domain.noun import Id, Noun
from domain.requests import Request
from domain.signals import Signal
from storage import cases, exceptions, inbox, runs
from storage.database import Session
from storage.exceptions import Spotted
from storage.records import InboxState, RunState

SHORT = frozenset({"shortage", "atp_below_commitments", "promise_at_risk"})
"""Kinds that say in units what one SKU lacks."""
Place = Literal["opened", "follows", "merged", "known"]


class Placed(Noun):
    """A signal, the case it belongs to, and how it came there; `run` when a case was opened for it and planned."""

    signal: Signal
    case: Id
    how: Place
    run: Id | None = None


class Placing:
    """What is open at the start of a sweep, and where the signals of one facts belong."""

    def __init__(self, session: Session, services: Services, facts: Facts, by: str, since: Facts | None) -> None:
        self._services, self._facts, self._by = services, facts, by
        alive = exceptions.listed(session, alive=True)
        self._live = {case.id: case for case in cases.listed(session, OPEN)}
        self._marks = {item.signal.mark: item.case for item in alive} | _old_marks(session)
        self._spotted = {item.signal.key: item for item in alive}
        self._told = _told(session, self._live, since)
        self._leads = self._leading(session, alive)
        self._most: dict[str, int] = {}
        self._short = tuple(item for item in alive if item.signal.kind in SHORT)
        for item in self._short:
            root = root_of(item.signal)
            self._most[root] = max(self._most.get(root, 0), item.signal.figure("units"))

    def _leading(self, session: Session, alive: tuple[Spotted, ...]) -> dict[str, str]:
        """Root -> the live case whose plan answers it."""
        found: dict[str, str] = {}
        for item in alive:
            case = self._live.get(item.case)
            if case is not None and case.follows is None:
                found.setdefault(root_of(item.signal), case.id)
        for entry in inbox.listed(session, {InboxState.APPLIED}):
            root = root_of_event(entry.event, self._facts)
            if root is not None and entry.case in self._live:
                found.setdefault(root, entry.case)
        return found

    def place(self, session: Session, group: tuple[Signal, ...]) -> tuple[Placed, ...]:
        """Find the place of every signal of one group, cause first. At most one run is admitted for all of them."""
        placed = [self._known(session, signal) for signal in group]
        placed = [where or self._echo(session, signal, placed) for signal, where in zip(group, placed, strict=True)]
        fresh = [signal for signal, where in zip(group, placed, strict=True) if where is None]
        if not fresh:
            return tuple(where for where in placed if where is not None)
        lead = next((where.case for where in placed if where is not None and where.case in self._live), None)
        lead = self._lead_of(lead) or self._leads.get(root_of(fresh[0]))
        opened = self._follow(session, lead, fresh) if lead else self._open_group(session, fresh)
        return (*(where for where in placed if where is not None), *opened)

    def _lead_of(self, case: str | None) -> str | None:
        return (self._live[case].follows or case) if case is not None else None

    def _known(self, session: Session, signal: Signal) -> Placed | None:
        """Where a signal is already; a changed one is noted beside what is open about the same thing."""
        if signal.mark in self._marks:
            return Placed(signal=signal, case=self._marks[signal.mark], how="known")
        old = self._spotted.get(signal.key)
        if old is not None and not self._worse(signal, old.signal):
            return Placed(signal=signal, case=old.case, how="known")
        case = old.case if old is not None and old.case in self._live else self._told.get(signal.key)
        if case is None:
            return None
        exceptions.note(session, signal, case, "merged", self._services.now())
        self._marks[signal.mark] = case
        if case in self._live:
            self._weigh(session, case, signal)
        if old is not None:
            self._again(session, self._lead_of(case) or case, [signal], f"{signal.title}: worse than it was")
        return Placed(signal=signal, case=case, how="merged")

    def _worse(self, signal: Signal, old: Signal) -> bool:
        """Whether it is worse than it was, and than what is known of the same SKU: units that our own plan has moved
        from one site to another are not missing twice."""
        echo = signal.kind in SHORT and signal.figure("units") <= self._most.get(root_of(signal), 0)
        return is_worse(signal, old) and not echo

    def _echo(self, session: Session, signal: Signal, placed: list[Placed | None]) -> Placed | None:
        """Units that are short are short everywhere: what was dealt with, or what a plan of ours has carried on to
        another place or line, and is not larger now, is no new exception."""
        if signal.kind not in SHORT:
            return None
        units, root = signal.figure("units"), root_of(signal)
        for where in placed:
            ended = where is not None and where.how == "known" and where.case not in self._live
            if where is not None and ended and where.signal.kind in SHORT and units <= where.signal.figure("units"):
                return self._silent(session, signal, where.case)
        for item in self._short:
            if root_of(item.signal) == root and units <= item.signal.figure("units"):
                lead = self._lead_of(item.case) if item.case in self._live else None
                if lead is not None and has_acted(session, lead):
                    return self._silent(session, signal, lead)
        return None

    def _silent(self, session: Session, signal: Signal, case: str) -> Placed:
        """Note a signal in a case that knows what it says."""
        exceptions.note(session, signal, case, "merged", self._services.now())
        return Placed(signal=signal, case=case, how="known")

    def _weigh(self, session: Session, key: str, signal: Signal) -> None:
        """A case that had no value or deadline of its own takes the signal's."""
        case = cases.get(session, key, lock=True)
        if case.value_at_stake is None:
            more = {"value_at_stake": signal.value_at_stake, "deadline": signal.deadline}
            cases.save(session, case.model_copy(update=more))

    def _open_group(self, session: Session, signals: list[Signal]) -> list[Placed]:
        """A case that leads, with a run for all; one that follows for every further signal."""
        lead = self._case(session, signals[0], "")
        request = Request(
            case=lead.id,
            case_kind=lead.kind,
            revision=next_revision(session, lead.id),
            kind="sweep",
            now=self._services.now(),
            by=self._by,
            scope=lead.scope,
            events=as_events(signals, self._services.now()),
            rates=self._services.policy.rates,
            spotted=tuple(signals),
        )
        run = admit(session, request, self._services, self._by)
        first = self._note(session, signals[0], lead, "opened", run)
        return [first, *(self._follower(session, signal, lead.id) for signal in signals[1:])]

    def _follow(self, session: Session, lead: str, signals: list[Signal]) -> list[Placed]:
        """Cases that follow a lead opened before; it is planned again with them in view."""
        head = cases.get(session, lead, lock=True)
        scope = union(head.scope, self._scope(signals[0]))
        cases.save(session, head.model_copy(update={"group": lead, "scope": scope}))
        self._again(session, lead, signals, f"{len(signals)} more exceptions belong to it")
        return [self._follower(session, signal, lead) for signal in signals]

    def _again(self, session: Session, lead: str, signals: list[Signal], why: str) -> None:
        """Have a case planned again with these signals in view, in place of what was seen of them before."""
        run = runs.get(session, revise(session, self._services, lead, why))
        if run.state is not RunState.ADMITTED:
            return
        seen, request = {item.key for item in signals}, run.request
        spotted = (*(item for item in request.spotted if item.key not in seen), *signals)
        events = tuple(event for event in request.events if event.source != SOURCE)
        update = {
            "spotted": spotted,
            "events": (*events, *as_events(spotted, self._services.now())),
            "scope": union(request.scope, cases.get(session, lead).scope),
        }
        runs.record(session, run.id, request=request.model_copy(update=update))

    def _follower(self, session: Session, signal: Signal, lead: str) -> Placed:
        return self._note(session, signal, self._case(session, signal, lead), "follows", None)

    def _case(self, session: Session, signal: Signal, lead: str) -> Case:
        scope = self._scope(signal)
        return open_signal_case(session, self._services, signal, scope, self._by, lead)

    def _scope(self, signal: Signal) -> Scope:
        return union(scope_of(self._facts, signal.scope.skus), signal.scope)

    def _note(
        self, session: Session, signal: Signal, case: Case, how: Literal["opened", "follows"], run: str | None
    ) -> Placed:
        exceptions.note(session, signal, case.id, how, self._services.now())
        return Placed(signal=signal, case=case.id, how=how, run=run)


def _old_marks(session: Session) -> dict[str, str]:
    """Marks of cases from before exceptions were kept: they stand among the events of their case."""
    kept = {item.signal.mark for item in exceptions.listed(session)}
    return {
        mark: case.id
        for case in cases.listed(session, kind="shortage")
        for mark in case.events
        if mark.startswith("sweep:") and mark not in kept
    }


def _told(session: Session, live: Mapping[str, Case], since: Facts | None) -> dict[tuple[str, str], str]:
    """(kind, subject) -> case of what events told: in a case that is open, or since we last looked."""
    found: dict[tuple[str, str], str] = {}
    for entry in inbox.listed(session, {InboxState.APPLIED}):
        key = tells(entry.event)
        new = since is not None and entry.received_at >= since.taken_at
        if key is not None and entry.case is not None and (entry.case in live or new):
            found[key] = entry.case
    return found
