"""The web application: made from an open Application, nothing global. Two tables say what it consists of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from agent.runtime.application import Application
from agent.runtime.installation import Installation
from api.http import health, openapi, problems, session
from api.http.access import check_complete, guard
from api.http.options import Options
from api.http.panel import door, joined
from api.http.resources import (
    approvals,
    autonomy,
    cases,
    customers,
    documents,
    events,
    ledger,
    logistics,
    metrics,
    orders,
    overrides,
    policy,
    runs,
    skus,
    standing_in,
    waiting,
)
from api.http.shield import Shield
from api.http.stream import Broadcaster, Broadcasters
from api.http.worker import Worker, WorkerProcess
from api.slack.companion import slack

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
    waiting.router,
    approvals.router,
    standing_in.router,
    autonomy.router,
    overrides.router,
    ledger.router,
    policy.router,
    metrics.router,
    documents.router,
    *joined.ROOMS,
)
"""Rooms of routes that ask `guard`."""

COMPANIONS: tuple[Callable[[Installation], APIRouter], ...] = (slack,)
"""Doors with work of their own between start-up and shutdown: their routes, and their lifespan."""

MOUNTED: tuple[Callable[[Installation, Options], tuple[BaseRoute, ...]], ...] = (door.static,)
"""ASGI routes that look after themselves: the panel's static files. A line each."""

PAGE_FOR_PROBLEM: problems.PageForProblem | None = door.show_problem
"""How the panel shows a problem to a person (None: every problem is JSON)."""

ABOUT = (
    "Who gets what when supply runs short: stock and promises, orders, customers, shipments, replenishment, cases, "
    "runs, approvals and the ledger. Errors are RFC 9457 problems. Amounts are strings with two places, quantities are "
    "whole numbers in base units, moments ISO 8601 in UTC."
)


def create_app(behind: Application | Installation, options: Options, *, work: bool = True) -> FastAPI:
    """The web application on an open Application or Installation, which stays the caller's to close.

    With `work`, what is to be done is done between start-up and shutdown: by a worker thread for the one entity, by a
    process for each of several. Raises IntegrityBroken when a route has no entry in the table of access.
    """
    installation = behind if isinstance(behind, Installation) else Installation.of(behind)
    companions = [make(installation) for make in COMPANIONS]
    workers = _workers(installation, options) if work else ()
    broadcasters = Broadcasters(lambda entity: _broadcaster(installation.application(entity), options))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for worker in workers:
            await run_in_threadpool(worker.start)
        try:
            async with AsyncExitStack() as doors:
                for companion in companions:
                    await doors.enter_async_context(companion.lifespan_context(app))
                yield
        finally:
            broadcasters.close()
            for worker in workers:
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
    app.state.installation = installation
    app.state.options = options
    app.state.broadcaster = broadcasters
    app.state.working = lambda: all(worker.working for worker in workers)
    routers = [make() for make in ROUTERS]
    beside = [route for make in MOUNTED for route in make(installation, options)]
    beside += [route for companion in companions for route in companion.routes]
    check_complete([*(route for router in routers for route in router.routes), *beside])
    for router in routers:
        app.include_router(router)
    app.router.routes.extend(beside)
    problems.install(app, PAGE_FOR_PROBLEM)
    openapi.install(app)
    app.add_middleware(Shield, options=options)
    return app


def _workers(installation: Installation, options: Options) -> tuple[Worker | WorkerProcess, ...]:
    """Who does the work. The talkers of several entities stay in this process, so that answers come soon."""
    minutes = options.triage_minutes
    if not installation.several:
        return (Worker(installation.application(installation.only.id), minutes),)
    found: list[Worker | WorkerProcess] = []
    for entity in installation.entities:
        told = entity.settings.triage_minutes
        found.append(WorkerProcess(entity, minutes if told is None else told, installation.home))
        found.append(Worker(installation.application(entity.id), carries=False))
    return tuple(found)


def _broadcaster(application: Application, options: Options) -> Broadcaster:
    return Broadcaster(application.browse.watch, poll=options.poll, heartbeat=options.heartbeat)


def _operation(route: APIRoute) -> str:
    """The operation id of a route: the name of its function, which stays when paths move."""
    return route.name
