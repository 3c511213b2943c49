"""The worker inside the web process: a thread that lets runs and sagas go on while the door is open."""

from __future__ import annotations

import threading

import structlog

from agent.runtime.application import Application


class Worker:
    """Starts `Application.run_worker` in a thread and begins it again should it ever break."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="quartermaster-worker", daemon=True)

    @property
    def working(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, seconds: float = 20.0) -> None:
        """Finish what is in hand and stop; what is left waits in its row for the next process."""
        self._stop.set()
        self._application.wake()
        self._thread.join(seconds)

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._application.run_worker(self._stop)
            except Exception:  # noqa: BLE001 - the door stays open; what broke is in the log
                structlog.get_logger("quartermaster.worker").exception("the worker broke and begins again")
                self._stop.wait(1.0)
