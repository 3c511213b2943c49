"""The sweep: events that wait are applied, every SKU that is really short gets one case; the same facts open none."""

from __future__ import annotations

from agent.casework.scoping import scope_of
from agent.casework.services import Services
from agent.runtime.detector import Short, shortages
from agent.runtime.intake import OPEN, Intake, Taken, open_sweep_case
from connectors import snapshot
from domain.facts import Facts
from domain.noun import Id, Noun
from storage import cases, claims
from storage.database import Session


class Triage(Noun):
    """What a sweep found: events applied, SKUs short, and for each its case and run ("" when it has one already)."""

    events: tuple[Taken, ...] = ()
    short: tuple[Short, ...] = ()
    opened: tuple[tuple[Id, Id, Id], ...] = ()
    """(SKU, case, run) of new cases"""
    known: tuple[Id, ...] = ()
    """SKUs that a case is about already"""


def sweep(services: Services, intake: Intake, by: str) -> Triage:
    """Apply pending events, detect shortages and admit a run per new one. DependencyDown when a system is silent."""
    events = intake.pending()
    with services.database.read() as session:
        held = claims.active(session, services.now())
    facts = snapshot.take(services.reads, services.now(), None, held)
    found = shortages(facts)
    opened: list[tuple[str, str, str]] = []
    known: list[str] = []
    for short in found:
        with services.database.write() as session:
            if _covered(session, short):
                known.append(short.sku)
                continue
            run, case = _open(session, services, facts, short, by)
            opened.append((short.sku, case, run))
    return Triage(events=events, short=found, opened=tuple(opened), known=tuple(known))


def _covered(session: Session, short: Short) -> bool:
    """A live case is about this SKU, or a case was made of the same demand and supply before."""
    if any(short.mark in case.events for case in cases.listed(session, kind="shortage")):
        return True
    return any(short.sku in case.scope.skus for case in cases.listed(session, OPEN) if case.kind != "question")


def _open(session: Session, services: Services, facts: Facts, short: Short, by: str) -> tuple[str, str]:
    scope = scope_of(facts, (short.sku,))
    run, case = open_sweep_case(session, services, short.sku, short.mark, scope, by)
    return run, case
