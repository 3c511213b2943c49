"""Who sweeps, and when: one worker of all at a time, every so many minutes, and after an event has come in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from agent.casework.services import Services
from agent.runtime.intake import Intake
from agent.runtime.leases import Leases
from agent.runtime.sweep import Triage, sweep
from agent.triage.grouping import tells
from agent.triage.report import Exceptional, Gone, TriageReport, exceptional, gather
from storage import cases, counters, exceptions, inbox
from storage.database import Session

LEASE = "triage"
Tell = Callable[[str], None]


class Sweeper:
    """The sweeps of one process. The lease `triage` keeps everybody else out meanwhile."""

    def __init__(self, services: Services, intake: Intake, leases: Callable[[], Leases]) -> None:
        self._services = services
        self._intake = intake
        self._leases = leases
        self._arrived = -1

    def due(self, minutes: int) -> bool:
        """Whether the last look of anybody is so many minutes old, or an event has come in since this process swept."""
        with self._services.database.read() as session:
            looked = exceptions.looked_at(session)
            arrived = counters.current(session, "inbox")
        old = looked is None or self._services.now() - looked >= timedelta(minutes=minutes)
        return old or self._arrived not in (-1, arrived)

    def sweep(self, by: str) -> Triage:
        """Sweep, unless somebody else does right now (`busy`)."""
        with self._leases().hold(LEASE) as mine:
            if not mine:
                return Triage(busy=True)
            with self._services.database.read() as session:
                self._arrived = counters.current(session, "inbox")
            return sweep(self._services, self._intake, by)

    def report(self, found: Triage, by: str) -> TriageReport:
        """What a sweep came to, as things stand now; one that found something new is kept as well."""
        now = self._services.now()
        with self._services.database.read() as session:
            told = _told(session, found)
            made = gather(
                session,
                at=now,
                by=by,
                currency=self._services.policy.currency,
                events=sorted({taken.case for taken in found.events if taken.case is not None}),
                found=(*_placed(session, self._services, found), *told),
                healed=_gone(found),
            )
        if made.new or made.healed:
            with self._services.database.write() as session:
                exceptions.keep_sweep(session, now, by, made)
        return made


def _placed(session: Session, services: Services, found: Triage) -> tuple[Exceptional, ...]:
    now, rows = services.now(), []
    for item in found.found:
        case, signal = cases.get(session, item.case), item.signal
        weight = {"value_at_stake": signal.value_at_stake, "deadline": signal.deadline, "title": signal.title}
        own = case.model_copy(update=weight)
        rows.append(exceptional(own, now, how=item.how, kind=signal.kind, subject=signal.subject))
    return tuple(rows)


def _told(session: Session, found: Triage) -> tuple[Exceptional, ...]:
    """What events told that no detector saw: of the events taken in by this sweep, and of those since the last one."""
    seen = {item.signal.key for item in found.found}
    rows = []
    for entry in inbox.listed(session):
        key = tells(entry.event)
        new = found.since is None or entry.received_at > found.since
        if key is not None and key not in seen and entry.case is not None and new:
            case = cases.get(session, entry.case)
            rows.append(exceptional(case, entry.received_at, how="told", kind=key[0], subject=key[1]))
            seen.add(key)
    return tuple(rows)


def _gone(found: Triage) -> tuple[Gone, ...]:
    return tuple(
        Gone(case=item.case, kind=item.kind, subject=item.subject, title=item.title, withdrawn=len(item.withdrawn))
        for item in found.healed
    )
