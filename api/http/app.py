"""The web application: made from an open Application, nothing global. Two tables say what it consists of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from agent.runtime.application import Application
from api.http import health, openapi, problems, session
from api.http.access import check_complete, guard
from api.http.options import Options
from api.http.panel import door, joined
from api.http.resources import (
    approvals,
    cases,
    customers,
    documents,
    events,
    ledger,
    logistics,
    metrics,
    orders,
    policy,
    runs,
    skus,
)
from api.http.shield import Shield
from api.http.stream import Broadcaster
from api.http.worker import Worker
from api.slack.door import slack

ROUTERS: tuple[Callable[[], APIRouter], ...] = (
    session.router,
    health.router,
    skus.router,
    orders.router,
    customers.router,
    logistics.router,
    cases.router,
    runs.router,
    events.router,
    approvals.router,
    ledger.router,
    policy.router,
    metrics.router,
    documents.router,
    *joined.ROOMS,
)
"""Rooms of routes that ask `guard`."""

COMPANIONS: tuple[Callable[[Application], APIRouter], ...] = (slack,)
"""Doors with work of their own between start-up and shutdown: their routes, and their lifespan."""

MOUNTED: tuple[Callable[[Application, Options], tuple[BaseRoute, ...]], ...] = (door.static,)
"""ASGI routes that look after themselves: the panel's static files. A line each."""

PAGE_FOR_PROBLEM: problems.PageForProblem | None = door.show_problem
"""How the panel shows a problem to a person (None: every problem is JSON)."""

ABOUT = (
    "Who gets what when supply runs short: stock and promises, orders, customers, shipments, replenishment, cases, "
    "runs, approvals and the ledger. Errors are RFC 9457 problems. Amounts are strings with two places, quantities are "
    "whole numbers in base units, moments ISO 8601 in UTC."
)


def create_app(application: Application, options: Options, *, work: bool = True) -> FastAPI:
    """The web application on an open Application, which stays the caller's to close.

    With `work`, a worker thread runs between start-up and shutdown. Raises IntegrityBroken when a route has no entry
    in the table of access.
    """
    companions = [make(application) for make in COMPANIONS]
    worker = Worker(application, options.triage_minutes)
    broadcaster = Broadcaster(application.browse.watch, poll=options.poll, heartbeat=options.heartbeat)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if work:
            worker.start()
        try:
            async with AsyncExitStack() as doors:
                for companion in companions:
                    await doors.enter_async_context(companion.lifespan_context(app))
                yield
        finally:
            broadcaster.close()
            if work:
                await run_in_threadpool(worker.stop)

    app = FastAPI(
        title="Quartermaster",
        version="0.1.0",
        description=ABOUT,
        lifespan=lifespan,
        dependencies=[Depends(guard)],
        generate_unique_id_function=_operation,
        responses=problems.documented(),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.application = application
    app.state.options = options
    app.state.broadcaster = broadcaster
    app.state.working = lambda: worker.working or not work
    routers = [make() for make in ROUTERS]
    beside = [route for make in MOUNTED for route in make(application, options)]
    beside += [route for companion in companions for route in companion.routes]
    check_complete([*(route for router in routers for route in router.routes), *beside])
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(beside)
    problems.install(app, PAGE_FOR_PROBLEM)
    openapi.install(app)
    app.add_middleware(Shield, options=options)
    return app


def _operation(route: APIRoute) -> str:
    """The operation id of a route: the name of its function, which stays when paths move."""
    return route.name
