"""Context: which case, and what the connected systems say about it now, kept under the id of its content."""

from __future__ import annotations

from agent.casework.scoping import connected, union
from agent.casework.services import Services
from connectors import snapshot
from domain.errors import DependencyDown
from domain.facts import Claim, Facts, SourceState, sorted_facts
from domain.requests import Request
from domain.told import as_told
from storage import cases, claims, run_events, runs, snapshots
from storage.database import Session
from storage.records import Run


def context(services: Services, run_id: str) -> str:
    """The id of the snapshot this run plans on: what the systems say, and what the events of the run tell.

    When a system cannot be read the last good snapshot stands in, marked degraded; policy sees its age. Raises
    DependencyDown when there is none that knows the SKUs of the case.
    """
    now = services.now()
    with services.database.read() as session:
        run = runs.get(session, run_id)
        held = claims.active(session, now, except_case=run.case)
    try:
        skus = None if run.request.commission else run.request.scope.skus or None
        facts = snapshot.take(services.reads, now, skus, held)
        trouble = ""
    except DependencyDown as down:
        facts, trouble = _last_good(services, run.request, held, down), str(down)
    facts = as_told(facts, run.request.events)
    with services.database.write() as session:
        snapshots.put(session, facts)
        request = _in_scope(session, run, facts)
        runs.record(session, run_id, facts=facts.id, policy=services.policy.id, request=request)
        body = {"facts": facts.id, "taken_at": facts.taken_at, "degraded": trouble}
        run_events.append(session, run_id, now, "context", body)
    return facts.id


def _in_scope(session: Session, run: Run, facts: Facts) -> Request:
    """The request with what is connected to its SKUs by now: supply and orders come and go between revisions.

    The scope of a command is what was offered, and never grows.
    """
    scope = run.request.scope
    if not scope.skus or run.request.commission is not None:
        return run.request
    case = cases.get(session, run.case, lock=True)
    wider = union(union(case.scope, scope), connected(facts, scope.skus))
    if wider != case.scope:
        cases.save(session, case.model_copy(update={"scope": wider}))
    return run.request.model_copy(update={"scope": wider})


def _last_good(services: Services, request: Request, held: tuple[Claim, ...], down: DependencyDown) -> Facts:
    """The last snapshot, when it knows every SKU of the request; `down` is raised again when it does not."""
    with services.database.read() as session:
        last = snapshots.latest(session)
    if last is None or not all(last.has("sku", sku) for sku in request.scope.skus):
        raise down
    sources = tuple(SourceState(system=source.system, as_of=source.as_of, degraded=True) for source in last.sources)
    return sorted_facts(last.replace(sources=sources, claims=held, taken_at=services.now()))
