"""A run that stops after each tool call until it is let go on: so that a test can look at a page meanwhile."""

from __future__ import annotations

import threading

import pytest

from agent.nodes import plan
from domain.requests import ToolCall


class Gate:
    """Lets a planner's tool calls through one by one, once each of them is written as a run event."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._tickets = threading.Semaphore(0)
        self._open = threading.Event()
        real = plan.Recorder.__call__

        def held(recorder: plan.Recorder, call: ToolCall) -> None:
            real(recorder, call)
            while not self._open.is_set() and not self._tickets.acquire(timeout=0.05):
                pass

        monkeypatch.setattr(plan.Recorder, "__call__", held)

    def one(self) -> None:
        """Let one more call through."""
        self._tickets.release()

    def open(self) -> None:
        """Let everything through from now on."""
        self._open.set()
