"""The sweep: events that wait are applied, detectors look at the facts, every exception gets one case, what has healed
closes. The same facts open nothing again."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from agent.casework.services import Services
from agent.runtime.intake import Intake, Taken
from agent.runtime.placing import Placed, Placing
from agent.triage.grouping import grouped
from agent.triage.healing import Healed, heal_case
from agent.triage.shortage import Short, shortages
from agent.triage.table import detect, is_over, seen
from connectors import snapshot
from domain.facts import Facts
from domain.noun import Id, Noun
from domain.signals import Signal, Thresholds
from storage import cases, exceptions
from storage.database import Session


class Triage(Noun):
    """What a sweep found: events applied, the place of every signal in order of urgency, what healed.

    `short`, `opened` and `known` say of shortages which SKUs are short, which got a case and a run of their own, and
    which a case is about already. `busy`: another worker sweeps right now, so nothing was looked at.
    """

    events: tuple[Taken, ...] = ()
    found: tuple[Placed, ...] = ()
    healed: tuple[Healed, ...] = ()
    short: tuple[Short, ...] = ()
    opened: tuple[tuple[Id, Id, Id], ...] = ()
    """(SKU, case, run) of new shortages"""
    known: tuple[Id, ...] = ()
    since: datetime | None = None
    """When somebody had looked before; None when this was the first look"""
    busy: bool = False

    @property
    def runs(self) -> tuple[str, ...]:
        """Runs that were admitted: of new cases, in order of urgency."""
        return tuple(item.run for item in self.found if item.run is not None)


def sweep(services: Services, intake: Intake, by: str) -> Triage:
    """Apply pending events, detect, place and heal. DependencyDown when a system is silent; then nothing was changed.

    Groups are placed one by one, each in a transaction of its own, and only then is the look kept: what a killed sweep
    had not placed is found again by the next one.
    """
    events = intake.pending()
    now = services.now()
    facts = snapshot.take(services.reads, now)
    with services.database.read() as session:
        before = exceptions.last_look(session)
    limits = services.policy.triage
    signals = detect(facts, before, limits)
    placed = _place(services, facts, signals, by, before)
    healed = _heal(services, facts, signals, limits)
    with services.database.write() as session:
        exceptions.keep_look(session, seen(facts))
    return _triage(events, facts, placed, healed, before)


def _place(
    services: Services, facts: Facts, signals: tuple[Signal, ...], by: str, before: Facts | None
) -> tuple[Placed, ...]:
    if not signals:
        return ()
    with services.database.read() as session:
        placing = Placing(session, services, facts, by, before)
    placed: list[Placed] = []
    for group in grouped(signals, services.now()):
        with services.database.write() as session:
            placed += placing.place(session, group)
    return tuple(placed)


def _heal(services: Services, facts: Facts, signals: tuple[Signal, ...], limits: Thresholds) -> tuple[Healed, ...]:
    """Close what healed; a cause that has gone from a case that ended otherwise is only noted."""
    now_seen = frozenset(signal.key for signal in signals)
    with services.database.read() as session:
        alive = exceptions.listed(session, alive=True)
        gone = frozenset(item.number for item in alive if is_over(item.signal, facts, now_seen, limits))
        if not gone:
            return ()
        leads: dict[str, set[int]] = defaultdict(set)
        for item in alive:
            if item.number in gone:
                leads[_lead(session, item.case)].add(item.number)
    healed: list[Healed] = []
    for lead in sorted(leads, key=lambda key: min(leads[key])):
        with services.database.write() as session:
            healed += heal_case(session, services, lead, gone)
            over = [number for number in sorted(leads[lead]) if cases.get(session, lead).closed_at is not None]
            exceptions.heal(session, over, services.now())
    return tuple(healed)


def _lead(session: Session, case: str) -> str:
    return cases.get(session, case).follows or case


def _triage(
    events: tuple[Taken, ...],
    facts: Facts,
    placed: tuple[Placed, ...],
    healed: tuple[Healed, ...],
    before: Facts | None,
) -> Triage:
    of_shortage = [item for item in placed if item.signal.kind == "shortage"]
    rank = {item.signal.subject: place for place, item in enumerate(of_shortage)}
    short = [item for item in shortages(facts) if item.sku in rank]
    return Triage(
        events=events,
        found=placed,
        healed=healed,
        since=None if before is None else before.taken_at,
        short=tuple(sorted(short, key=lambda item: rank[item.sku])),
        opened=tuple((item.signal.subject, item.case, item.run) for item in of_shortage if item.run is not None),
        known=tuple(item.signal.subject for item in of_shortage if item.run is None),
    )
