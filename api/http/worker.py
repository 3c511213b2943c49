"""The work inside the web process: threads that carry runs and sagas on and answer questions while it is open; with
several legal entities, a worker process for each of them."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from agent.entities import Entity
from agent.runtime.application import Application

log = logging.getLogger("quartermaster.worker")


class Worker:
    """Two threads: the worker, and the talker beside it, so that nobody who asks waits for long planning.

    Each is begun again should it ever break. Without `carries`, it only talks.
    """

    def __init__(self, application: Application, triage_minutes: int | None = None, *, carries: bool = True) -> None:
        self._application = application
        self._stop = threading.Event()
        alarm = logging.getLogger("quartermaster.ledger").error
        worker = partial(application.run_worker, triage_minutes=triage_minutes, alarm=alarm)
        work = [("worker", worker)] if carries else []
        self._threads = tuple(
            threading.Thread(target=self._keep, args=(work,), name=f"quartermaster-{name}", daemon=True)
            for name, work in (*work, ("talker", application.run_talker))
        )

    @property
    def working(self) -> bool:
        """Whether all of it runs."""
        return all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 20.0) -> None:
        """Finish what is in hand and stop; what is left waits in its row for the next process."""
        self._stop.set()
        self._application.wake()
        for thread in self._threads:
            thread.join(seconds)

    def _keep(self, work: Callable[[threading.Event], None]) -> None:
        while not self._stop.is_set():
            try:
                work(self._stop)
            except Exception:
                log.exception("work broke and begins again")
                self._stop.wait(1.0)


class WorkerProcess:
    """The worker of one entity in a process of its own, because the durable engine is one to a process. It is begun
    again when it ends. It reads the same settings as we do; `home` is the data folder when an option named it."""

    def __init__(self, entity: Entity, triage_minutes: int | None = None, home: Path | None = None) -> None:
        self._entity = entity
        every = () if triage_minutes is None else ("--every", str(triage_minutes))
        where = () if home is None else ("--home", str(home))
        program = "from api.cli.main import main; main()"
        self._command = (sys.executable, "-c", program, *where, "--entity", entity.id, "worker", *every)
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name=f"quartermaster-{entity.id}", daemon=True)

    @property
    def working(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float = 20.0) -> None:
        """Have it finish what is in hand."""
        self._stop.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
        self._thread.join(seconds)

    def _keep(self) -> None:
        while not self._stop.is_set():
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            if self._stop.is_set():
                self._process.terminate()
            code = self._process.wait()
            if not self._stop.wait(1.0):
                log.error("the worker of %s ended (%s) and begins again", self._entity.id, code)
