"""Stopwatch, ratios and threads that start together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds it took, and what it answered."""
    start = perf_counter()
    answer = work()
    return perf_counter() - start, answer


def best_of(times: int, work: Callable[[], object]) -> float:
    """The shortest of several runs in seconds: the one that was disturbed least."""
    return min(timed(work)[0] for _ in range(times))


def percentile(seconds: Sequence[float], percent: int) -> float:
    """The value that `percent` of 100 do not exceed (nearest rank). Needs at least one."""
    ranked = sorted(seconds)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def together(workers: Sequence[Callable[[], T]]) -> tuple[float, list[T]]:
    """Seconds until all are done, each in a thread of its own, started at one moment; and what each answered."""
    gate = threading.Barrier(len(workers) + 1)

    def run(work: Callable[[], T]) -> T:
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(workers)) as pool:
        futures = [pool.submit(run, work) for work in workers]
        gate.wait()
        return timed(lambda: [future.result() for future in futures])


def ms(seconds: float) -> str:
    """Milliseconds with three digits that count."""
    return f"{seconds * 1000:.3g} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def ratio(ours: float, theirs: float) -> str:
    """How many times theirs ours is."""
    return f"{ours / theirs:.3g} x" if theirs else "-"


def percent(part: float, whole: float) -> str:
    """A share with two decimals."""
    return f"{100 * part / whole:.2f} %" if whole else "-"
