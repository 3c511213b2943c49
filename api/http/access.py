"""Who may use which route: one table. A route without an entry stops the start: nothing is open by mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import Request
from starlette.routing import BaseRoute, Mount, Route

from api.http.identity import DOOR, application_of, current_user
from api.http.shield import SAFE
from domain.errors import IntegrityBroken, NotAllowed

PUBLIC: frozenset[str] = frozenset()
"""Everybody, signed in or not."""
DECIDERS = frozenset({"planner", "lead", "finance", "warehouse_manager", "commercial", "operations"})
"""Those who ask the copilot and decide; what exactly they may decide is up to the approvals and policy."""
READERS = DECIDERS | {"auditor"}
RECORDS = frozenset({"auditor", "operations", "lead"})
RAISERS = frozenset({"planner", "lead", "operations", "warehouse_manager"})
"""Those who may report an event by hand."""

ACCESS: Mapping[str, frozenset[str]] = {
    "GET /api/health": PUBLIC,
    "GET /api/ready": PUBLIC,
    "GET /api/openapi.json": PUBLIC,
    "GET /api/personas": PUBLIC,
    "POST /slack/events": PUBLIC,
    "POST /api/session": PUBLIC,
    "DELETE /api/session": PUBLIC,
    "GET /api/session": READERS,
    "PUT /api/session/entity": READERS,
    "GET /api/entities": READERS,
    "GET /api/skus": READERS,
    "GET /api/skus/{sku}": READERS,
    "GET /api/skus/{sku}/inventory": READERS,
    "GET /api/skus/{sku}/atp": READERS,
    "GET /api/skus/{sku}/holdings": READERS,
    "GET /api/skus/{sku}/promise": READERS,
    "GET /api/orders": READERS,
    "GET /api/orders/{order}": READERS,
    "GET /api/lines/{line}": READERS,
    "GET /api/customers": READERS,
    "GET /api/customers/{customer}": READERS,
    "GET /api/segments": READERS,
    "GET /api/sites": READERS,
    "GET /api/sites/{site}": READERS,
    "GET /api/waves": READERS,
    "GET /api/shipments": READERS,
    "GET /api/shipments/{shipment}": READERS,
    "GET /api/replenishment": READERS,
    "GET /api/cases": READERS,
    "GET /api/cases/{case}": READERS,
    "POST /api/runs": DECIDERS,
    "GET /api/runs": READERS,
    "GET /api/runs/{run}": READERS,
    "GET /api/runs/{run}/report": READERS,
    "GET /api/runs/{run}/events": READERS,
    "GET /api/conversations": DECIDERS,
    "GET /api/conversations/{conversation}": DECIDERS,
    "POST /api/events": RAISERS,
    "GET /api/approvals": READERS,
    "GET /api/approvals/{approval}": READERS,
    "POST /api/approvals/{approval}/approve": DECIDERS,
    "POST /api/approvals/{approval}/reject": DECIDERS,
    "POST /api/approvals/{approval}/edit": DECIDERS,
    "POST /api/approvals/decisions": DECIDERS,
    "POST /api/approvals/{approval}/snooze": DECIDERS,
    "POST /api/approvals/{approval}/reassign": DECIDERS,
    "POST /api/approvals/{approval}/comments": DECIDERS,
    "GET /api/approvals/{approval}/history": READERS,
    "GET /api/approvals/{approval}/deciders": READERS,
    "GET /api/delegations": READERS,
    "POST /api/delegations": DECIDERS,
    "DELETE /api/delegations/{delegation}": DECIDERS,
    "GET /api/absences": READERS,
    "POST /api/absences": DECIDERS,
    "DELETE /api/absences": DECIDERS,
    "GET /api/stops": READERS,
    "POST /api/stops": DECIDERS,
    "POST /api/stops/lift": DECIDERS,
    "GET /api/autonomy": READERS,
    "GET /api/autonomy/agreement": READERS,
    "POST /api/autonomy/demotions/{demotion}/lift": DECIDERS,
    "GET /api/claims": READERS,
    "POST /api/moves/{move}/undo": DECIDERS,
    "GET /api/overrides": READERS,
    "GET /api/ledger": RECORDS,
    "GET /api/ledger/{seq}": RECORDS,
    "GET /api/ledger/verification": RECORDS,
    "GET /api/policy/versions": READERS,
    "GET /api/policy/versions/{policy}": READERS,
    "GET /api/policy/difference": READERS,
    "POST /api/policy/trial": DECIDERS,
    "GET /api/policy/changes": READERS,
    "POST /api/policy/changes": DECIDERS,
    "GET /api/policy/changes/{change}": READERS,
    "POST /api/policy/changes/{change}/approve": DECIDERS,
    "POST /api/policy/changes/{change}/reject": DECIDERS,
    "POST /api/policy/changes/{change}/withdraw": DECIDERS,
    "GET /api/metrics": READERS,
    "GET /api/flow": READERS,
    "GET /api/documents": READERS,
    "GET /api/documents/search": READERS,
    "GET /": READERS,
    "GET /sign-in": PUBLIC,
    "POST /sign-in": PUBLIC,
    "POST /sign-out": PUBLIC,
    "GET /entities": PUBLIC,
    "POST /entities": PUBLIC,
    "GET /search": READERS,
    "GET /chat": DECIDERS,
    "POST /chat": DECIDERS,
    "GET /chat/{conversation}": DECIDERS,
    "GET /approvals": READERS,
    "GET /approvals/badge": READERS,
    "GET /approvals/{approval}": READERS,
    "POST /approvals/{approval}/approve": DECIDERS,
    "POST /approvals/{approval}/reject": DECIDERS,
    "POST /approvals/{approval}/edit": DECIDERS,
    "POST /approvals/{approval}/snooze": DECIDERS,
    "POST /approvals/{approval}/reassign": DECIDERS,
    "POST /approvals/{approval}/comment": DECIDERS,
    "POST /approvals/batch": DECIDERS,
    "POST /approvals/batch/decide": DECIDERS,
    "GET /cases": READERS,
    "GET /cases/{case}": READERS,
    "GET /runs/{run}": READERS,
    "GET /runs/{run}/replay": READERS,
    "GET /runs/{run}/stream": READERS,
    "GET /supply": READERS,
    "GET /skus/{sku}": READERS,
    "GET /sites/{site}": READERS,
    "GET /orders/{order}": READERS,
    "GET /customers/{customer}": READERS,
    "GET /metrics": READERS,
    "GET /ledger": RECORDS,
    "GET /policy": READERS,
    "POST /policy": DECIDERS,
    "GET /policy/{change}": READERS,
    "POST /policy/{change}/approve": DECIDERS,
    "POST /policy/{change}/reject": DECIDERS,
    "POST /policy/{change}/withdraw": DECIDERS,
    "GET /delegations": READERS,
    "POST /delegations": DECIDERS,
    "POST /delegations/{delegation}/end": DECIDERS,
    "POST /away": DECIDERS,
    "POST /back": DECIDERS,
    "GET /autonomy": READERS,
    "POST /autonomy/demotions/{demotion}/lift": DECIDERS,
    "GET /claims": READERS,
    "GET /stops": READERS,
    "POST /stops": DECIDERS,
    "POST /stops/lift": DECIDERS,
    "GET /moves/{move}/undo": DECIDERS,
    "POST /moves/{move}/undo": DECIDERS,
    "GET /embed/panel": DECIDERS,
    "MOUNT /static": PUBLIC,
}
"""`METHOD path` -> the roles of which one is needed."""


SERVICES: frozenset[str] = frozenset({"POST /api/events", "POST /api/runs"})
"""What a service may do beside reading. It decides nothing, hands nothing over and lifts nothing."""


def guard(request: Request) -> None:
    """Let this request in only when its user holds a role the table names. A refusal goes to the ledger."""
    key = f"{request.method} {request.scope['route'].path_format}"
    allowed = ACCESS[key]
    if allowed is PUBLIC:
        return
    user = current_user(request)
    if user.service and request.method not in SAFE and key not in SERVICES:
        why = f"{key} is for people, and {user.id} is a service"
        application_of(request).visits.refused(user.id, why, DOOR)
        raise NotAllowed(f"{user.name} may not do this: {why}", field="user", fix="have a person do it")
    if not allowed & set(user.roles):
        why = f"{key} is for {', '.join(sorted(allowed))}"
        application_of(request).visits.refused(user.id, why, DOOR)
        raise NotAllowed(
            f"{user.name} may not do this: {why}", field="role", fix="ask somebody with one of these roles"
        )


def keys_of(routes: Iterable[BaseRoute]) -> tuple[str, ...]:
    """The keys of routes, `METHOD path`; of a mounted application `MOUNT path`."""
    keys: list[str] = []
    for route in routes:
        if isinstance(route, Route):
            keys += [f"{method} {route.path_format}" for method in sorted(route.methods or {"*"}) if method != "HEAD"]
        elif isinstance(route, Mount):
            keys.append(f"MOUNT {route.path}")
        else:
            keys.append(f"{type(route).__name__} {getattr(route, 'path', '?')}")
    return tuple(keys)


def check_complete(routes: Iterable[BaseRoute]) -> None:
    """Every route stands in the table, and the table names no route that is not there. IntegrityBroken otherwise.

    Only routes of FastAPI ask `guard`; what is mounted beside them must be PUBLIC and look after itself.
    """
    from fastapi.routing import APIRoute

    known = tuple(routes)
    keys = keys_of(known)
    missing = sorted(set(keys) - set(ACCESS))
    extra = sorted(set(ACCESS) - set(keys))
    unguarded = [key for route in known if not isinstance(route, APIRoute) for key in keys_of([route])]
    wrong = [key for key in unguarded if ACCESS.get(key) is not PUBLIC]
    if missing or extra or wrong:
        raise IntegrityBroken(
            f"routes without an entry: {missing}; entries without a route: {extra}; never asked: {wrong}",
            field="api/http/access.py",
            fix="write who may use each route",
        )
