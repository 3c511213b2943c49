"""The work inside the web process: threads that carry runs and sagas on and answer questions while it is open."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from agent.runtime.application import Application


class Worker:
    """Two threads: the worker, and the talker beside it, so that nobody who asks waits for long planning.

    Each is begun again should it ever break.
    """

    def __init__(self, application: Application, triage_minutes: int | None = None) -> None:
        self._application = application
        self._stop = threading.Event()
        alarm = logging.getLogger("quartermaster.ledger").error
        worker = partial(application.run_worker, triage_minutes=triage_minutes, alarm=alarm)
        self._threads = tuple(
            threading.Thread(target=self._keep, args=(work,), name=f"quartermaster-{name}", daemon=True)
            for name, work in (("worker", worker), ("talker", application.run_talker))
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
                logging.getLogger("quartermaster.worker").exception("work broke and begins again")
                self._stop.wait(1.0)
