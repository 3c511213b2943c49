"""Faults that can be switched on for tests and drills: a system off, slow, losing replies, or dying at a point.

They are rows of the distributor's own database, so that a worker in another process meets them too.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from connectors.embedded import tables as t
from connectors.embedded.rows import to_noun, to_row
from connectors.embedded.store import Store
from domain.errors import DependencyDown, UnknownReference
from domain.noun import Id, Noun, Units

SYSTEMS = ("crm", "erp", "finance", "procurement", "tms", "wms")

Point = Literal["before_commit", "after_commit"]


class Fault(Noun):
    """What is wrong with a system now.

    `slow_ms`: every call takes this much longer. `lose_replies`: the next n writes are carried out, but their reply is
    lost. `die_at`: the process is killed at the next write (of `die_operation` when set), before or after its commit.
    """

    system: Id
    reads_down: bool = False
    writes_down: bool = False
    slow_ms: Units = 0
    lose_replies: Units = 0
    die_at: Point | None = None
    die_operation: Id | None = None


@dataclass(frozen=True)
class Fate:
    """What one write will meet after it has begun."""

    reply_lost: bool = False
    dies: Point | None = None


def kill_this_process() -> None:
    """End this process the hard way, as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


class Faults:
    """Reads and sets faults; unknown systems raise UnknownReference."""

    def __init__(self, store: Store, die: Callable[[], None] = kill_this_process) -> None:
        self._store = store
        self.die = die

    def set(self, fault: Fault) -> None:
        """Put this in place of what was wrong with the system before."""
        known(fault.system)
        with self._store.write() as db:
            db.execute(delete(t.faults).where(t.faults.c.system == fault.system))
            db.execute(insert(t.faults), [to_row(fault, t.faults)])

    def clear(self, system: str | None = None) -> None:
        """Make one system, or all of them, well again."""
        with self._store.write() as db:
            db.execute(delete(t.faults).where(*(() if system is None else (t.faults.c.system == known(system),))))

    def of(self, system: str) -> Fault:
        """What is wrong with a system; a plain Fault when nothing is."""
        with self._store.read() as db:
            return _fault(db, known(system))

    def before_read(self, db: Connection, system: str) -> None:
        """Let a read through, late or not at all (DependencyDown)."""
        fault = _fault(db, system)
        time.sleep(fault.slow_ms / 1000)
        if fault.reads_down:
            raise _down(system)

    def before_write(self, system: str, operation: str) -> Fate:
        """Let a write begin, late or not at all (DependencyDown), and say what it meets on its way.

        A lost reply or a death is used up here, in its own transaction, so that it happens once however it ends.
        """
        fault = self.of(system)
        time.sleep(fault.slow_ms / 1000)
        if fault.writes_down:
            raise _down(system)
        if not (fault.die_at or fault.lose_replies):
            return Fate()
        with self._store.write() as db:
            fault = _fault(db, system, lock=True)
            dies = fault.die_at if fault.die_operation in (None, operation) else None
            left = fault.model_copy(update={"lose_replies": max(0, fault.lose_replies - 1)})
            if dies:
                left = left.model_copy(update={"die_at": None, "die_operation": None})
            db.execute(update(t.faults).where(t.faults.c.system == system).values(**to_row(left, t.faults)))
        return Fate(reply_lost=bool(fault.lose_replies), dies=dies)


def known(system: str) -> str:
    """The system's id, when there is such a system."""
    if system not in SYSTEMS:
        raise UnknownReference(f"there is no system '{system}'", field="system", fix=f"use one of {', '.join(SYSTEMS)}")
    return system


def _fault(db: Connection, system: str, *, lock: bool = False) -> Fault:
    query = select(t.faults).where(t.faults.c.system == system)
    row = db.execute(query.with_for_update() if lock else query).one_or_none()
    return Fault(system=system) if row is None else to_noun(Fault, row)


def _down(system: str) -> DependencyDown:
    return DependencyDown(f"{system} does not answer", field=system, fix="it is tried again when the system is back")
