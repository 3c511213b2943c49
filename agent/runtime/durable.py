"""The durable engine behind a small port. The only module that imports dbos, and only when work is started.

A flow is a plain function `(steps, payload) -> result`; every step's answer is recorded, so that after a crash another
process goes on behind the last recorded one. Exactly-once comes from the idempotency keys of the connectors: the step
that was in flight is simply sent again under its key. Payloads and answers are JSON, never pickles. dbos allows one
engine in a process: opening another closes the first, which opens again when it is next used.

A workflow of a dead process is not handed over by dbos without its paid service. We do: each process has its own
executor id with a lease, and `adopt` puts the pending work of executors without a live lease back into the queue (a
compare-and-set on the executor id, so that two adopters are harmless).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from agent.runtime.clock import pause
from domain.errors import StorageFailed

if TYPE_CHECKING:
    from dbos import DBOS

VERSION = "quartermaster-1"
"""Fixed by us: dbos would hash the code and strand unfinished work at a deploy. Raise it when a flow's steps change."""

GLANCE = 0.05
"""Seconds between two looks at work that another process has."""

Json = dict[str, Any]


class Steps(Protocol):
    """What a flow may do."""

    def run(self, name: str, function: Callable[..., Json], *arguments: Any) -> Json:
        """Call `function` once and record its answer; after a crash the recorded answer is given instead."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait; a crash does not start the wait anew."""
        ...


Flow = Callable[[Steps, Json], Json]


class WorkState(StrEnum):
    """Where a piece of work stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Work:
    """A piece of work: its id, the executor that has it, where it stands, and the error when it failed."""

    id: str
    executor: str
    state: WorkState
    failure: str = ""


class Engine:
    """Durable work on one database: a SQLite file, or PostgreSQL for many machines."""

    _process: ClassVar[threading.RLock] = threading.RLock()
    _open: ClassVar[Engine | None] = None

    def __init__(self, url: str, executor: str, flows: Mapping[str, Flow]) -> None:
        """`executor` names this process start; no other process has ever had it."""
        self.executor = executor
        self._url = url
        self._flows = dict(flows)
        self._here: dict[str, Future[Json] | None] = {}
        self._started: dict[str, Callable[[Json], Json]] = {}

    def start(self, flow: str, key: str, payload: Json) -> None:
        """Start work under an id. The same id again does nothing: it runs, or has run.

        What this process began and could not record (a full disk) is taken up again.
        """
        from dbos import SetWorkflowID

        with self._process:
            dbos = self._engine()
            before = self.status(key)
            if before is not None and before.state is WorkState.RUNNING and self._lost(before):
                self.adopt({self.executor})
                self._here[key] = None
                return
            with SetWorkflowID(key):
                handle = dbos.start_workflow(self._started[flow], payload)
        self._here[key] = getattr(handle, "future", None)

    def glance(self, key: str, seconds: float) -> Work | None:
        """Wait at most `seconds` for work that runs in this process, or a moment for other work; then its status.

        Raises StorageFailed when it ran here to an end that could not be recorded.
        """
        future = self._here.get(key)
        if future is None:
            pause(min(seconds, GLANCE))
            return self.status(key)
        wait([future], timeout=seconds)
        if future.done():
            self._here.pop(key)
        found = self.status(key)
        if found is not None and found.state is WorkState.RUNNING and self._lost(found):
            raise _unusable(future.exception())
        return found

    def _lost(self, work: Work) -> bool:
        """Work that is ours by the record, and that no thread of ours has."""
        return work.executor == self.executor and work.id not in self._here

    def status(self, key: str) -> Work | None:
        """Where a piece of work stands; None when it was never started."""
        found = self._listed(workflow_ids=[key])
        return found[0] if found else None

    def unfinished(self) -> tuple[Work, ...]:
        """Everything started and not ended, oldest first, whoever has it."""
        return self._listed(status=["PENDING", "ENQUEUED"])

    def adopt(self, dead: Collection[str]) -> None:
        """Put the unfinished work of dead executors back into the queue, for this or another process to take."""
        with self._process:
            dbos = self._engine()
            if dead:
                dbos._recover_pending_workflows(sorted(dead))

    def close(self) -> None:
        """Stop. What runs is taken up by the next process."""
        with self._process:
            if Engine._open is self:
                from dbos import DBOS

                DBOS.destroy(destroy_registry=True)
                Engine._open = None

    def _listed(self, **wanted: Any) -> tuple[Work, ...]:
        with self._process:
            found = self._engine().list_workflows(load_input=False, load_output=True, **wanted)
        return tuple(
            Work(status.workflow_id, str(status.executor_id), _STATES[status.status], str(status.error or ""))
            for status in found
        )

    def _engine(self) -> type[DBOS]:
        """The running engine, launched when it is first needed."""
        from dbos import DBOS, DBOSPortableJSONSerializer

        if Engine._open is self:
            return DBOS
        if Engine._open is not None:
            Engine._open.close()
        try:
            DBOS(
                config={
                    "name": "quartermaster",
                    "system_database_url": self._url,
                    "application_version": VERSION,
                    "executor_id": self.executor,
                    "serializer": DBOSPortableJSONSerializer(),
                    "log_level": "CRITICAL",
                    "enable_otlp": False,
                    "run_migrations": True,
                }
            )
            self._started = {name: DBOS.workflow(name=name)(_bound(flow)) for name, flow in self._flows.items()}
            DBOS.launch()
        except Exception as error:
            DBOS.destroy(destroy_registry=True)
            raise _unusable(error) from error
        Engine._open = self
        return DBOS


_STATES = {
    "PENDING": WorkState.RUNNING,
    "ENQUEUED": WorkState.RUNNING,
    "DELAYED": WorkState.RUNNING,
    "SUCCESS": WorkState.DONE,
    "ERROR": WorkState.FAILED,
    "CANCELLED": WorkState.FAILED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": WorkState.FAILED,
}


class _DbosSteps:
    def run(self, name: str, function: Callable[..., Json], *arguments: Any) -> Json:
        from dbos import DBOS

        return DBOS.run_step({"name": name}, function, *arguments)

    def wait(self, seconds: float) -> None:
        from dbos import DBOS

        DBOS.sleep(seconds)


def _unusable(error: BaseException | None) -> StorageFailed:
    return StorageFailed(
        f"the durable engine cannot use its database ({type(error).__name__ if error else 'nothing was recorded'})",
        field="QUARTERMASTER_HOME",
        fix="check that the data folder is writable and has free space; what was begun goes on afterwards",
    )


def _bound(flow: Flow) -> Callable[[Json], Json]:
    """The flow as dbos wants it; its name is what an unfinished workflow is found by after a restart."""

    def work(payload: Json) -> Json:
        return flow(_DbosSteps(), payload)

    work.__qualname__ = work.__name__ = flow.__name__
    return work
