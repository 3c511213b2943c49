"""The data folder as the web door opens it: a demo's world in an empty one, whose time goes on while it is open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from agent.entities import chosen, entities
from agent.runtime.application import Application
from agent.runtime.bring import built_in_world, fresh_demo, remember_time, remembered_time
from agent.runtime.clock import Clock, FixedClock, RunningClock, SystemClock
from agent.runtime.compose import open_application
from agent.runtime.installation import Installation
from agent.settings import Settings
from domain.errors import QuartermasterError
from domain.events import Event


def open_installation(settings: Settings, now: datetime | None = None, home: Path | None = None) -> Installation:
    """Every legal entity, open. With `settings.entity` that one alone."""
    known = entities(settings)
    if settings.entity:
        known = (chosen(known, settings.entity),)
    works = len(known) == 1
    held = Installation(known, lambda one: open_for_serving(one.settings, now, works=works), home)
    try:
        for entity in known:
            held.application(entity.id)
    except QuartermasterError:
        held.close()
        raise
    return held


def open_for_serving(
    settings: Settings, now: datetime | None = None, *, works: bool = True
) -> tuple[Application, Callable[[], None]]:
    """The open program, and what closes it. In demo mode an empty folder gets the built-in world and its first event.

    A demo's clock goes on from where it was left; `now` fixes it.
    """
    home = settings.home
    begun: tuple[Event, ...] = ()
    empty = not home.exists() or not any(home.iterdir())
    name = "the built-in distributor"
    if settings.mode == "demo" and empty and now is None:
        world = built_in_world(None)
        fresh_demo(home, world)
        name, begun = world.name, world.events
    left = remembered_time(home)
    clock: Clock = SystemClock()
    if now is not None:
        clock = FixedClock(now)
    elif left is not None:
        clock = RunningClock(left)
    application = open_application(settings, clock=clock, works=works)
    if left is not None and now is None:
        _not_before(application, clock)
    for event in begun:
        application.take_event(event, settle=False)

    def close() -> None:
        application.close()
        if left is not None and now is None:
            remember_time(home, name, clock.now())

    return application, close


def _not_before(application: Application, clock: Clock) -> None:
    """After a kill the folder remembers too early a time: go on from the end of its ledger."""
    last = application.head().at
    if last and isinstance(clock, RunningClock):
        clock.reach(datetime.fromisoformat(last).astimezone(UTC))
