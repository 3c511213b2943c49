"""Opens a case; the ledger tells of every case that may lead to a write."""

from __future__ import annotations

from agent.casework.services import Services
from domain.cases import Case, Scope
from guardrails.chain import EntryKind
from storage import cases, counters
from storage.database import Session


def open_case(
    session: Session,
    services: Services,
    kind: str,
    title: str,
    by: str,
    scope: Scope,
    events: tuple[str, ...] = (),
    **weight: object,
) -> Case:
    """A new case, raised by a person or a source on these events; `weight` are more of its fields, such as `group`."""
    case = Case(
        id=counters.next_id(session, "case"),
        kind=kind,
        title=title,
        raised_by=by,
        opened_at=services.now(),
        events=events,
        scope=scope,
    ).model_copy(update=weight)
    cases.open_case(session, case)
    if kind != "question":
        tell_case(session, services, case, "opened", by)
    return case


def tell_case(session: Session, services: Services, case: Case, did: str, by: str) -> None:
    """Questions are not in the ledger; everything that may lead to a write is."""
    body: dict[str, object] = {"did": did, "kind": case.kind, "title": case.title, "events": case.events}
    body |= {"scope": case.scope, **({"group": case.group} if case.group else {})}
    services.ledger.append(session, EntryKind.CASE, by, services.now(), body, case=case.id)
