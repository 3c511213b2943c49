"""An HTTP client whose answers have a deadline as a whole: a server that drips bytes for ever would outlive read
time-outs, which count from one byte to the next. Import it lazily."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
from openai import DefaultHttpxClient


class _Timed(httpx2.SyncByteStream):
    """A body that may not arrive after `deadline` (seconds of the monotonic clock)."""

    def __init__(self, body: Any, deadline: float, request: httpx2.Request) -> None:
        self._body = body
        self._deadline = deadline
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for part in self._body:
            if time.monotonic() > self._deadline:
                raise httpx2.ReadTimeout("the answer took too long", request=self._request)
            yield part

    def close(self) -> None:
        self._body.close()


class DeadlineClient(DefaultHttpxClient):
    """The client library's own HTTP client; every answer is read whole within `seconds` or ends in a time-out."""

    def __init__(self, seconds: float) -> None:
        super().__init__(timeout=seconds)
        self._seconds = seconds

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send a request; raises ReadTimeout when its answer is not complete in time."""
        deadline = time.monotonic() + self._seconds
        response = super().send(request, stream=True, **options)
        response.stream = _Timed(response.stream, deadline, request)
        if not stream:
            with ExitStack() as unless_read:
                unless_read.callback(response.close)
                response.read()
                unless_read.pop_all()
        return response
